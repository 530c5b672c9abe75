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

export const shareLink = (operation: string, request: RequestValues, directory: string): string => {
  const parameters = new URLSearchParams({ operation, request: JSON.stringify(request) })
  if (directory !== '') parameters.set('directory', directory)
  return `${location.origin}/#${parameters}`
}

/** Reads a link that anybody may have written. Undefined if it names no operation. */
export function readSharedCall(fragment: string): SharedCall | undefined {
  if (fragment.length > maxFragmentLength) return undefined
  const parameters = new URLSearchParams(fragment)
  const operation = findOperation(parameters.get('operation') ?? '')
  if (!operation) return undefined
  const text = parameters.get('request')
  const request = text === null ? undefined : parseRequest(text, operation.request)
  const directory = parameters.get('directory')
  return { operation: operation.name, ...(request && { request }), ...(directory !== null && { directory }) }
}
