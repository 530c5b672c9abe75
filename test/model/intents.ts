import type { AddRequest, Address, Call, ListRequest, UpdateRequest } from './calls.js'
import type { Seen, SeenContact } from './seen.js'
import { emailAddresses, names, otherSpelling, phoneNumbers } from './values.js'

/** Which contact: one of those that callers know, or any text. Numbers are taken round and round, so that every one means something. */
export type Target =
  | { readonly who: 'living' | 'gone' | 'elsewhere'; readonly which: number }
  | { readonly contactId: string }

/** `latest` is the one that was seen last; one that was seen before that is surely stale. */
export type EtagChoice = 'none' | 'latest' | 'former' | { readonly text: string }

/** Whose token asks for the page, and how it is used. */
export type PageChoice = 'first' | 'next' | 'next, of other filters' | 'next, from elsewhere' | 'altered'

/** What somebody is about to do. Which call that becomes depends on what has been seen by then. */
export type Intent = { readonly directory: number } & (
  | { readonly operation: 'add'; readonly request: AddRequest }
  | { readonly operation: 'add again'; readonly which: number; readonly respelled: boolean }
  | { readonly operation: 'get'; readonly target: Target }
  | {
      readonly operation: 'list'
      readonly request: Omit<ListRequest, 'pageToken'>
      readonly page: PageChoice
      readonly which: number
    }
  | {
      readonly operation: 'update'
      readonly target: Target
      readonly etag: EtagChoice
      readonly request: Omit<UpdateRequest, 'contactId' | 'etag'>
    }
  | { readonly operation: 'delete'; readonly target: Target; readonly etag: EtagChoice }
  | { readonly operation: 'prove'; readonly target: Target; readonly address: Address }
)

/** What an intent is seen against. */
export interface Scene {
  readonly seen: Seen
  readonly directories: readonly string[]
}

/** The call, or undefined where there is nothing yet that it could speak of. */
export function callOf(intent: Intent, { seen, directories }: Scene): Call | undefined {
  const directoryId = nth(directories, intent.directory) ?? ''
  switch (intent.operation) {
    case 'add':
      return { directoryId, operation: 'add', request: intent.request }
    case 'add again': {
      const earlier = nth(
        seen.adds.filter((add) => add.directoryId === directoryId),
        intent.which,
      )
      if (!earlier) return undefined
      const request = intent.respelled ? respelled(earlier.request) : earlier.request
      return { directoryId, operation: 'add', request }
    }
    case 'list': {
      const request = listRequest(intent, seen, directoryId)
      const elsewhere = nth(directories, intent.directory + 1) ?? ''
      const asking = intent.page === 'next, from elsewhere' ? elsewhere : directoryId
      return request && { directoryId: asking, operation: 'list', request }
    }
    default: {
      const contact = meant(intent.target, seen, directoryId)
      const contactId = 'contactId' in intent.target ? intent.target.contactId : contact?.contactId
      if (contactId === undefined) return undefined
      if (intent.operation === 'get') return { directoryId, operation: 'get', request: { contactId } }
      if (intent.operation === 'prove')
        return { directoryId, operation: 'prove', request: { contactId, address: intent.address } }
      const etag = etagOf(intent.etag, contact)
      if (intent.operation === 'delete') return { directoryId, operation: 'delete', request: { contactId, etag } }
      return { directoryId, operation: 'update', request: { ...intent.request, contactId, etag } }
    }
  }
}

function meant(target: Target, seen: Seen, directoryId: string): SeenContact | undefined {
  if ('contactId' in target) return undefined
  const isMeant = {
    living: (contact: SeenContact) => contact.directoryId === directoryId && !contact.gone,
    gone: (contact: SeenContact) => contact.directoryId === directoryId && contact.gone,
    elsewhere: (contact: SeenContact) => contact.directoryId !== directoryId,
  }
  return nth(seen.contacts.filter(isMeant[target.who]), target.which)
}

function etagOf(choice: EtagChoice, contact: SeenContact | undefined): string {
  if (choice === 'none') return ''
  const [latest = '"1"', ...former] = contact?.etags ?? []
  if (choice === 'latest') return latest
  return choice === 'former' ? (former.at(-1) ?? '"0"') : choice.text
}

function listRequest(
  { request, page, which }: Intent & { operation: 'list' },
  seen: Seen,
  directoryId: string,
): ListRequest | undefined {
  if (page === 'first') return { ...request, pageToken: '' }
  const given = nth(
    seen.pages.filter((seenPage) => seenPage.directoryId === directoryId),
    which,
  )
  if (!given) return undefined
  const { pageToken } = given.request
  if (page === 'next, of other filters') return { ...request, pageToken }
  const { pageSize } = request
  if (page !== 'altered') return { ...given.request, pageSize }
  const alterations = [`${pageToken}A`, pageToken.slice(0, -1), pageToken.slice(1), pageToken.toLowerCase(), 'Tom']
  return { ...given.request, pageSize, pageToken: nth(alterations, which) ?? '' }
}

function respelled(request: AddRequest): AddRequest {
  return {
    ...request,
    name: otherSpelling(names, request.name),
    emailAddress: otherSpelling(emailAddresses, request.emailAddress),
    phoneNumber: otherSpelling(phoneNumbers, request.phoneNumber),
    messageTypes: [...request.messageTypes, ...request.messageTypes].reverse(),
  }
}

const nth = <Item>(items: readonly Item[], index: number): Item | undefined => items[index % items.length]
