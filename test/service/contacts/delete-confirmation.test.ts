import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { contactNotFound, Directory } from '../../support/directory.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'

const { DELETED } = MessageContactDeletionStatus

/** The reply to a delete that found no document. */
const nothingDeleted = { reply: { ok: 1, n: 0 } }

// One engine misses a document while others change it: its delete removes nothing although the contact exists.
describe('a delete that removes nothing', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched()
  })
  afterEach(() => service.proxy.reset())
  afterAll(() => service?.stop())

  /** The first `count` deletes of the next call miss their document. Gives the names of the commands of the call. */
  function missDocument(count: number): readonly string[] {
    const commands: string[] = []
    service.proxy.watch((command) => {
      if (!isCallCommand(command)) return 'pass'
      commands.push(command.name)
      return command.name === 'delete' && commands.length <= 2 * count ? nothingDeleted : 'pass'
    })
    return commands
  }

  test.each([1, 4])(
    '%i times although a majority has the contact is made again, and answered once it is deleted',
    async (count) => {
      const directory = new Directory(service)
      const { contactId } = await directory.add()
      const commands = missDocument(count)
      expect(await directory.remove({ contactId, etag: '"1"' })).toMatchObject({ status: DELETED })
      expect(commands).toEqual([...Array.from({ length: count }, () => ['delete', 'find']).flat(), 'delete'])
      expect(await directory.stored()).toEqual([])
    },
  )

  test('again and again although a majority has the contact is CONCURRENT_CALL_NOT_SUPPORTED after five times', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const stored = await directory.stored()
    const commands = missDocument(Number.POSITIVE_INFINITY)
    await expectRefusal(directory.remove({ contactId }), 'CONCURRENT_CALL_NOT_SUPPORTED', { RetryInfo: retryInfo(100) })
    expect(commands).toEqual(Array.from({ length: 5 }, () => ['delete', 'find']).flat())
    expect(await directory.stored()).toEqual(stored)
  })

  test('is not found after one majority read', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await directory.remove({ contactId })
    const reads: unknown[] = []
    const commands: string[] = []
    service.proxy.watch((command) => {
      if (!isCallCommand(command)) return 'pass'
      commands.push(command.name)
      if (command.name === 'find') reads.push(command.body['readConcern'])
      return 'pass'
    })
    const call = directory.remove({ contactId })
    await expectRefusal(call, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    expect(commands).toEqual(['delete', 'find'])
    expect(reads).toEqual([{ level: 'majority' }])
  })
})
