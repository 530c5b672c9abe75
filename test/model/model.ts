import { MessageContactStatus } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactDeletionStatus } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { AddRequest, Address, Answer, Call, Fields, Shown, UpdateRequest } from './calls.js'
import { asKept, askedPaths, refused, violationsOf } from './judging.js'
import { type GivenPage, list } from './lists.js'

/** CONTACTS_PER_DIRECTORY: small, so that directories are full often. */
export const contactsPerDirectory = 3

/** A contact, and what nobody is shown of it. */
export interface Held {
  readonly directoryId: string
  readonly contact: Shown
  readonly formerEtags: readonly string[]
  readonly clientToken: string
  /** What the request that added it said. */
  readonly added: string
}

/** All that there is, as the contract has it. Never changed: a step gives the next one. In one order only, so that equal states look the same. */
export interface State {
  readonly held: readonly Held[]
  readonly usedIds: readonly string[]
  readonly givenPages: readonly GivenPage[]
}

export const nothing: State = { held: [], usedIds: [], givenPages: [] }

/** What the contract leaves to the service, as its answer has it. The model only says where it must be another than before. */
export interface Chosen {
  readonly contactId: string
  readonly etag: string
  readonly pageToken: string
}

export interface Step {
  readonly state: State
  readonly answer: Answer
}

/** A call, and what it comes upon. */
interface Turn {
  readonly state: State
  readonly directoryId: string
  readonly chosen: Chosen
  readonly now: number
}

/** What the contract says to a call: the answer, and how things are then. */
export function step(state: State, call: Call, chosen: Chosen, now: number): Step {
  const { directoryId } = call
  if (call.operation === 'list') return list(state, call, chosen.pageToken)
  const violations = violationsOf(call)
  const [first] = violations
  if (first) return { state, answer: refused(first[1], { violations }) }
  const turn = { state, directoryId, chosen, now }
  if (call.operation === 'add') return add(turn, call.request)
  const there = state.held.find(
    (held) => held.directoryId === directoryId && held.contact.contactId === call.request.contactId,
  )
  if (!there) return { state, answer: refused('ENTITY_NOT_EXISTS_CONTACT', { resource: call.request.contactId }) }
  switch (call.operation) {
    case 'get':
      return { state, answer: { kind: 'contact', contact: there.contact } }
    case 'update':
      return isStale(there, call.request.etag)
        ? { state, answer: refused('ETAG_MISMATCH') }
        : update(turn, there, call.request)
    case 'delete':
      return isStale(there, call.request.etag) ? { state, answer: refused('ETAG_MISMATCH') } : remove(state, there)
    case 'prove':
      return change(turn, there, proved(there.contact, call.request.address, now))
  }
}

const isStale = ({ contact }: Held, etag: string) => etag !== '' && etag !== contact.etag

function add({ state, directoryId, chosen, now }: Turn, request: AddRequest): Step {
  const fields = asKept(request)
  const added = JSON.stringify(fields)
  const neighbours = state.held.filter((held) => held.directoryId === directoryId)
  const repeated = neighbours.find(
    ({ clientToken }) => request.clientToken !== '' && clientToken === request.clientToken,
  )
  if (repeated)
    return {
      state,
      answer:
        repeated.added === added
          ? { kind: 'contact', contact: repeated.contact }
          : refused('INVALID_PARAMETER_CLIENT_TOKEN', {
              violations: [['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN']],
            }),
    }
  if (neighbours.some(({ contact }) => contact.name === fields.name)) return { state, answer: nameUsed(request.name) }
  if (neighbours.length >= contactsPerDirectory)
    return { state, answer: refused('LIMIT_EXCEEDED_CONTACTS', { limit: contactsPerDirectory }) }
  const contactId = state.usedIds.includes(chosen.contactId) ? 'an id that was never used' : chosen.contactId
  const contact: Shown = {
    contactId,
    ...fields,
    status: MessageContactStatus.VERIFYING,
    createDate: now,
    updateDate: now,
    etag: chosen.etag,
    emailVerifyDate: undefined,
    phoneVerifyDate: undefined,
    pendingEmailAddress: '',
    pendingPhoneNumber: '',
  }
  const { clientToken } = request
  return {
    state: {
      ...state,
      held: sorted([...state.held, { directoryId, contact, formerEtags: [], clientToken, added }]),
      usedIds: [...state.usedIds, contactId].sort(),
    },
    answer: { kind: 'contact', contact },
  }
}

function update(turn: Turn, there: Held, request: UpdateRequest): Step {
  const after = changed(there.contact, request)
  const neighbours = turn.state.held.filter((held) => held !== there && held.directoryId === turn.directoryId)
  if (neighbours.some(({ contact }) => contact.name === after.name))
    return { state: turn.state, answer: nameUsed(request.name) }
  return change(turn, there, after)
}

function changed(contact: Shown, request: UpdateRequest): Shown {
  const asked = askedPaths(request)
  const fields = asKept(request)
  const mailed = asked.has('email_address') ? withEmail(contact, fields) : contact
  const phoned = asked.has('phone_number') ? withPhone(mailed, fields) : mailed
  return {
    ...phoned,
    ...(asked.has('name') && { name: fields.name }),
    ...(asked.has('title') && { title: fields.title }),
    ...(asked.has('message_types') && { messageTypes: fields.messageTypes }),
  }
}

function withEmail(contact: Shown, { emailAddress }: Fields): Shown {
  if (emailAddress === contact.emailAddress) return { ...contact, pendingEmailAddress: '' }
  return contact.emailVerifyDate === undefined
    ? { ...contact, emailAddress }
    : { ...contact, pendingEmailAddress: emailAddress }
}

function withPhone(contact: Shown, { phoneNumber }: Fields): Shown {
  if (phoneNumber === '') return { ...contact, phoneNumber, phoneVerifyDate: undefined, pendingPhoneNumber: '' }
  if (phoneNumber === contact.phoneNumber) return { ...contact, pendingPhoneNumber: '' }
  return contact.phoneVerifyDate === undefined
    ? { ...contact, phoneNumber }
    : { ...contact, pendingPhoneNumber: phoneNumber }
}

/** Nobody proves a number that is not there, or an address twice. */
function proved(contact: Shown, address: Address, now: number): Shown {
  const { emailVerifyDate, phoneNumber, phoneVerifyDate } = contact
  if (address === 'email') return { ...contact, emailVerifyDate: emailVerifyDate ?? now }
  return phoneNumber === '' ? contact : { ...contact, phoneVerifyDate: phoneVerifyDate ?? now }
}

/** The contact becomes another, with another etag; or nothing changes, and with it nothing. */
function change({ state, chosen, now }: Turn, there: Held, asked: Shown): Step {
  const { contact } = there
  if (JSON.stringify(asked) === JSON.stringify(contact)) return { state, answer: { kind: 'contact', contact } }
  const isActive = asked.emailVerifyDate !== undefined || asked.phoneVerifyDate !== undefined
  const formerEtags = [...there.formerEtags, contact.etag].sort()
  const after = {
    ...asked,
    status: isActive ? MessageContactStatus.ACTIVE : MessageContactStatus.VERIFYING,
    updateDate: now,
    etag: formerEtags.includes(chosen.etag) ? 'another etag than ever before' : chosen.etag,
  }
  const others = state.held.filter((held) => held !== there)
  return {
    state: { ...state, held: sorted([...others, { ...there, contact: after, formerEtags }]) },
    answer: { kind: 'contact', contact: after },
  }
}

function remove(state: State, there: Held): Step {
  return {
    state: { ...state, held: state.held.filter((held) => held !== there) },
    answer: { kind: 'deleted', status: MessageContactDeletionStatus.DELETED },
  }
}

const nameUsed = (resource: string) =>
  refused('INVALID_PARAMETER_NAME_ALREADY_USED', {
    violations: [['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']],
    resource,
  })

const sorted = (held: readonly Held[]) =>
  held.toSorted((one, other) => (one.contact.contactId < other.contact.contactId ? -1 : 1))
