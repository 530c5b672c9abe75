import type { AddRequest, AddressKind, Call, ListRequest, UpdateRequest } from './calls.js'
import type { Seen, SeenContact } from './seen.js'
import { emailAddresses, equivalentText, names, phoneNumbers } from './values.js'

/** Which contact: one that callers have seen, or any text as its id. Numbers count modulo what there is, so that every one is valid. */
export type Target =
  | { readonly which: 'existing' | 'deleted' | 'of another directory'; readonly index: number }
  | { readonly contactId: string }

/** `latest` is the etag that was seen last; `earlier` is one that is certainly stale. */
export type EtagChoice = 'none' | 'latest' | 'earlier' | { readonly text: string }

/** Which page token a list request has, and how it differs from a correct use of it. */
export type PageChoice = 'first' | 'next' | 'next, other filters' | 'next, other directory' | 'altered token'

/** A call whose details are open: which contact, etag or page token it has depends on what was seen when it is made. */
export type Intent = { readonly directory: number } & (
  | { readonly operation: 'add'; readonly request: AddRequest }
  | { readonly operation: 'repeat add'; readonly index: number; readonly isRewritten: boolean }
  | { readonly operation: 'get'; readonly target: Target }
  | {
      readonly operation: 'list'
      readonly request: Omit<ListRequest, 'pageToken'>
      readonly page: PageChoice
      readonly index: number
    }
  | {
      readonly operation: 'update'
      readonly target: Target
      readonly etag: EtagChoice
      readonly request: Omit<UpdateRequest, 'contactId' | 'etag'>
    }
  | { readonly operation: 'delete'; readonly target: Target; readonly etag: EtagChoice }
  | { readonly operation: 'verify'; readonly target: Target; readonly kind: AddressKind }
)

/** What an intent needs to become a call. */
export interface CallContext {
  readonly seen: Seen
  readonly directories: readonly string[]
}

/** The call, or undefined if nothing was seen yet that it could refer to. */
export function callOf(intent: Intent, { seen, directories }: CallContext): Call | undefined {
  const directoryId = nth(directories, intent.directory) ?? ''
  switch (intent.operation) {
    case 'add':
      return { directoryId, operation: 'add', request: intent.request }
    case 'repeat add': {
      const earlier = nth(
        seen.adds.filter((add) => add.directoryId === directoryId),
        intent.index,
      )
      if (!earlier) return undefined
      const request = intent.isRewritten ? rewritten(earlier.request) : earlier.request
      return { directoryId, operation: 'add', request }
    }
    case 'list': {
      const request = listRequest(intent, seen, directoryId)
      const other = nth(directories, intent.directory + 1) ?? ''
      const callerDirectoryId = intent.page === 'next, other directory' ? other : directoryId
      return request && { directoryId: callerDirectoryId, operation: 'list', request }
    }
    default: {
      const contact = targetContact(intent.target, seen, directoryId)
      const contactId = 'contactId' in intent.target ? intent.target.contactId : contact?.contactId
      if (contactId === undefined) return undefined
      if (intent.operation === 'get') return { directoryId, operation: 'get', request: { contactId } }
      if (intent.operation === 'verify')
        return { directoryId, operation: 'verify', request: { contactId, kind: intent.kind } }
      const etag = etagOf(intent.etag, contact)
      if (intent.operation === 'delete') return { directoryId, operation: 'delete', request: { contactId, etag } }
      return { directoryId, operation: 'update', request: { ...intent.request, contactId, etag } }
    }
  }
}

function targetContact(target: Target, seen: Seen, directoryId: string): SeenContact | undefined {
  if ('contactId' in target) return undefined
  const filters = {
    existing: (contact: SeenContact) => contact.directoryId === directoryId && !contact.isDeleted,
    deleted: (contact: SeenContact) => contact.directoryId === directoryId && contact.isDeleted,
    'of another directory': (contact: SeenContact) => contact.directoryId !== directoryId,
  }
  return nth(seen.contacts.filter(filters[target.which]), target.index)
}

function etagOf(choice: EtagChoice, contact: SeenContact | undefined): string {
  if (choice === 'none') return ''
  const [latest = '"1"', ...earlier] = contact?.etags ?? []
  if (choice === 'latest') return latest
  return choice === 'earlier' ? (earlier.at(-1) ?? '"0"') : choice.text
}

function listRequest(
  { request, page, index }: Intent & { operation: 'list' },
  seen: Seen,
  directoryId: string,
): ListRequest | undefined {
  if (page === 'first') return { ...request, pageToken: '' }
  const earlier = nth(
    seen.pages.filter((seenPage) => seenPage.directoryId === directoryId),
    index,
  )
  if (!earlier) return undefined
  const { pageToken } = earlier.request
  if (page === 'next, other filters') return { ...request, pageToken }
  const { pageSize } = request
  if (page !== 'altered token') return { ...earlier.request, pageSize }
  const alterations = [`${pageToken}A`, pageToken.slice(0, -1), pageToken.slice(1), pageToken.toLowerCase(), 'Tom']
  return { ...earlier.request, pageSize, pageToken: nth(alterations, index) ?? '' }
}

/** A different request that means the same after normalization. */
function rewritten(request: AddRequest): AddRequest {
  return {
    ...request,
    name: equivalentText(names, request.name),
    emailAddress: equivalentText(emailAddresses, request.emailAddress),
    phoneNumber: equivalentText(phoneNumbers, request.phoneNumber),
    messageTypes: [...request.messageTypes, ...request.messageTypes].reverse(),
  }
}

const nth = <Item>(items: readonly Item[], index: number): Item | undefined => items[index % items.length]
