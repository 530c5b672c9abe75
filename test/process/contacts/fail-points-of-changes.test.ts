import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { contactNotFound, Directory } from '../../support/directory.js'
import {
  type FaultyService,
  notCarriedOut,
  notConfirmed,
  startFaulty,
  transientFaults,
} from '../../support/fail-points.js'
import { reasonOf, withoutContactIds } from '../../support/load.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'

/** The RetryInfo of OUTCOME_UNKNOWN and DATABASE_UNAVAILABLE. */
const retryLater = { RetryInfo: retryInfo(1000) }
const { DELETED } = MessageContactDeletionStatus

describe('a command that fails in the database', () => {
  let service: FaultyService
  beforeAll(async () => {
    service = await startFaulty({ DATABASE_TIMEOUT_SECONDS: '3', MAX_CALL_SECONDS: '20' })
  })
  afterEach(() => service.failNothing())
  afterAll(() => service?.stop())

  async function withContact() {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    return { directory, contactId, stored: await directory.stored() }
  }

  /** Repeats a call until it is answered, which is as soon as the driver has noticed that the member is back. */
  const expectAnsweredSoon = (call: () => Promise<unknown>) =>
    expect.poll(() => call().then(() => 'OK', reasonOf)).toBe('OK')

  test.each(transientFaults)('an update, once, with %s, is answered with one change', async (_, fault) => {
    const { directory, contactId } = await withContact()
    await service.fail('update', fault, { times: 1 })
    expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
  })

  test('an update, always, with a write concern error, is answered: a read shows that the change is stored', async () => {
    const { directory, contactId } = await withContact()
    await service.fail('update', notConfirmed, 'alwaysOn')
    expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
  })

  test.each(notCarriedOut)(
    'an update, always, with %s, is refused, leaves the old state, and can be repeated',
    async (_, fault) => {
      const { directory, contactId, stored } = await withContact()
      await service.fail('update', fault, 'alwaysOn')
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', retryLater)
      expect(await directory.stored()).toEqual(stored)
      await service.failNothing()
      await expectAnsweredSoon(() => directory.update({ contactId, name: 'Ann' }))
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
    },
  )

  test.each(transientFaults)('a delete, once, with %s, is answered', async (_, fault) => {
    const { directory, contactId } = await withContact()
    await service.fail('delete', fault, { times: 1 })
    expect(await directory.remove({ contactId, etag: '"1"' })).toMatchObject({ status: DELETED })
    expect(await directory.stored()).toEqual([])
  })

  test('a delete, always, with a write concern error, is refused, and the contact does not exist any more', async () => {
    const { directory, contactId } = await withContact()
    await service.fail('delete', notConfirmed, 'alwaysOn')
    await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', retryLater)
    await service.failNothing()
    expect(await directory.stored()).toEqual([])
    await expectRefusal(directory.remove({ contactId }), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
  })

  test.each(notCarriedOut)(
    'a delete, always, with %s, is refused, leaves the contact, and can be repeated',
    async (_, fault) => {
      const { directory, contactId, stored } = await withContact()
      await service.fail('delete', fault, 'alwaysOn')
      await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', retryLater)
      expect(await directory.stored()).toEqual(stored)
      await service.failNothing()
      await expectAnsweredSoon(() => directory.remove({ contactId }))
      expect(await directory.stored()).toEqual([])
    },
  )

  test.each(['find', 'update', 'delete'])(
    'a command without permission (%s) is INTERNAL, changes nothing, and the log has the code and nothing that the caller sent',
    async (command) => {
      const { directory, contactId, stored } = await withContact()
      await service.fail(command, { errorCode: 13 }, 'alwaysOn')
      const call =
        command === 'delete'
          ? directory.remove({ contactId })
          : directory.update({ contactId, name: 'Zqx', emailAddress: 'zqx@example.org' })
      await expectRefusal(call, 'INTERNAL')
      await service.failNothing()
      expect(await directory.stored()).toEqual(stored)
      expect(service.log()).toContain('"code":13')
      for (const sent of ['Zqx', 'zqx']) expect(withoutContactIds(service.log())).not.toContain(sent)
    },
  )

  test.each([
    ['GetMessageContact', (directory: Directory, contactId: string) => directory.get(contactId)],
    ['ListMessageContacts', (directory: Directory) => directory.list()],
    ['UpdateMessageContact', (directory: Directory, contactId: string) => directory.update({ contactId, name: 'Ann' })],
  ])('a find, always, with a member that stops, makes %s DATABASE_UNAVAILABLE', async (_, call) => {
    const { directory, contactId, stored } = await withContact()
    await service.fail('find', { errorCode: 91 }, 'alwaysOn')
    await expectRefusal(call(directory, contactId), 'DATABASE_UNAVAILABLE', retryLater)
    await service.failNothing()
    expect(await directory.stored()).toEqual(stored)
  })
})
