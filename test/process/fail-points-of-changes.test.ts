import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { Directory, notThere } from '../service/directory.js'
import { type FailingService, passing, startFailing } from './fail-points.js'
import { reasonOf } from './load.js'

/** RetryInfo of an outcome that is unknown. */
const later = { RetryInfo: retryInfo(1000) }
const { DELETED } = MessageContactDeletionStatus

describe('a command that the database makes fail', () => {
  let service: FailingService
  beforeAll(async () => {
    service = await startFailing({ DATABASE_TIMEOUT_SECONDS: '3', MAX_CALL_SECONDS: '20' })
  })
  afterEach(() => service.failNothing())
  afterAll(() => service?.stop())

  async function withTom() {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    return { directory, contactId, stored: await directory.stored() }
  }

  /** Answered as soon as the driver has seen that the member is there again. */
  const expectSoon = (call: () => Promise<unknown>) =>
    expect.poll(() => call().then(() => 'OK', reasonOf), { timeout: 10_000 }).toBe('OK')

  test.each(passing)('an update, once, with %s, is answered with one change', async (_, fault) => {
    const { directory, contactId } = await withTom()
    await service.fail('update', fault, { times: 1 })
    expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
  })

  test('an update, always, with a write concern error, is answered: the change is seen to be there', async () => {
    const { directory, contactId } = await withTom()
    await service.fail('update', { writeConcernError: { code: 64, errmsg: 'x' } }, 'alwaysOn')
    expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
  })

  test.each(passing.slice(2))(
    'an update, always, with %s, is refused, leaves the old state, and can be repeated',
    async (_, fault) => {
      const { directory, contactId, stored } = await withTom()
      await service.fail('update', fault, 'alwaysOn')
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', later)
      expect(await directory.stored()).toEqual(stored)
      await service.failNothing()
      await expectSoon(() => directory.update({ contactId, name: 'Ann' }))
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
    },
  )

  test.each(passing)('a delete, once, with %s, is answered', async (_, fault) => {
    const { directory, contactId } = await withTom()
    await service.fail('delete', fault, { times: 1 })
    expect(await directory.remove({ contactId, etag: '"1"' })).toMatchObject({ status: DELETED })
    expect(await directory.stored()).toEqual([])
  })

  test('a delete, always, with a write concern error, is refused, and the contact is gone', async () => {
    const { directory, contactId } = await withTom()
    await service.fail('delete', { writeConcernError: { code: 64, errmsg: 'x' } }, 'alwaysOn')
    await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', later)
    await service.failNothing()
    expect(await directory.stored()).toEqual([])
    await expectRefusal(directory.remove({ contactId }), 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
  })

  test.each(passing.slice(2))(
    'a delete, always, with %s, is refused, leaves the contact, and can be repeated',
    async (_, fault) => {
      const { directory, contactId, stored } = await withTom()
      await service.fail('delete', fault, 'alwaysOn')
      await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', later)
      expect(await directory.stored()).toEqual(stored)
      await service.failNothing()
      await expectSoon(() => directory.remove({ contactId }))
      expect(await directory.stored()).toEqual([])
    },
  )

  test.each(['find', 'update', 'delete'])(
    '%s, for want of a right, is INTERNAL, changes nothing, and the log has the code and nothing the caller sent',
    async (command) => {
      const { directory, contactId, stored } = await withTom()
      await service.fail(command, { errorCode: 13 }, 'alwaysOn')
      if (command === 'delete') await expectRefusal(directory.remove({ contactId }), 'INTERNAL')
      else
        await expectRefusal(directory.update({ contactId, name: 'Zqx', emailAddress: 'zqx@example.org' }), 'INTERNAL')
      await service.failNothing()
      expect(await directory.stored()).toEqual(stored)
      expect(service.log()).toContain('"code":13')
      for (const sent of ['Zqx', 'zqx', contactId, directory.id]) expect(service.log()).not.toContain(sent)
    },
  )

  test.each([
    ['Get', (directory: Directory, contactId: string) => directory.get(contactId)],
    ['List', (directory: Directory) => directory.list()],
    ['Update', (directory: Directory, contactId: string) => directory.update({ contactId, name: 'Ann' })],
  ])('a find, always, with a member that stops, makes %s DATABASE_UNAVAILABLE', async (_, call) => {
    const { directory, contactId, stored } = await withTom()
    await service.fail('find', { errorCode: 91 }, 'alwaysOn')
    await expectRefusal(call(directory, contactId), 'DATABASE_UNAVAILABLE', later)
    await service.failNothing()
    expect(await directory.stored()).toEqual(stored)
  })
})
