import { MessageContactStatus } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { Call, Filters, ListRequest, Shown, Violation } from './calls.js'
import { filtersAsKept, refused, violationsInFilters } from './judging.js'
import type { State, Step } from './model.js'

/** A page token that the service gave: for which list, and where its page ended. */
export interface GivenPage {
  readonly pageToken: string
  readonly list: string
  readonly lastName: string
}

const sizes = { whereNoneIsAskedFor: 20, most: 100 }

/** One page. `chosenToken` is what the service calls the next one. */
export function list(state: State, { directoryId, request }: Call & { operation: 'list' }, chosenToken: string): Step {
  const filters = filtersAsKept(request)
  const thisList = JSON.stringify([directoryId, filters])
  const before = state.givenPages.find((given) => given.pageToken === request.pageToken && given.list === thisList)
  const violations = violationsIn(request, before)
  const [first] = violations
  if (first) return { state, answer: refused(first[1], { violations }) }
  const letThrough = state.held
    .filter((held) => held.directoryId === directoryId && passes(held.contact, filters))
    .map(({ contact }) => contact)
    .sort((one, other) => inOrder(one.name, other.name))
  const rest = letThrough.filter(({ name }) => !before || inOrder(name, before.lastName) > 0)
  const size = request.pageSize === 0 ? sizes.whereNoneIsAskedFor : Math.min(request.pageSize, sizes.most)
  const contacts = rest.slice(0, size)
  const last = rest.length > size ? contacts.at(-1) : undefined
  const nextPageToken = last ? urlSafe(chosenToken) : ''
  const givenPages = last
    ? [...state.givenPages, { pageToken: nextPageToken, list: thisList, lastName: last.name }]
    : state.givenPages
  return {
    state: { ...state, givenPages },
    answer: { kind: 'page', contacts, nextPageToken, totalCount: letThrough.length },
  }
}

function violationsIn(request: ListRequest, before: GivenPage | undefined): readonly Violation[] {
  return [
    ...(request.pageSize < 0 ? [['page_size', 'INVALID_PARAMETER_PAGE_SIZE'] as const] : []),
    ...(request.pageToken !== '' && !before ? [['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'] as const] : []),
    ...violationsInFilters(request),
  ]
}

const passes = (contact: Shown, { title, messageType, status, namePrefix }: Filters) =>
  (title === 0 || contact.title === title) &&
  (messageType === 0 || contact.messageTypes.includes(messageType)) &&
  (status === MessageContactStatus.UNSPECIFIED || contact.status === status) &&
  contact.name.startsWith(namePrefix)

/** UTF-8, byte by byte, has the order of code points. */
const inOrder = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))

const urlSafe = (pageToken: string) => (/^[\w-]+$/.test(pageToken) ? pageToken : 'a token that is safe in a URL')
