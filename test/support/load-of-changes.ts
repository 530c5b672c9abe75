import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type MessageContact, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, type ContactsClient } from './client.js'
import {
  type CallResult,
  clientDeadlineMs,
  guaranteesNothingWritten,
  nameOf,
  resultOf,
  unexpectedReasons,
  type Workload,
} from './load.js'
import { uniqueName } from './running-service.js'

/** A state of a contact: three fields that are written together, so that a mixture of two states is noticed. */
type State = string
const removed: State = 'removed'

/** The result of one change of a contact. */
export interface ChangeResult extends CallResult {
  readonly kind: 'add' | 'update' | 'remove'
  /** Absent if an add was refused. */
  readonly contactId?: string
  /** The state that the change makes. */
  readonly wanted: State
  /** The state in the answer. */
  readonly answered?: State
}

/** The last of them is the removal. */
const changesPerContact = 8

/**
 * Adds a contact to a directory of its own, updates it several times, removes it, and starts again. Nobody else changes it.
 * An update has the etag of the answer before it, if that was not a refusal: the contact can have no other.
 */
export const changes: Workload<ChangeResult> = (client) => {
  let index = 0
  let contact: MessageContact | undefined
  let directoryId = ''
  let etag = ''
  const options = () => ({ directoryId, deadlineMs: clientDeadlineMs })
  return async () => {
    index += 1
    const { request, wanted } = fieldsOf(index)
    if (!contact) {
      directoryId = uniqueName('rd')
      const { answer, ...result } = await resultOf(client.addMessageContact(addRequest(request), options()))
      contact = answer?.response.contact
      etag = contact?.etag ?? ''
      const added = contact && { contactId: contact.contactId, answered: stateOf(contact) }
      return { kind: 'add', wanted, ...result, ...added }
    }
    const { contactId } = contact
    if (index % changesPerContact === 0) {
      contact = undefined
      return remove(client, contactId, directoryId)
    }
    const { answer, ...result } = await resultOf(
      client.updateMessageContact({ contactId, ...request, etag }, options()),
    )
    const updated = answer?.response.contact
    etag = updated?.etag ?? ''
    return { kind: 'update', contactId, wanted, ...result, ...(updated && { answered: stateOf(updated) }) }
  }
}

async function remove(client: ContactsClient, contactId: string, directoryId: string): Promise<ChangeResult> {
  const call = client.deleteMessageContact({ contactId }, { directoryId, deadlineMs: clientDeadlineMs })
  const { answer, ...result } = await resultOf(call)
  return { kind: 'remove', contactId, wanted: removed, ...result, ...(answer && { answered: removed }) }
}

const titles = [Title.CEO, Title.OTHER, Title.PROJECT_DIRECTOR]

function fieldsOf(index: number) {
  const name = nameOf(index)
  const request = { name, emailAddress: `${name}@example.com`, title: titles[index % titles.length] ?? Title.CEO }
  return { request, wanted: stateOf(request) }
}

function stateOf({ name, emailAddress, title }: Pick<MessageContact, 'name' | 'emailAddress' | 'title'>): State {
  return `${name} ${emailAddress} ${Title[title]}`
}

const storedStateOf = ({ name, email, title }: Contact): State =>
  stateOf({ name, emailAddress: email.address, title: Title[title] })

/**
 * Asserts that every contact is in the state of the last acknowledged change, or of a later one whose outcome is unknown.
 * Nothing else is possible, because each contact has changes from one workload only.
 */
export async function expectChangesKept(
  collection: Collection<Contact>,
  results: readonly ChangeResult[],
): Promise<void> {
  const wronglyAnswered = results.filter(({ answered, wanted }) => answered !== undefined && answered !== wanted)
  expect(wronglyAnswered, 'an answer shows the state that the change makes').toEqual([])
  const histories = new Map<string, ChangeResult[]>()
  for (const result of results) {
    const { contactId } = result
    if (contactId !== undefined) histories.set(contactId, [...(histories.get(contactId) ?? []), result])
  }
  const stored = await collection.find({ _id: { $in: [...histories.keys()] } }).toArray()
  const storedStates = new Map(stored.map((contact) => [contact._id, storedStateOf(contact)]))
  const wrong = [...histories].flatMap(([contactId, history]) => {
    const possible = history.reduce(statesAfter, [removed])
    const state = storedStates.get(contactId) ?? removed
    return possible.includes(state) ? [] : [{ contactId, state, possible, history }]
  })
  expect(wrong, 'every contact is in the last acknowledged state, or in a later one that may be written').toEqual([])
}

/** The states that a contact may be in after this change. */
function statesAfter(possible: readonly State[], { refused, wanted }: ChangeResult): State[] {
  if (refused === undefined) return [wanted]
  return guaranteesNothingWritten(refused) ? [...possible] : [...possible, wanted]
}

/**
 * The reasons for which changes were refused, without those that are expected. A removal may also be refused because the contact does
 * not exist: a server that does not recognize the driver's repetition of a removal has nothing left to remove.
 */
export function unexpectedChangeReasons(results: readonly ChangeResult[], expected: readonly string[]): string[] {
  return unexpectedReasons(
    results.filter(({ kind, refused }) => !(kind === 'remove' && refused === 'ENTITY_NOT_EXISTS_CONTACT')),
    expected,
  )
}
