import type { UpdateFilter } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { contactNotFound, contactResource, Directory } from '../../support/directory.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

describe('after a lost race,', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched()
  })
  afterAll(() => service.stop())

  async function withTom() {
    const directory = new Directory(service)
    return { directory, contactId: (await directory.add()).contactId }
  }
  /** A write of another process: the next revision and version. */
  const rivalWrite = (contactId: string, $set: UpdateFilter<Contact>['$set']) =>
    service.collection.updateOne(
      { _id: contactId },
      { $set: { ...$set, 'lastWrite.requestId': 'RIVAL' }, $inc: { revision: 1, version: 1 } },
    )

  /** From now on `run` has ended each time before such a command reaches the database. Gives the commands of calls, in order. */
  function beforeEvery(command: 'update' | 'delete', run: (count: number) => unknown): readonly string[] {
    const seen: string[] = []
    service.proxy.watch(async (sent): Promise<Verdict> => {
      if (!isCallCommand(sent)) return 'pass'
      seen.push(sent.name)
      if (sent.name === command) await run(seen.filter((name) => name === command).length)
      return 'pass'
    })
    return seen
  }
  const beforeFirst = (command: 'update' | 'delete', run: () => unknown) =>
    beforeEvery(command, (count) => (count === 1 ? run() : undefined))

  describe('UpdateMessageContact', () => {
    test('is decided again about the new state: both changes are stored', async () => {
      const { directory, contactId } = await withTom()
      const commands = beforeFirst('update', () => rivalWrite(contactId, { title: 'CEO' }))
      const updated = await directory.update({ contactId, name: 'Ann' })
      expect(commands).toEqual(['find', 'update', 'find', 'update'])
      expect(updated).toMatchObject({ name: 'Ann', title: Title.CEO, etag: '"3"' })
      expect(await directory.get(contactId)).toEqual(updated)
    })

    test('makes its address pending if the current one was verified meanwhile', async () => {
      const { directory, contactId } = await withTom()
      beforeFirst('update', () => rivalWrite(contactId, { 'email.verifyDate': new Date() }))
      const updated = await directory.update({ contactId, emailAddress: 'ann@example.org' })
      expect(updated).toMatchObject({
        emailAddress: 'tom@example.com',
        pendingEmailAddress: 'ann@example.org',
        etag: '"3"',
      })
    })

    test('changes nothing if the other change was the same', async () => {
      const { directory, contactId } = await withTom()
      const commands = beforeFirst('update', () => rivalWrite(contactId, { name: 'Ann' }))
      expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', etag: '"2"' })
      // The second update confirms that this state is the current one.
      expect(commands).toEqual(['find', 'update', 'find', 'update'])
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', version: 2, lastWrite: { requestId: 'RIVAL' } }])
    })

    test('is refused with ETAG_MISMATCH if its etag is that of the state before, and the other change is stored', async () => {
      const { directory, contactId } = await withTom()
      beforeFirst('update', () => rivalWrite(contactId, { title: 'CEO' }))
      await expectRefusal(directory.update({ contactId, name: 'Ann', etag: '"1"' }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toMatchObject([{ name: 'Tom', title: 'CEO', revision: 2 }])
    })

    test('does not restore a contact that was removed', async () => {
      const { directory, contactId } = await withTom()
      beforeEvery('update', () => service.collection.deleteOne({ _id: contactId }))
      const update = directory.update({ contactId, name: 'Ann' })
      await expectRefusal(update, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
      expect(await directory.stored()).toEqual([])
    })

    test('is refused if another contact got the name meanwhile', async () => {
      const { directory, contactId } = await withTom()
      const bob = await directory.add({ name: 'Bob' })
      beforeFirst('update', () => rivalWrite(bob.contactId, { name: 'Ann' }))
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

    test('succeeds the fifth time after four lost races', async () => {
      const { directory, contactId } = await withTom()
      const titles = ['CEO', 'OTHER', 'CEO', 'OTHER'] as const
      const commands = beforeEvery('update', (count) => {
        const title = titles[count - 1]
        return title && rivalWrite(contactId, { title })
      })
      const updated = await directory.update({ contactId, name: 'Ann' })
      expect(updated).toMatchObject({ name: 'Ann', title: Title.OTHER, etag: '"6"' })
      expect(commands).toEqual(Array.from({ length: 5 }, () => ['find', 'update']).flat())
    })

    test('is refused after five lost races, and nothing of it is stored', async () => {
      const { directory, contactId } = await withTom()
      const commands = beforeEvery('update', () => rivalWrite(contactId, {}))
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'CONCURRENT_CALL_NOT_SUPPORTED', {
        RetryInfo: retryInfo(100),
      })
      const fiveRaces = Array.from({ length: 5 }, () => ['find', 'update']).flat()
      expect(commands).toEqual([...fiveRaces, 'find'])
      expect(await directory.stored()).toMatchObject([{ name: 'Tom', revision: 6 }])
    })
  })

  describe('DeleteMessageContact', () => {
    test('removes the new state if it has no etag', async () => {
      const { directory, contactId } = await withTom()
      const commands = beforeEvery('delete', () => rivalWrite(contactId, { title: 'CEO' }))
      await directory.remove({ contactId })
      expect(commands).toEqual(['delete'])
      expect(await directory.stored()).toEqual([])
    })

    test('is refused with ETAG_MISMATCH if its etag is that of the state before, and removes nothing', async () => {
      const { directory, contactId } = await withTom()
      beforeEvery('delete', () => rivalWrite(contactId, { title: 'CEO' }))
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toMatchObject([{ title: 'CEO', revision: 2 }])
    })

    test('is refused if another call removed the contact', async () => {
      for (const etag of ['', '"1"']) {
        const { directory, contactId } = await withTom()
        beforeEvery('delete', () => service.collection.deleteOne({ _id: contactId }))
        await expectRefusal(
          directory.remove({ contactId, etag }),
          'ENTITY_NOT_EXISTS_CONTACT',
          contactNotFound(contactId),
        )
      }
    })

    test('is refused as a conflict while a majority has not confirmed the new state', async () => {
      const { directory, contactId } = await withTom()
      const setRevision = (revision: number) => service.collection.updateOne({ _id: contactId }, { $set: { revision } })
      service.proxy.watch(async ({ name, body }): Promise<Verdict> => {
        if (name === 'delete') await setRevision(2)
        if (name === 'find' && body['filter'].directoryId?.$in?.includes(directory.id)) await setRevision(1)
        return 'pass'
      })
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'CONCURRENT_CALL_NOT_SUPPORTED', {
        RetryInfo: retryInfo(100),
      })
    })
  })
})
