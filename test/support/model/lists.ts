import { MessageContactStatus } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { Call, ContactView, Filters, ListRequest, Violation } from './calls.js'
import type { State, Step } from './model.js'
import { filterViolations, normalizedFilters, refused } from './validation.js'

/** A page token that the service gave out: for which list, and the last name on its page. */
export interface IssuedToken {
  readonly pageToken: string
  readonly list: string
  readonly lastName: string
}

const pageSizes = { default: 20, max: 100 }

/** One page of a list. `chosenToken` is the service's token for the next page. */
export function list(state: State, { directoryId, request }: Call & { operation: 'list' }, chosenToken: string): Step {
  const filters = normalizedFilters(request)
  const thisList = JSON.stringify([directoryId, filters])
  const before = state.issuedTokens.find((issued) => issued.pageToken === request.pageToken && issued.list === thisList)
  const violations = violationsOfList(request, before)
  const [first] = violations
  if (first) return { state, answer: refused(first[1], { violations }) }
  const matching = state.contacts
    .filter((stored) => stored.directoryId === directoryId && matches(stored.contact, filters))
    .map(({ contact }) => contact)
    .sort((one, other) => compareNames(one.name, other.name))
  const rest = matching.filter(({ name }) => !before || compareNames(name, before.lastName) > 0)
  const size = request.pageSize === 0 ? pageSizes.default : Math.min(request.pageSize, pageSizes.max)
  const contacts = rest.slice(0, size)
  const last = rest.length > size ? contacts.at(-1) : undefined
  const nextPageToken = last ? urlSafe(chosenToken) : ''
  const issuedTokens = last
    ? [...state.issuedTokens, { pageToken: nextPageToken, list: thisList, lastName: last.name }]
    : state.issuedTokens
  return {
    state: { ...state, issuedTokens },
    answer: { kind: 'page', contacts, nextPageToken, totalCount: matching.length },
  }
}

function violationsOfList(request: ListRequest, before: IssuedToken | undefined): readonly Violation[] {
  return [
    ...(request.pageSize < 0 ? [['page_size', 'INVALID_PARAMETER_PAGE_SIZE'] as const] : []),
    ...(request.pageToken !== '' && !before ? [['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'] as const] : []),
    ...filterViolations(request),
  ]
}

const matches = (contact: ContactView, { title, messageType, status, namePrefix }: Filters) =>
  (title === 0 || contact.title === title) &&
  (messageType === 0 || contact.messageTypes.includes(messageType)) &&
  (status === MessageContactStatus.UNSPECIFIED || contact.status === status) &&
  contact.name.startsWith(namePrefix)

/** The byte order of UTF-8 is the order of code points. */
const compareNames = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))

const urlSafe = (pageToken: string) => (/^[\w-]+$/.test(pageToken) ? pageToken : 'a token that is safe in a URL')
