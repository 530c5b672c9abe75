import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type AddRequest, addRequest } from '../client.js'
import { uniqueName } from '../service/running-service.js'
import { nameOf, reasonsBeside } from './load.js'
import { type AddAttempt, tryToAdd } from './load-of-adds.js'
import { TwoProcesses } from './two-processes.js'

describe('two processes on one database', () => {
  let processes: TwoProcesses
  beforeAll(async () => {
    processes = await TwoProcesses.start()
  })
  afterAll(() => processes?.end())

  const race = (count: number, directoryId: string, request: (index: number) => AddRequest) =>
    processes.race(count, (client, index) => tryToAdd(client, directoryId, request(index)))
  const acknowledged = (attempts: readonly AddAttempt[]) => attempts.flatMap(({ contactId }) => contactId ?? []).sort()
  const stored = async (directoryId: string) =>
    (await processes.collection.find({ directoryId }).toArray()).map(({ _id }) => _id).sort()

  test('200 adds of one name at once leave exactly one contact', async () => {
    const directoryId = uniqueName('rd')
    const attempts = await race(200, directoryId, () => addRequest())
    expect(reasonsBeside(attempts, ['INVALID_PARAMETER_NAME_ALREADY_USED', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual(
      [],
    )
    expect(acknowledged(attempts)).toHaveLength(1)
    expect(await stored(directoryId)).toEqual(acknowledged(attempts))
  })

  test('100 adds of distinct names to one directory leave exactly its limit of 20', async () => {
    const directoryId = uniqueName('rd')
    const attempts = await race(100, directoryId, (index) => addRequest({ name: nameOf(index) }))
    expect(reasonsBeside(attempts, ['LIMIT_EXCEEDED_CONTACTS', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(acknowledged(attempts)).toHaveLength(20)
    expect(await stored(directoryId)).toEqual(acknowledged(attempts))
  })

  test('50 calls with one client token and one request leave one contact, and all are answered with the whole of it', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ clientToken: uniqueName('token') })
    const answers = await processes.race(50, (client) => client.addMessageContact(request, { directoryId }))
    const contacts = answers.map(({ response }) => response.contact)
    const [contact] = contacts
    expect(contact).toMatchObject({ name: request.name, status: MessageContactStatus.VERIFYING })
    expect(contacts).toEqual(Array.from({ length: 50 }, () => contact))
    expect(await stored(directoryId)).toEqual([contact?.contactId])
  })
})
