import { createHash } from 'node:crypto'
import { invalid, type Parsed, valid } from '../errors/parsed.js'

/** What a page token belongs to: the directory, and whatever else decides which list it is. */
export type ListIdentity = Readonly<Record<string, string | undefined>> & { readonly directoryId: string }

/**
 * A token for the page after `last`: that, and a checksum over it and the list. The checksum protects callers from mistakes, not from each other:
 * whatever a token contains, only the caller's own directory is read.
 */
export function pageToken(list: ListIdentity, last: string): string {
  return Buffer.concat([checksum(list, last), Buffer.from(last)]).toString('base64url')
}

/** The last item of the page before; undefined for the first page. A token of another list, or one that was altered, is invalid. */
export function parsePageToken(token: string, list: ListIdentity): Parsed<string | undefined> {
  if (token === '') return valid(undefined)
  const last = Buffer.from(token, 'base64url').subarray(checksumBytes).toString()
  return pageToken(list, last) === token ? valid(last) : invalidPageToken
}

export const invalidPageToken = invalid(
  'page_token',
  'INVALID_PARAMETER_PAGE_TOKEN',
  'Must be the next_page_token of the page before, with the same filters and for the same directory.',
)

const checksumBytes = 12

function checksum(list: ListIdentity, last: string): Buffer {
  const identity = Object.entries(list)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([identity, last]))
    .digest()
    .subarray(0, checksumBytes)
}

const defaultPageSize = 20
const maxPageSize = 100

/** The maximum number of items on a page. 0 stands for the default; more than the maximum is reduced to it. */
export function parsePageSize(size: number): Parsed<number> {
  if (size < 0) return invalid('page_size', 'INVALID_PARAMETER_PAGE_SIZE', 'Must not be negative.')
  return valid(size === 0 ? defaultPageSize : Math.min(size, maxPageSize))
}
