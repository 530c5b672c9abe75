import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { contactNotFound, Directory, unknownContactId } from '../../support/directory.js'
import { expectRefusal } from '../../support/refusal.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'

describe('a contact that does not exist', () => {
  let service: WatchedService
  let own: Directory
  /** A contact that was never added, one of another directory, and one that was removed. */
  let ids: Readonly<Record<'was never added' | 'is in another directory' | 'was removed', string>>
  beforeAll(async () => {
    service = await startWatched()
    own = new Directory(service)
    await own.add({ name: 'Ann' })
    const [foreign, removed] = [await new Directory(service).add(), await own.add()]
    await own.remove({ contactId: removed.contactId })
    ids = {
      'was never added': unknownContactId,
      'is in another directory': foreign.contactId,
      'was removed': removed.contactId,
    }
  })
  afterAll(() => service.stop())

  const stored = () => service.collection.find().sort({ _id: 1 }).toArray()

  test.each<[string, (contactId: string) => Promise<unknown>, readonly string[]]>([
    ['Get', (contactId) => own.get(contactId), ['find']],
    ['Update', (contactId) => own.update({ contactId, name: 'Tom' }), ['find']],
    [
      'Update that changes nothing',
      (contactId) => own.update({ contactId, title: Title.TECHNICAL_DIRECTOR }),
      ['find'],
    ],
    ['Update to a name that is taken', (contactId) => own.update({ contactId, name: 'Ann' }), ['find']],
    [
      'Update with the etag of the one in the other directory',
      (contactId) => own.update({ contactId, name: 'Tom', etag: '"1"' }),
      ['find'],
    ],
    ['Delete', (contactId) => own.remove({ contactId }), ['delete', 'find']],
    [
      'Delete with the etag of the one in the other directory',
      (contactId) => own.remove({ contactId, etag: '"1"' }),
      ['delete', 'find'],
    ],
    ['Delete with another etag', (contactId) => own.remove({ contactId, etag: '"7"' }), ['delete', 'find']],
  ])(
    'is the same for %s, whether it was never added, is in another directory or was removed',
    async (_, call, expected) => {
      const before = await stored()
      for (const [reason, contactId] of Object.entries(ids)) {
        await expectRefusal(call(contactId), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
        expect(await service.commandsOf(() => call(contactId)), reason).toEqual(expected)
      }
      expect(await stored()).toEqual(before)
    },
  )

  test('is not in the list of the directory', async () => {
    expect((await own.list()).contacts.map(({ name }) => name)).toEqual(['Ann'])
  })
})
