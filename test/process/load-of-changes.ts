import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type MessageContact, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, type ContactsClient } from '../client.js'
import { uniqueName } from '../service/running-service.js'
import { type Caller, type Ending, endingOf, nameOf, patienceMs, reasonsBeside, saysNothingWritten } from './load.js'

/** A state that a contact may be in: three fields that belong together, so that one between two states is known. Or it is not there. */
type State = string
const gone: State = 'gone'

/** One change of a contact and how it ended. */
export interface ChangeAttempt extends Ending {
  readonly does: 'add' | 'update' | 'remove'
  /** Absent where an add was refused. */
  readonly contactId?: string
  /** What the contact is to be. */
  readonly wanted: State
  /** What it was in the answer. */
  readonly answered?: State
}

const changesOfOneContact = 8

/**
 * Adds a contact to a directory of its own, changes it again and again, removes it, and begins anew. Nobody else changes it.
 * An update bears the etag of the answer before it, if there was one: the contact can have no other.
 */
export const changing: Caller<ChangeAttempt> = (client) => {
  let index = 0
  let contact: MessageContact | undefined
  let directoryId = ''
  let etag = ''
  const facts = () => ({ directoryId, deadlineMs: patienceMs })
  return async () => {
    index += 1
    const { request, wanted } = fieldsOf(index)
    if (!contact) {
      directoryId = uniqueName('rd')
      const { answer, ...ending } = await endingOf(client.addMessageContact(addRequest(request), facts()))
      contact = answer?.response.contact
      etag = contact?.etag ?? ''
      return {
        does: 'add',
        wanted,
        ...ending,
        ...(contact && { contactId: contact.contactId, answered: stateOf(contact) }),
      }
    }
    const { contactId } = contact
    if (index % changesOfOneContact === 0) {
      contact = undefined
      return remove(client, contactId, directoryId)
    }
    const update = client.updateMessageContact({ contactId, ...request, etag }, facts())
    const { answer, ...ending } = await endingOf(update)
    const updated = answer?.response.contact
    etag = updated?.etag ?? ''
    return { does: 'update', contactId, wanted, ...ending, ...(updated && { answered: stateOf(updated) }) }
  }
}

async function remove(client: ContactsClient, contactId: string, directoryId: string): Promise<ChangeAttempt> {
  const { answer, ...ending } = await endingOf(
    client.deleteMessageContact({ contactId }, { directoryId, deadlineMs: patienceMs }),
  )
  return { does: 'remove', contactId, wanted: gone, ...ending, ...(answer && { answered: gone }) }
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

/**
 * Every contact is in the state of the last change that was acknowledged, or in that of one after it whose outcome is unknown.
 * No change lost against another: there is none.
 */
export async function expectChangesKept(
  collection: Collection<Contact>,
  attempts: readonly ChangeAttempt[],
): Promise<void> {
  const wronglyAnswered = attempts.filter(({ answered, wanted }) => answered !== undefined && answered !== wanted)
  expect(wronglyAnswered, 'an answer shows what was asked for').toEqual([])
  const histories = new Map<string, ChangeAttempt[]>()
  for (const attempt of attempts) {
    const { contactId } = attempt
    if (contactId !== undefined) histories.set(contactId, [...(histories.get(contactId) ?? []), attempt])
  }
  const stored = await collection.find({ _id: { $in: [...histories.keys()] } }).toArray()
  const states = new Map(stored.map((contact) => [contact._id, stateOf({ ...contact, title: Title[contact.title] })]))
  const wrong = [...histories].flatMap(([contactId, history]) => {
    const possible = history.reduce(after, [gone])
    const state = states.get(contactId) ?? gone
    return possible.includes(state) ? [] : [{ contactId, state, possible, history }]
  })
  expect(wrong, 'every contact is in the last state that was acknowledged, or in one that was left open since').toEqual(
    [],
  )
}

/** The states that a contact may be in after this change. */
function after(possible: readonly State[], { refused, wanted }: ChangeAttempt): State[] {
  if (refused === undefined) return [wanted]
  return saysNothingWritten(refused) ? [...possible] : [...possible, wanted]
}

/**
 * The reasons beside those that are expected. A removal may be told that its contact is not there:
 * to a server that does not know the driver's repeat of a removal which it has carried out, nothing is.
 */
export function changesRefusedBeside(attempts: readonly ChangeAttempt[], expected: readonly string[]): string[] {
  return reasonsBeside(
    attempts.filter(({ does, refused }) => !(does === 'remove' && refused === 'ENTITY_NOT_EXISTS_CONTACT')),
    expected,
  )
}
