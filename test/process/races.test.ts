import { type Collection, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { MessageContactStatus } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, ContactsClient } from '../client.js'
import { uniqueName } from '../service/running-service.js'
import { type Attempt, nameOf, reasonsOf, tryToAdd } from './load.js'
import { ServiceProcess } from './service-process.js'

describe('two processes on one database', () => {
  const database = new MongoClient(inject('mongodbUri'))
  const databaseName = uniqueName('races')
  let clients: readonly ContactsClient[]
  let collection: Collection<Contact>

  beforeAll(async () => {
    collection = database.db(databaseName).collection('message_contacts')
    const environment = { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: databaseName }
    const services = await Promise.all([0, 1].map(() => ServiceProcess.start({ environment })))
    clients = services.map(({ address }) => new ContactsClient(address))
  })
  afterAll(async () => {
    for (const client of clients ?? []) client.close()
    await database.close()
  })

  /** All at once, half of them to each process. */
  function race<Ending>(
    count: number,
    call: (client: ContactsClient, index: number) => Promise<Ending>,
  ): Promise<Ending[]> {
    const calls = Array.from({ length: count }, (_, index) => index)
    return Promise.all(
      calls.flatMap((index) => {
        const client = clients[index % clients.length]
        return client ? [call(client, index)] : []
      }),
    )
  }

  const acknowledged = (attempts: readonly Attempt[]) => attempts.flatMap(({ contactId }) => contactId ?? []).sort()
  const stored = async (directoryId: string) =>
    (await collection.find({ directoryId }).toArray()).map(({ _id }) => _id).sort()
  const outside = (attempts: readonly Attempt[], reasons: readonly string[]) =>
    reasonsOf(attempts).filter((reason) => !reasons.includes(reason))

  test('200 adds of one name at once leave exactly one contact', async () => {
    const directoryId = uniqueName('rd')
    const attempts = await race(200, (client) => tryToAdd(client, directoryId, addRequest()))
    expect(outside(attempts, ['INVALID_PARAMETER_NAME_ALREADY_USED', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(acknowledged(attempts)).toHaveLength(1)
    expect(await stored(directoryId)).toEqual(acknowledged(attempts))
  })

  test('100 adds of distinct names to one directory leave exactly its limit of 20', async () => {
    const directoryId = uniqueName('rd')
    const attempts = await race(100, (client, index) =>
      tryToAdd(client, directoryId, addRequest({ name: nameOf(index) })),
    )
    expect(outside(attempts, ['LIMIT_EXCEEDED_CONTACTS', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(acknowledged(attempts)).toHaveLength(20)
    expect(await stored(directoryId)).toEqual(acknowledged(attempts))
  })

  test('50 calls with one client token and one request leave one contact, and all are answered with the whole of it', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ clientToken: uniqueName('token') })
    const answers = await race(50, (client) => client.addMessageContact(request, { directoryId }))
    const contacts = answers.map(({ response }) => response.contact)
    const [contact] = contacts
    expect(contact).toMatchObject({ name: request.name, status: MessageContactStatus.VERIFYING })
    expect(contacts).toEqual(Array.from({ length: 50 }, () => contact))
    expect(await stored(directoryId)).toEqual([contact?.contactId])
  })
})
