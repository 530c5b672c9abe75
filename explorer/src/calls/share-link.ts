import { findOperation } from '../reference.js'
import { parseRequest, type RequestValues } from './request-values.js'

/** A call as a link: the values are in the fragment, which browsers send nowhere. It never has a token. */
export interface SharedCall {
  readonly operation: string
  readonly request?: RequestValues
  readonly directory?: string
}

const maxFragmentLength = 100_000

export const operationLink = (operation: string) => `/#${new URLSearchParams({ operation })}`

/** Without the code of a verification, which is for nobody else. */
export const shareLink = (operation: string, { code: _, ...request }: RequestValues, directory: string): string => {
  const parameters = new URLSearchParams({ operation, request: JSON.stringify(request) })
  if (directory !== '') parameters.set('directory', directory)
  return `${location.origin}/#${parameters}`
}

/** Reads a link that anybody may have written, or cut. Undefined if it is the link of no call. */
export function readSharedCall(fragment: string): SharedCall | 'damaged' | undefined {
  const parameters = new URLSearchParams(fragment)
  const name = parameters.get('operation')
  if (name === null) return undefined
  const operation = findOperation(name)
  if (!operation || fragment.length > maxFragmentLength) return 'damaged'
  const text = parameters.get('request')
  const request = text === null ? undefined : parseRequest(text, operation.request)
  if (text !== null && !request) return 'damaged'
  const directory = parameters.get('directory')
  return { operation: operation.name, ...(request && { request }), ...(directory !== null && { directory }) }
}
