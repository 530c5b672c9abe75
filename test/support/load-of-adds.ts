import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type AddRequest, addRequest, type ContactsClient } from './client.js'
import { type CallResult, clientDeadlineMs, guaranteesNothingWritten, nameOf, resultOf, type Workload } from './load.js'
import { uniqueName } from './running-service.js'

/** The result of adding a contact. */
export interface AddResult extends CallResult {
  readonly directoryId: string
  readonly request: AddRequest
  /** Absent if the call was refused. */
  readonly contactId?: string
}

const contactsPerDirectory = 15

/** Adds one contact after the other to directories of its own, every second one with a client token. */
export const adds: Workload<AddResult> = (client) => {
  let directoryId = ''
  let index = -1
  return () => {
    index += 1
    if (index % contactsPerDirectory === 0) directoryId = uniqueName('rd')
    const token = index % 2 === 0 ? { clientToken: uniqueName('token') } : {}
    return add(client, directoryId, addRequest({ name: nameOf(index), ...token }))
  }
}

/** Adds a contact. A refusal is a result as well. */
export async function add(client: ContactsClient, directoryId: string, request: AddRequest): Promise<AddResult> {
  const call = client.addMessageContact(request, { directoryId, deadlineMs: clientDeadlineMs })
  const { answer, ...result } = await resultOf(call)
  return { directoryId, request, ...result, ...(answer && { contactId: answer.response.contact?.contactId ?? '' }) }
}

/** Asserts that every acknowledged contact is stored, none twice, and that nothing is stored if a refusal guaranteed that. */
export async function expectAddsKept(collection: Collection<Contact>, results: readonly AddResult[]): Promise<void> {
  const keyOf = ({ directoryId, name }: { directoryId: string; name: string }) => `${directoryId}/${name}`
  const directories = [...new Set(results.map(({ directoryId }) => directoryId))]
  const stored = await collection.find({ directoryId: { $in: directories } }).toArray()
  const storedIds = new Map(stored.map((contact) => [keyOf(contact), contact._id]))
  expect(storedIds.size, 'no contact is stored twice').toBe(stored.length)
  const wrong = results.filter(({ directoryId, request, contactId, refused = '' }) => {
    const id = storedIds.get(keyOf({ directoryId, name: request.name ?? '' }))
    return contactId === undefined ? id !== undefined && guaranteesNothingWritten(refused) : id !== contactId
  })
  expect(wrong, 'acknowledged contacts are stored, and certainly refused ones are not').toEqual([])
}

/** Repeats the refused calls with a client token: each is answered with the one contact that is then stored. */
export async function expectRepeatable(
  client: ContactsClient,
  collection: Collection<Contact>,
  results: readonly AddResult[],
): Promise<void> {
  const refused = results.filter(({ refused, request }) => refused !== undefined && request.clientToken !== undefined)
  const repeats = await Promise.all(refused.map(({ directoryId, request }) => add(client, directoryId, request)))
  const stored = await Promise.all(
    refused.map(({ directoryId, request }) =>
      collection.find({ directoryId, name: request.name ?? '' }, { projection: { _id: 1 } }).toArray(),
    ),
  )
  expect(refused.length, 'some calls were refused').toBeGreaterThan(0)
  expect(stored.map((contacts) => contacts.map(({ _id }) => _id))).toEqual(repeats.map(({ contactId }) => [contactId]))
}
