import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { contactNotFound, Directory } from '../../support/directory.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

/** The RetryInfo of OUTCOME_UNKNOWN and DATABASE_UNAVAILABLE. */
const retryLater = { RetryInfo: retryInfo(1000) }
const { DELETED } = MessageContactDeletionStatus

/** A disturbance of the service's first attempt. Then the service reads the contact, or attempts the write once more. */
interface Disturbance {
  readonly command: 'update' | 'delete'
  readonly verdict: Verdict
  /** What another process does before each later command of the service. They are numbered from 1. */
  readonly meanwhile?: (number: number, name: string) => unknown
}

describe('a change whose first attempt has an unknown outcome', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '1', MAX_CALL_SECONDS: '20' } })
  })
  afterAll(() => service?.stop())

  async function withContact() {
    const directory = new Directory(service)
    return { directory, contactId: (await directory.add()).contactId }
  }
  const changeByOther = (contactId: string) => () =>
    service.collection.updateOne(
      { _id: contactId },
      { $set: { title: 'CEO', 'lastWrite.requestId': 'other' }, $inc: { revision: 1, version: 1 } },
    )
  const removalByOther = (contactId: string) => () => service.collection.deleteOne({ _id: contactId })
  const once = (act: () => unknown) => (number: number) => (number === 1 ? act() : undefined)

  function disturb({ command, verdict, meanwhile }: Disturbance) {
    let isDisturbed = false
    let later = 0
    service.proxy.watch(async (sent): Promise<Verdict> => {
      if (!isCallCommand(sent)) return 'pass'
      if (!isDisturbed) {
        isDisturbed = sent.name === command
        return isDisturbed ? verdict : 'pass'
      }
      later += 1
      await meanwhile?.(later, sent.name)
      return 'pass'
    })
  }

  describe('an update', () => {
    test('that was written is recognized by its write stamp, and answered: its own change is no ETAG_MISMATCH', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'update', verdict: 'cut after' })
      const updated = await directory.update({ contactId, name: 'Ann', etag: '"1"' })
      expect(updated).toMatchObject({ name: 'Ann', etag: '"2"' })
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
    })

    test('that was not written is written by a second attempt', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'update', verdict: 'cut before' })
      const updated = await directory.update({ contactId, name: 'Ann', etag: '"1"' })
      expect(updated).toMatchObject({ name: 'Ann', etag: '"2"' })
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
    })

    test('that was written, and followed by another change, is OUTCOME_UNKNOWN', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'update', verdict: 'cut after', meanwhile: once(changeByOther(contactId)) })
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', retryLater)
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', title: 'CEO', revision: 3 }])
    })

    test('that was written, and followed by a removal, is OUTCOME_UNKNOWN: others may have seen it', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'update', verdict: 'cut after', meanwhile: once(removalByOther(contactId)) })
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', retryLater)
      expect(await directory.stored()).toEqual([])
    })

    test('that was not written, and cannot be any more after another change, is decided again', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'update', verdict: 'cut before', meanwhile: once(changeByOther(contactId)) })
      const updated = await directory.update({ contactId, name: 'Ann' })
      expect(updated).toMatchObject({ name: 'Ann', title: Title.CEO, etag: '"3"' })
      disturb({ command: 'update', verdict: 'cut before', meanwhile: once(changeByOther(contactId)) })
      await expectRefusal(directory.update({ contactId, name: 'Bob', etag: '"3"' }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 4 }])
    })

    test('that was not written, and cannot be any more, is decided once more after another lost race', async () => {
      const { directory, contactId } = await withContact()
      const change = changeByOther(contactId)
      // Before the read, and before the second attempt.
      disturb({ command: 'update', verdict: 'cut before', meanwhile: (number) => (number <= 2 ? change() : undefined) })
      expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', etag: '"4"' })
    })

    test('that is cut at every attempt is OUTCOME_UNKNOWN, and the contact is in its old state', async () => {
      const { directory, contactId } = await withContact()
      const stored = await directory.stored()
      service.proxy.watch(({ name }) => (name === 'update' ? 'cut before' : 'pass'))
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', retryLater)
      service.proxy.reset()
      expect(await directory.stored()).toEqual(stored)
    })

    test('whose contact cannot be read afterwards is OUTCOME_UNKNOWN, and the contact is in its new state', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'update', verdict: 'unreachable after' })
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', retryLater)
      service.proxy.reset()
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
      expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    })

    test('whose contact could not be read before is DATABASE_UNAVAILABLE, and nothing was written', async () => {
      const { directory, contactId } = await withContact()
      const stored = await directory.stored()
      service.proxy.watch((command) =>
        isCallCommand(command) && command.name === 'find' ? 'unreachable after' : 'pass',
      )
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'DATABASE_UNAVAILABLE', retryLater)
      service.proxy.reset()
      expect(await directory.stored()).toEqual(stored)
    })
  })

  describe('a removal', () => {
    test.each([
      ['without an etag', ''],
      ['with an etag', '"1"'],
    ])('that was made, %s, is answered: the contact does not exist any more', async (_, etag) => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'delete', verdict: 'cut after' })
      expect(await directory.remove({ contactId, etag })).toMatchObject({ status: DELETED })
      expect(await directory.stored()).toEqual([])
    })

    test('that was not made is made by a second attempt', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'delete', verdict: 'cut before' })
      expect(await directory.remove({ contactId, etag: '"1"' })).toMatchObject({ status: DELETED })
      expect(await directory.stored()).toEqual([])
    })

    test('that was not made, and whose contact another call changed, is OUTCOME_UNKNOWN', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'delete', verdict: 'cut before', meanwhile: once(changeByOther(contactId)) })
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'OUTCOME_UNKNOWN', retryLater)
      expect(await directory.stored()).toMatchObject([{ title: 'CEO', revision: 2 }])
    })

    test('that is cut at every attempt is OUTCOME_UNKNOWN, and the contact still exists', async () => {
      const { directory, contactId } = await withContact()
      const stored = await directory.stored()
      service.proxy.watch(({ name }) => (name === 'delete' ? 'cut before' : 'pass'))
      await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', retryLater)
      service.proxy.reset()
      expect(await directory.stored()).toEqual(stored)
    })

    test('after which the database is unreachable is OUTCOME_UNKNOWN, and a repeat finds no contact', async () => {
      const { directory, contactId } = await withContact()
      disturb({ command: 'delete', verdict: 'unreachable after' })
      await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', retryLater)
      service.proxy.reset()
      expect(await directory.stored()).toEqual([])
      await expectRefusal(directory.remove({ contactId }), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    })

    test('for which no database was found is DATABASE_UNAVAILABLE, and the contact still exists', async () => {
      const { directory, contactId } = await withContact()
      const stored = await directory.stored()
      service.proxy.watch((command) =>
        isCallCommand(command) && command.name === 'find' ? 'unreachable after' : 'pass',
      )
      await expectRefusal(directory.get(contactId), 'DATABASE_UNAVAILABLE', retryLater)
      await expectRefusal(directory.remove({ contactId }), 'DATABASE_UNAVAILABLE', retryLater)
      service.proxy.reset()
      expect(await directory.stored()).toEqual(stored)
    })

    test('whose condition fails because of a change that a majority does not have yet is OUTCOME_UNKNOWN', async () => {
      const { directory, contactId } = await withContact()
      const setRevision = (revision: number) => service.collection.updateOne({ _id: contactId }, { $set: { revision } })
      disturb({
        command: 'delete',
        verdict: 'cut before',
        meanwhile: (_, name) => setRevision(name === 'delete' ? 2 : 1),
      })
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'OUTCOME_UNKNOWN', retryLater)
    })
  })
})
