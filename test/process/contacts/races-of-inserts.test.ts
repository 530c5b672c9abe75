import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type AddRequest, addRequest } from '../../support/client.js'
import { nameOf, unexpectedReasons } from '../../support/load.js'
import { type AddResult, add } from '../../support/load-of-adds.js'
import { uniqueName } from '../../support/running-service.js'
import { TwoProcesses } from '../../support/two-processes.js'

describe('AddMessageContact in two processes on one database', () => {
  let processes: TwoProcesses
  beforeAll(async () => {
    processes = await TwoProcesses.start()
  })
  afterAll(() => processes?.close())

  const race = (count: number, directoryId: string, request: (index: number) => AddRequest) =>
    processes.race(count, (client, index) => add(client, directoryId, request(index)))
  const acknowledged = (results: readonly AddResult[]) => results.flatMap(({ contactId }) => contactId ?? []).sort()
  const stored = async (directoryId: string) =>
    (await processes.collection.find({ directoryId }).toArray()).map(({ _id }) => _id).sort()

  test('200 times at once with one name leaves exactly one contact', async () => {
    const directoryId = uniqueName('rd')
    const results = await race(200, directoryId, () => addRequest())
    const expected = ['INVALID_PARAMETER_NAME_ALREADY_USED', 'CONCURRENT_CALL_NOT_SUPPORTED']
    expect(unexpectedReasons(results, expected)).toEqual([])
    expect(acknowledged(results)).toHaveLength(1)
    expect(await stored(directoryId)).toEqual(acknowledged(results))
  })

  test('100 times with distinct names in one directory leaves exactly its limit of 20', async () => {
    const directoryId = uniqueName('rd')
    const results = await race(100, directoryId, (index) => addRequest({ name: nameOf(index) }))
    expect(unexpectedReasons(results, ['LIMIT_EXCEEDED_CONTACTS', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(acknowledged(results)).toHaveLength(20)
    expect(await stored(directoryId)).toEqual(acknowledged(results))
  })

  test('50 times with one client token and one request leaves one contact, and all answers have the whole of it', async () => {
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
