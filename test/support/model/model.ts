import { MessageContactStatus } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { AddRequest, AddressKind, Answer, Call, ContactView, Fields, UpdateRequest } from './calls.js'
import { type IssuedToken, list } from './lists.js'
import { changedPaths, normalized, refused, violationsOf } from './validation.js'

// The contract as a pure function: what a call answers and what it leaves, given what is stored. It shares no code with the service.

/** CONTACTS_PER_DIRECTORY: small, so that directories are often full. */
export const contactsPerDirectory = 3

/** A contact with what answers do not show. */
export interface StoredContact {
  readonly directoryId: string
  readonly contact: ContactView
  readonly formerEtags: readonly string[]
  readonly clientToken: string
  /** The normalized fields of the request that added it. */
  readonly addedFields: string
}

/** Everything that is stored. Immutable. Its arrays are sorted, so that equal states are equal as JSON. */
export interface State {
  readonly contacts: readonly StoredContact[]
  readonly usedIds: readonly string[]
  readonly issuedTokens: readonly IssuedToken[]
}

export const emptyState: State = { contacts: [], usedIds: [], issuedTokens: [] }

/** What the contract lets the service choose, taken from its answer. The model only checks that a choice is new where it must be. */
export interface Choices {
  readonly contactId: string
  readonly etag: string
  readonly pageToken: string
}

export interface Step {
  readonly state: State
  readonly answer: Answer
}

/** A call in progress. */
interface Context {
  readonly state: State
  readonly directoryId: string
  readonly choices: Choices
  readonly now: number
}

/** The answer to a call, and the state after it. `now` is in milliseconds since the epoch. */
export function step(state: State, call: Call, choices: Choices, now: number): Step {
  const { directoryId } = call
  if (call.operation === 'list') return list(state, call, choices.pageToken)
  const violations = violationsOf(call)
  const [first] = violations
  if (first) return { state, answer: refused(first[1], { violations }) }
  const context = { state, directoryId, choices, now }
  if (call.operation === 'add') return add(context, call.request)
  const found = state.contacts.find(
    (stored) => stored.directoryId === directoryId && stored.contact.contactId === call.request.contactId,
  )
  if (!found) return { state, answer: refused('ENTITY_NOT_EXISTS_CONTACT', { resource: call.request.contactId }) }
  switch (call.operation) {
    case 'get':
      return { state, answer: { kind: 'contact', contact: found.contact } }
    case 'update':
      return isStale(found, call.request.etag)
        ? { state, answer: refused('ETAG_MISMATCH') }
        : update(context, found, call.request)
    case 'delete':
      return isStale(found, call.request.etag) ? { state, answer: refused('ETAG_MISMATCH') } : remove(state, found)
    case 'verify':
      return change(context, found, verified(found.contact, call.request.kind, now))
  }
}

const isStale = ({ contact }: StoredContact, etag: string) => etag !== '' && etag !== contact.etag

function add({ state, directoryId, choices, now }: Context, request: AddRequest): Step {
  const fields = normalized(request)
  // A repetition may list the message types in another order.
  const addedFields = JSON.stringify({ ...fields, messageTypes: fields.messageTypes.toSorted() })
  const others = state.contacts.filter((stored) => stored.directoryId === directoryId)
  const withToken = others.find(({ clientToken }) => request.clientToken !== '' && clientToken === request.clientToken)
  if (withToken)
    return {
      state,
      answer:
        withToken.addedFields === addedFields
          ? { kind: 'contact', contact: withToken.contact }
          : refused('INVALID_PARAMETER_CLIENT_TOKEN', {
              violations: [['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN']],
            }),
    }
  if (others.some(({ contact }) => contact.name === fields.name)) return { state, answer: nameUsed(request.name) }
  if (others.length >= contactsPerDirectory)
    return { state, answer: refused('LIMIT_EXCEEDED_CONTACTS', { limit: contactsPerDirectory }) }
  const contactId = state.usedIds.includes(choices.contactId) ? 'an id that was never used' : choices.contactId
  const contact: ContactView = {
    contactId,
    ...fields,
    status: MessageContactStatus.VERIFYING,
    createDate: now,
    updateDate: now,
    etag: choices.etag,
    emailVerifyDate: undefined,
    phoneVerifyDate: undefined,
    pendingEmailAddress: '',
    pendingPhoneNumber: '',
  }
  const { clientToken } = request
  return {
    state: {
      ...state,
      contacts: sorted([...state.contacts, { directoryId, contact, formerEtags: [], clientToken, addedFields }]),
      usedIds: [...state.usedIds, contactId].sort(),
    },
    answer: { kind: 'contact', contact },
  }
}

function update(context: Context, found: StoredContact, request: UpdateRequest): Step {
  const { state, directoryId } = context
  const after = changed(found.contact, request)
  const others = state.contacts.filter((stored) => stored !== found && stored.directoryId === directoryId)
  if (others.some(({ contact }) => contact.name === after.name)) return { state, answer: nameUsed(request.name) }
  return change(context, found, after)
}

function changed(contact: ContactView, request: UpdateRequest): ContactView {
  const pathsToChange = changedPaths(request)
  const fields = normalized(request)
  const withNewEmail = pathsToChange.has('email_address') ? withEmail(contact, fields) : contact
  const withNewPhone = pathsToChange.has('phone_number') ? withPhone(withNewEmail, fields) : withNewEmail
  return {
    ...withNewPhone,
    ...(pathsToChange.has('name') && { name: fields.name }),
    ...(pathsToChange.has('title') && { title: fields.title }),
    ...(pathsToChange.has('message_types') && { messageTypes: fields.messageTypes }),
  }
}

function withEmail(contact: ContactView, { emailAddress }: Fields): ContactView {
  if (emailAddress === contact.emailAddress) return contact
  return contact.emailVerifyDate === undefined
    ? { ...contact, emailAddress }
    : { ...contact, pendingEmailAddress: emailAddress }
}

function withPhone(contact: ContactView, { phoneNumber }: Fields): ContactView {
  if (phoneNumber === '') return { ...contact, phoneNumber, phoneVerifyDate: undefined, pendingPhoneNumber: '' }
  if (phoneNumber === contact.phoneNumber) return contact
  return contact.phoneVerifyDate === undefined
    ? { ...contact, phoneNumber }
    : { ...contact, pendingPhoneNumber: phoneNumber }
}

/** An address that is missing or verified already stays as it is. */
function verified(contact: ContactView, kind: AddressKind, now: number): ContactView {
  const { emailVerifyDate, phoneNumber, phoneVerifyDate } = contact
  if (kind === 'email') return { ...contact, emailVerifyDate: emailVerifyDate ?? now }
  return phoneNumber === '' ? contact : { ...contact, phoneVerifyDate: phoneVerifyDate ?? now }
}

/** Stores `next` with a new etag and update date, unless nothing changes. */
function change({ state, choices, now }: Context, found: StoredContact, next: ContactView): Step {
  const { contact } = found
  if (JSON.stringify(next) === JSON.stringify(contact)) return { state, answer: { kind: 'contact', contact } }
  const isActive = next.emailVerifyDate !== undefined || next.phoneVerifyDate !== undefined
  const formerEtags = [...found.formerEtags, contact.etag].sort()
  const after = {
    ...next,
    status: isActive ? MessageContactStatus.ACTIVE : MessageContactStatus.VERIFYING,
    updateDate: now,
    etag: formerEtags.includes(choices.etag) ? 'an etag that the contact never had' : choices.etag,
  }
  const others = state.contacts.filter((stored) => stored !== found)
  return {
    state: { ...state, contacts: sorted([...others, { ...found, contact: after, formerEtags }]) },
    answer: { kind: 'contact', contact: after },
  }
}

function remove(state: State, found: StoredContact): Step {
  return {
    state: { ...state, contacts: state.contacts.filter((stored) => stored !== found) },
    answer: { kind: 'deleted', status: MessageContactDeletionStatus.DELETED },
  }
}

const nameUsed = (resource: string) =>
  refused('INVALID_PARAMETER_NAME_ALREADY_USED', {
    violations: [['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']],
    resource,
  })

const sorted = (contacts: readonly StoredContact[]) =>
  contacts.toSorted((one, other) => (one.contact.contactId < other.contact.contactId ? -1 : 1))
