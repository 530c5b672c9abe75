import { createHash } from 'node:crypto'
import type { Contact, MessageTypeName, StatusName, TitleName } from './contact.js'

/** Which contacts of a directory are meant: those for which all of it holds. */
export interface Filters {
  readonly title?: TitleName | undefined
  readonly messageType?: MessageTypeName | undefined
  readonly status?: StatusName | undefined
  /** Empty where every name will do. */
  readonly namePrefix: string
}

/** One page of a list. */
export interface PageRequest extends Filters {
  readonly directoryId: string
  /** How many contacts at most. */
  readonly size: number
  /** The name that the page before ended with. */
  readonly after?: string | undefined
}

/** What the store gives for it. */
export interface Page {
  readonly contacts: readonly Contact[]
  /** Whether the list goes on behind the last of them. */
  readonly more: boolean
  /** How many contacts the filters let through, on all pages. */
  readonly totalCount: number
}

/** What a token is bound to. */
type List = Filters & Pick<PageRequest, 'directoryId'>

/**
 * What asks for the page behind `lastName`: the name, and a seal over it, the directory and the filters. The seal keeps callers from mistakes,
 * not from each other: whatever a token says, only the caller's own directory is read.
 */
export function pageToken(list: List, lastName: string): string {
  return Buffer.concat([seal(list, lastName), Buffer.from(lastName)]).toString('base64url')
}

/** The name in a token of this very list. Undefined where it is none, or was altered. */
export function lastNameIn(token: string, list: List): string | undefined {
  const lastName = Buffer.from(token, 'base64url').subarray(sealBytes).toString()
  return pageToken(list, lastName) === token ? lastName : undefined
}

const sealBytes = 12

function seal({ directoryId, title, messageType, status, namePrefix }: List, lastName: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([directoryId, title, messageType, status, namePrefix, lastName]))
    .digest()
    .subarray(0, sealBytes)
}
