import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../../support/client.js'
import { Directory, unknownContactId } from '../../support/directory.js'
import { holdFirstWrite } from '../../support/late-writes.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'

/** The RetryInfo of OUTCOME_UNKNOWN. */
const retryLater = { RetryInfo: retryInfo(1000) }
const { DELETED } = MessageContactDeletionStatus

// The first write of each call is held back until the service has given it up, which takes a second. Meanwhile another caller, of another process,
// makes the second attempt meet a refusal. Then the first one is executed: what the service said must still be true.

const MONGODB_DATABASE = uniqueName('late')
const environment = { MONGODB_DATABASE, CONTACTS_PER_DIRECTORY: '2', DATABASE_TIMEOUT_SECONDS: '1' }
let service: WatchedService
let other: RunningService
beforeAll(async () => {
  service = await startWatched({ environment: { ...environment, MAX_CALL_SECONDS: '20' } })
  other = await startService({ environment })
})
afterAll(async () => {
  await other?.stop()
  await service?.stop()
})

/** The calls of another caller, in another process. */
function rivalIn({ id: directoryId }: Directory) {
  const { client } = other
  return {
    add: async (name: string, clientToken = '') => {
      const { response } = await client.addMessageContact(addRequest({ name, clientToken }), { directoryId })
      return response.contact?.contactId ?? expect.fail('no contact')
    },
    update: (contactId: string, differences: { readonly name?: string; readonly title?: number }) =>
      client.updateMessageContact({ contactId, ...differences }, { directoryId }),
    remove: (contactId: string) => client.deleteMessageContact({ contactId }, { directoryId }),
  }
}

const namesIn = async (directory: Directory) => (await directory.stored()).map(({ name }) => name)

describe('an add whose write is still under way', () => {
  test('while another caller takes the name is OUTCOME_UNKNOWN', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const rivals: string[] = []
    const late = holdFirstWrite(service, 'AddMessageContact', async () => rivals.push(await rival.add('Tom')))
    await expectRefusal(directory.add({ name: 'Tom' }), 'OUTCOME_UNKNOWN', retryLater)
    await rival.remove(rivals[0] ?? expect.fail('nobody took the name'))
    expect(await late.land()).toBe(1)
    expect(await namesIn(directory)).toEqual(['Tom'])
  })

  test('while other callers fill the directory is OUTCOME_UNKNOWN', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const rivals: string[] = []
    const late = holdFirstWrite(service, 'AddMessageContact', async () => {
      for (const name of ['Ann', 'Bob']) rivals.push(await rival.add(name))
    })
    await expectRefusal(directory.add({ name: 'Tom' }), 'OUTCOME_UNKNOWN', retryLater)
    for (const contactId of rivals) await rival.remove(contactId)
    expect(await late.land()).toBe(1)
    expect(await namesIn(directory)).toEqual(['Tom'])
  })

  test('while another caller uses the client token is OUTCOME_UNKNOWN', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const rivals: string[] = []
    const late = holdFirstWrite(service, 'AddMessageContact', async () => rivals.push(await rival.add('Ann', 'token')))
    await expectRefusal(directory.add({ name: 'Tom', clientToken: 'token' }), 'OUTCOME_UNKNOWN', retryLater)
    await rival.remove(rivals[0] ?? expect.fail('nobody used the token'))
    expect(await late.land()).toBe(1)
    expect(await namesIn(directory)).toEqual(['Tom'])
  })
})

describe('a contact that was removed never comes back under its id', () => {
  test('although the insert that was given up is executed late, and then its contact is removed', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const late = holdFirstWrite(service, 'AddMessageContact')
    await expectRefusal(directory.add(), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(1)
    const [{ _id } = expect.fail('nothing was added')] = await directory.stored()
    await rival.remove(_id)
    expect(await directory.stored()).toEqual([])
  })

  test('although an earlier attempt of the same call lost a race for its slot', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    await directory.add({ name: 'Ann' })
    // The first attempt finds its slot occupied; the second one, for the other slot, is held back.
    const [{ slot } = expect.fail('nothing was added')] = await directory.stored()
    const occupied = await startWatched({
      environment: { ...environment, MAX_CALL_SECONDS: '20' },
      dependencies: { randomInt: (max) => (max === 2 ? slot : 0) },
    })
    const late = holdFirstWrite(occupied, 'AddMessageContact', undefined, 2)
    const call = occupied.client.addMessageContact(addRequest({ name: 'Tom' }), { directoryId: directory.id })
    await expectRefusal(call, 'OUTCOME_UNKNOWN', retryLater)
    expect(await namesIn(directory)).toEqual(['Ann'])
    expect(await late.land()).toBe(1)
    const [, { _id } = expect.fail('nothing was added')] = await directory.stored()
    await rival.remove(_id)
    expect(await namesIn(directory)).toEqual(['Ann'])
    await occupied.stop()
  })
})

describe('an update whose write is still under way', () => {
  test('while another caller takes the name is OUTCOME_UNKNOWN', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const { contactId } = await directory.add({ name: 'Tom' })
    const rivals: string[] = []
    const late = holdFirstWrite(service, 'UpdateMessageContact', async () => rivals.push(await rival.add('Bob')))
    await expectRefusal(directory.update({ contactId, name: 'Bob' }), 'OUTCOME_UNKNOWN', retryLater)
    await rival.remove(rivals[0] ?? expect.fail('nobody took the name'))
    expect(await late.land()).toBe(1)
    expect(await namesIn(directory)).toEqual(['Bob'])
  })

  test('while another caller changes the contact twice is OUTCOME_UNKNOWN: it may have been between the two', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const { contactId } = await directory.add({ name: 'Tom' })
    const late = holdFirstWrite(service, 'UpdateMessageContact', async () => {
      await rival.update(contactId, { name: 'Ann' })
      await rival.update(contactId, { name: 'Bob' })
    })
    await expectRefusal(directory.update({ contactId, name: 'Eve', etag: '"1"' }), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('while another caller removes the contact is OUTCOME_UNKNOWN: it may have been before that', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const { contactId } = await directory.add({ name: 'Tom' })
    const late = holdFirstWrite(service, 'UpdateMessageContact', () => rival.remove(contactId))
    await expectRefusal(directory.update({ contactId, name: 'Eve' }), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('while another caller changes the contact once is decided again: the change in between proves that it has no effect', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const { contactId } = await directory.add({ name: 'Tom' })
    const withEtag = holdFirstWrite(service, 'UpdateMessageContact', () => rival.update(contactId, { name: 'Ann' }))
    await expectRefusal(directory.update({ contactId, name: 'Eve', etag: '"1"' }), 'ETAG_MISMATCH')
    expect(await withEtag.land()).toBe(0)
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])

    await directory.add({ name: 'Bob' })
    const toUsedName = holdFirstWrite(service, 'UpdateMessageContact', () => rival.update(contactId, { title: 4 }))
    await expect(directory.update({ contactId, name: 'Bob' })).rejects.toThrow('name')
    expect(await toUsedName.land()).toBe(0)
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', title: 'CEO', revision: 3 }, { name: 'Bob' }])
  })
})

describe('a removal whose write is still under way', () => {
  test('while another caller changes the contact is OUTCOME_UNKNOWN instead of ETAG_MISMATCH', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const { contactId } = await directory.add({ name: 'Tom' })
    const late = holdFirstWrite(service, 'DeleteMessageContact', () => rival.update(contactId, { name: 'Ann' }))
    await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
    expect(await namesIn(directory)).toEqual(['Ann'])
  })

  test('while another caller removes the contact is answered: a read proves that the contact does not exist', async () => {
    const directory = new Directory(service)
    const rival = rivalIn(directory)
    const { contactId } = await directory.add({ name: 'Tom' })
    const late = holdFirstWrite(service, 'DeleteMessageContact', () => rival.remove(contactId))
    expect(await directory.remove({ contactId })).toMatchObject({ status: DELETED })
    expect(await late.land()).toBe(0)
  })

  test('of a contact that never existed is answered as well: whether the attempt removed one is not known', async () => {
    const directory = new Directory(service)
    const late = holdFirstWrite(service, 'DeleteMessageContact')
    expect(await directory.remove({ contactId: unknownContactId })).toMatchObject({ status: DELETED })
    expect(await late.land()).toBe(0)
  })
})
