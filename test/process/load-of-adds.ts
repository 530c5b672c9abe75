import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type AddRequest, addRequest, type ContactsClient } from '../client.js'
import { uniqueName } from '../service/running-service.js'
import { type Caller, type Ending, endingOf, nameOf, patienceMs, saysNothingWritten } from './load.js'

/** One add and how it ended. */
export interface AddAttempt extends Ending {
  readonly directoryId: string
  readonly request: AddRequest
  /** Of the contact, where the call was answered. */
  readonly contactId?: string
}

const contactsInDirectory = 15

/** Adds one contact after the other to directories of its own, every second one with a client token. */
export const adding: Caller<AddAttempt> = (client) => {
  let directoryId = ''
  let index = -1
  return () => {
    index += 1
    if (index % contactsInDirectory === 0) directoryId = uniqueName('rd')
    const token = index % 2 === 0 ? { clientToken: uniqueName('token') } : {}
    return tryToAdd(client, directoryId, addRequest({ name: nameOf(index), ...token }))
  }
}

export async function tryToAdd(client: ContactsClient, directoryId: string, request: AddRequest): Promise<AddAttempt> {
  const { answer, ...ending } = await endingOf(
    client.addMessageContact(request, { directoryId, deadlineMs: patienceMs }),
  )
  return { directoryId, request, ...ending, ...(answer && { contactId: answer.response.contact?.contactId ?? '' }) }
}

/** Every acknowledged contact is there, none is twice, and nothing is there that a refusal said was not written. */
export async function expectKept(collection: Collection<Contact>, attempts: readonly AddAttempt[]): Promise<void> {
  const place = ({ directoryId, name }: { directoryId: string; name: string }) => `${directoryId}/${name}`
  const directories = [...new Set(attempts.map(({ directoryId }) => directoryId))]
  const stored = await collection.find({ directoryId: { $in: directories } }).toArray()
  const byPlace = new Map(stored.map((contact) => [place(contact), contact._id]))
  expect(byPlace.size, 'no contact is there twice').toBe(stored.length)
  const wrong = attempts.filter(({ directoryId, request, contactId, refused = '' }) => {
    const id = byPlace.get(place({ directoryId, name: request.name ?? '' }))
    return contactId === undefined ? id !== undefined && saysNothingWritten(refused) : id !== contactId
  })
  expect(wrong, 'what was acknowledged is there, what was surely not written is not').toEqual([])
}

/** Repeats with their tokens what was left open: each is answered with one contact, the one that is stored. */
export async function expectRepeatable(
  client: ContactsClient,
  collection: Collection<Contact>,
  attempts: readonly AddAttempt[],
): Promise<void> {
  const open = attempts.filter(({ refused, request }) => refused !== undefined && request.clientToken !== undefined)
  const repeats = await Promise.all(open.map(({ directoryId, request }) => tryToAdd(client, directoryId, request)))
  const stored = await Promise.all(
    open.map(({ directoryId, request }) =>
      collection.find({ directoryId, name: request.name ?? '' }, { projection: { _id: 1 } }).toArray(),
    ),
  )
  expect(open.length, 'some calls were left open').toBeGreaterThan(0)
  expect(stored.map((contacts) => contacts.map(({ _id }) => _id))).toEqual(repeats.map(({ contactId }) => [contactId]))
}
