import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectRefusal } from '../refusal.js'
import { Directory, nobodysId, notThere } from './directory.js'
import { startWatched, type WatchedService } from './watched-service.js'

describe('a contact that is not there', () => {
  let service: WatchedService
  let own: Directory
  /** A contact that never was, one of another directory, and one that was removed. */
  let ids: Readonly<Record<'never was' | 'is of another directory' | 'was removed', string>>
  beforeAll(async () => {
    service = await startWatched()
    own = new Directory(service)
    await own.add({ name: 'Ann' })
    const [foreign, removed] = [await new Directory(service).add(), await own.add()]
    await own.remove({ contactId: removed.contactId })
    ids = {
      'never was': nobodysId,
      'is of another directory': foreign.contactId,
      'was removed': removed.contactId,
    }
  })
  afterAll(() => service.stop())

  const stored = () => service.collection.find().sort({ _id: 1 }).toArray()

  test.each<[string, (contactId: string) => Promise<unknown>, readonly string[]]>([
    ['Get', (contactId) => own.get(contactId), ['find']],
    ['Update', (contactId) => own.update({ contactId, name: 'Tom' }), ['find']],
    ['Update that asks for nothing', (contactId) => own.update({ contactId }), ['find']],
    ['Update to a name that is taken', (contactId) => own.update({ contactId, name: 'Ann' }), ['find']],
    ['Update with the etag of the one elsewhere', (contactId) => own.update({ contactId, etag: '"1"' }), ['find']],
    ['Delete', (contactId) => own.remove({ contactId }), ['delete']],
    [
      'Delete with the etag of the one elsewhere',
      (contactId) => own.remove({ contactId, etag: '"1"' }),
      ['delete', 'find'],
    ],
    ['Delete with another etag', (contactId) => own.remove({ contactId, etag: '"7"' }), ['delete', 'find']],
  ])('is the same to %s, whether it never was, is elsewhere or was removed', async (_, call, expected) => {
    const before = await stored()
    for (const [why, contactId] of Object.entries(ids)) {
      await expectRefusal(call(contactId), 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
      expect(await service.commandsOf(() => call(contactId)), why).toEqual(expected)
    }
    expect(await stored()).toEqual(before)
  })

  test('is in no list of a directory that it is not in', async () => {
    expect((await own.list()).contacts.map(({ name }) => name)).toEqual(['Ann'])
  })
})
