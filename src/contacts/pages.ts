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

/** What a token is bound to: a list of contacts, or what waits for proof of one contact. */
type List = Partial<Filters> & { readonly directoryId: string; readonly contactId?: string }

/**
 * What asks for the page behind `last`: that, and a seal over it and the list it belongs to. The seal keeps callers from mistakes,
 * not from each other: whatever a token says, only the caller's own directory is read.
 */
export function pageToken(list: List, last: string): string {
  return Buffer.concat([seal(list, last), Buffer.from(last)]).toString('base64url')
}

/** What the page before ended with, from a token of this very list. Undefined where it is none, or was altered. */
export function lastInToken(token: string, list: List): string | undefined {
  const last = Buffer.from(token, 'base64url').subarray(sealBytes).toString()
  return pageToken(list, last) === token ? last : undefined
}

const sealBytes = 12

function seal({ directoryId, contactId, title, messageType, status, namePrefix }: List, last: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([directoryId, contactId, title, messageType, status, namePrefix, last]))
    .digest()
    .subarray(0, sealBytes)
}
