import type { UpdateFilter } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import type { Verdict } from '../wire-proxy.js'
import { contactResource, Directory, notThere } from './directory.js'
import { isCalls, startWatched, type WatchedService } from './watched-service.js'

describe('a change that is overtaken between its read and its write', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched()
  })
  afterAll(() => service.stop())

  async function withTom() {
    const directory = new Directory(service)
    return { directory, contactId: (await directory.add()).contactId }
  }
  /** What another process writes: one revision and one version further. */
  const rival = (contactId: string, $set: UpdateFilter<Contact>['$set']) =>
    service.collection.updateOne(
      { _id: contactId },
      { $set: { ...$set, changeRequestId: 'rival' }, $inc: { revision: 1, version: 1 } },
    )

  /** From now on `comes` has been done each time before such a command arrives. Gives the commands of calls, as they come. */
  function aheadOf(command: 'update' | 'delete', comes: (time: number) => unknown): readonly string[] {
    const seen: string[] = []
    service.proxy.watch(async (sent): Promise<Verdict> => {
      if (!isCalls(sent)) return 'pass'
      seen.push(sent.name)
      if (sent.name === command) await comes(seen.filter((name) => name === command).length)
      return 'pass'
    })
    return seen
  }
  const once = (comes: () => unknown) => (time: number) => (time === 1 ? comes() : undefined)

  test('is decided again for the new state: both changes hold', async () => {
    const { directory, contactId } = await withTom()
    const commands = aheadOf(
      'update',
      once(() => rival(contactId, { title: 'CEO' })),
    )
    const updated = await directory.update({ contactId, name: 'Ann' })
    expect(commands).toEqual(['find', 'update', 'find', 'update'])
    expect(updated).toMatchObject({ name: 'Ann', title: Title.CEO, etag: '"3"' })
    expect(await directory.get(contactId)).toEqual(updated)
  })

  test('finds its address in effect by then, and waits behind it', async () => {
    const { directory, contactId } = await withTom()
    aheadOf(
      'update',
      once(() => rival(contactId, { emailVerifyDate: new Date() })),
    )
    const updated = await directory.update({ contactId, emailAddress: 'ann@example.org' })
    expect(updated).toMatchObject({
      emailAddress: 'tom@example.com',
      pendingEmailAddress: 'ann@example.org',
      etag: '"3"',
    })
  })

  test('has nothing left to do where the other one asked for the same', async () => {
    const { directory, contactId } = await withTom()
    const commands = aheadOf(
      'update',
      once(() => rival(contactId, { name: 'Ann' })),
    )
    expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    expect(commands).toEqual(['find', 'update', 'find'])
  })

  test('is ETAG_MISMATCH where it was made for the state before, and the other one holds', async () => {
    const { directory, contactId } = await withTom()
    aheadOf(
      'update',
      once(() => rival(contactId, { title: 'CEO' })),
    )
    await expectRefusal(directory.update({ contactId, name: 'Ann', etag: '"1"' }), 'ETAG_MISMATCH')
    expect(await directory.stored()).toMatchObject([{ name: 'Tom', title: 'CEO', revision: 2 }])
  })

  test('does not bring back a contact that was removed', async () => {
    const { directory, contactId } = await withTom()
    aheadOf('update', () => service.collection.deleteOne({ _id: contactId }))
    const update = directory.update({ contactId, name: 'Ann' })
    await expectRefusal(update, 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
    expect(await directory.stored()).toEqual([])
  })

  test('is refused by the index where another contact took the name meanwhile', async () => {
    const { directory, contactId } = await withTom()
    const bob = await directory.add({ name: 'Bob' })
    aheadOf(
      'update',
      once(() => rival(bob.contactId, { name: 'Ann' })),
    )
    await expect(directory.update({ contactId, name: 'Ann' })).rejects.toMatchObject({
      refusal: {
        details: [
          { reason: 'INVALID_PARAMETER_NAME_ALREADY_USED' },
          {},
          contactResource('Ann', 'The Name already exists. Please change to another name.'),
        ],
      },
    })
    expect(await directory.stored()).toMatchObject([
      { name: 'Ann', _id: bob.contactId },
      { name: 'Tom', revision: 1 },
    ])
  })

  test('four times is written the fifth time', async () => {
    const { directory, contactId } = await withTom()
    const titles = ['CEO', 'OTHER', 'CEO', 'OTHER'] as const
    const commands = aheadOf('update', (time) => {
      const title = titles[time - 1]
      return title && rival(contactId, { title })
    })
    const updated = await directory.update({ contactId, name: 'Ann' })
    expect(updated).toMatchObject({ name: 'Ann', title: Title.OTHER, etag: '"6"' })
    expect(commands).toEqual(Array.from({ length: 5 }, () => ['find', 'update']).flat())
  })

  test('again and again is told so after five times, and nothing of it holds', async () => {
    const { directory, contactId } = await withTom()
    const commands = aheadOf('update', () => rival(contactId, {}))
    await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'CONCURRENT_CALL_NOT_SUPPORTED', {
      RetryInfo: retryInfo(100),
    })
    expect(commands).toEqual(Array.from({ length: 5 }, () => ['find', 'update']).flat())
    expect(await directory.stored()).toMatchObject([{ name: 'Tom', revision: 6 }])
  })

  describe('that is a removal', () => {
    test('removes the new state just as well, where no etag says otherwise', async () => {
      const { directory, contactId } = await withTom()
      const commands = aheadOf('delete', () => rival(contactId, { title: 'CEO' }))
      await directory.remove({ contactId })
      expect(commands).toEqual(['delete'])
      expect(await directory.stored()).toEqual([])
    })

    test('is ETAG_MISMATCH where it was made for the state before, and the contact stays', async () => {
      const { directory, contactId } = await withTom()
      aheadOf('delete', () => rival(contactId, { title: 'CEO' }))
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toMatchObject([{ title: 'CEO', revision: 2 }])
    })

    test('is not there where another one removed it', async () => {
      for (const etag of ['', '"1"']) {
        const { directory, contactId } = await withTom()
        aheadOf('delete', () => service.collection.deleteOne({ _id: contactId }))
        await expectRefusal(directory.remove({ contactId, etag }), 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
      }
    })

    test('conflicts where a majority still has the state that is being left', async () => {
      const { directory, contactId } = await withTom()
      const revision = (revision: number) => service.collection.updateOne({ _id: contactId }, { $set: { revision } })
      service.proxy.watch(async ({ name, body }): Promise<Verdict> => {
        if (name === 'delete') await revision(2)
        if (name === 'find' && body['filter'].directoryId?.$in?.includes(directory.id)) await revision(1)
        return 'pass'
      })
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'CONCURRENT_CALL_NOT_SUPPORTED', {
        RetryInfo: retryInfo(100),
      })
    })
  })
})
