import { type Collection, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type AddRequest, addRequest, ContactsClient } from '../client.js'
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
  function race(count: number, directoryId: string, request: (index: number) => AddRequest): Promise<Attempt[]> {
    const calls = Array.from({ length: count }, (_, index) => index)
    return Promise.all(
      calls.flatMap((index) => {
        const client = clients[index % clients.length]
        return client ? [tryToAdd(client, directoryId, request(index))] : []
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
    const attempts = await race(200, directoryId, () => addRequest())
    expect(outside(attempts, ['INVALID_PARAMETER_NAME_ALREADY_USED', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(acknowledged(attempts)).toHaveLength(1)
    expect(await stored(directoryId)).toEqual(acknowledged(attempts))
  })

  test('100 adds of distinct names to one directory leave exactly its limit of 20', async () => {
    const directoryId = uniqueName('rd')
    const attempts = await race(100, directoryId, (index) => addRequest({ name: nameOf(index) }))
    expect(outside(attempts, ['LIMIT_EXCEEDED_CONTACTS', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(acknowledged(attempts)).toHaveLength(20)
    expect(await stored(directoryId)).toEqual(acknowledged(attempts))
  })

  test('50 calls with one client token and one request leave one contact and have one answer', async () => {
    const directoryId = uniqueName('rd')
    const clientToken = uniqueName('token')
    const attempts = await race(50, directoryId, () => addRequest({ clientToken }))
    expect(outside(attempts, ['CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    const [contactId = ''] = acknowledged(attempts)
    expect(new Set(acknowledged(attempts))).toEqual(new Set([contactId]))
    expect(await stored(directoryId)).toEqual([contactId])
  })
})
