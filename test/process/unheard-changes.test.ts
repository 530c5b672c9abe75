import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { Directory, notThere } from '../service/directory.js'
import { isCalls, startWatched, type WatchedService } from '../service/watched-service.js'
import type { Verdict } from '../wire-proxy.js'
import { reasonOf } from './load.js'

/** RetryInfo of an outcome that is unknown, and of a database that is away. */
const later = { RetryInfo: retryInfo(1000) }
const { DELETED } = MessageContactDeletionStatus

/**
 * The driver repeats by itself what was cut, until its time is up: a second here. Only then does the service learn that it does not know,
 * and looks, or tries again.
 */
interface Fault {
  readonly command: 'update' | 'delete'
  readonly verdict: Verdict
  /** How many commands it meets; by default all that the driver sends for the first attempt. */
  readonly times?: number
  /** What another process does before each of the service's commands that come then, counted from 1. */
  readonly meanwhile?: (next: number, name: string) => unknown
}

describe('a change of which nothing was heard', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '1', MAX_CALL_SECONDS: '20' } })
  })
  afterAll(() => service?.stop())

  async function withTom() {
    const directory = new Directory(service)
    return { directory, contactId: (await directory.add()).contactId }
  }
  const rival = (contactId: string) => () =>
    service.collection.updateOne(
      { _id: contactId },
      { $set: { title: 'CEO', changeRequestId: 'rival' }, $inc: { revision: 1, version: 1 } },
    )
  const once = (does: () => unknown) => (next: number) => (next === 1 ? does() : undefined)
  const removal = (contactId: string) => () => service.collection.deleteOne({ _id: contactId })

  /** The driver's repeats of a command bear its number. */
  function disturb({ command, verdict, times = Number.POSITIVE_INFINITY, meanwhile }: Fault) {
    let first: unknown
    let met = 0
    let next = 0
    service.proxy.watch(async (sent): Promise<Verdict> => {
      if (!isCalls(sent)) return 'pass'
      const attempt = `${sent.body['lsid']?.id}/${sent.body['txnNumber']}`
      if (sent.name === command) first ??= attempt
      if (first === undefined) return 'pass'
      if (sent.name === command && attempt === first) {
        met += 1
        return met <= times ? verdict : 'pass'
      }
      next += 1
      await meanwhile?.(next, sent.name)
      return 'pass'
    })
  }

  describe('an update', () => {
    test.each(['cut before', 'cut after'] as const)(
      '%s it was carried out, once, is answered with one change',
      async (verdict) => {
        const { directory, contactId } = await withTom()
        disturb({ command: 'update', verdict, times: 1 })
        expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({
          name: 'Ann',
          etag: '"2"',
        })
        expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
      },
    )

    test('that landed is known by its call, and answered: its own change is no ETAG_MISMATCH', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'update', verdict: 'cut after' })
      const updated = await directory.update({ contactId, name: 'Ann', etag: '"1"' })
      expect(updated).toMatchObject({ name: 'Ann', etag: '"2"' })
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
    })

    test('that did not land is written by a second attempt', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'update', verdict: 'cut before' })
      expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({
        name: 'Ann',
        etag: '"2"',
      })
    })

    test('that landed, and that another change came after, is OUTCOME_UNKNOWN', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'update', verdict: 'cut after', meanwhile: once(rival(contactId)) })
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', later)
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', title: 'CEO', revision: 3 }])
    })

    test('that landed, and whose contact was removed after, is OUTCOME_UNKNOWN: others may have seen it', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'update', verdict: 'cut after', meanwhile: once(removal(contactId)) })
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', later)
      expect(await directory.stored()).toEqual([])
    })

    test('that did not land, and cannot any more since another change did, is decided again', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'update', verdict: 'cut before', meanwhile: once(rival(contactId)) })
      expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', title: 4, etag: '"3"' })
      disturb({ command: 'update', verdict: 'cut before', meanwhile: once(rival(contactId)) })
      await expectRefusal(directory.update({ contactId, name: 'Bob', etag: '"3"' }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 4 }])
    })

    test('that did not land, and cannot any more, is forgotten: overtaken once more, it is decided once more', async () => {
      const { directory, contactId } = await withTom()
      const again = rival(contactId)
      // Before the look, and before the second attempt.
      disturb({ command: 'update', verdict: 'cut before', meanwhile: (next) => (next <= 2 ? again() : undefined) })
      expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', etag: '"4"' })
    })

    test('at every attempt is OUTCOME_UNKNOWN, and the contact is in its old state', async () => {
      const { directory, contactId } = await withTom()
      const stored = await directory.stored()
      service.proxy.watch(({ name }) => (name === 'update' ? 'cut before' : 'pass'))
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', later)
      service.proxy.calm()
      expect(await directory.stored()).toEqual(stored)
    })

    test('and whose contact cannot be looked at is OUTCOME_UNKNOWN, and the contact is in its new state', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'update', verdict: 'gone after' })
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUTCOME_UNKNOWN', later)
      service.proxy.calm()
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
      expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann', etag: '"2"' })
    })

    test('whose contact could not be read is DATABASE_UNAVAILABLE, and nothing was written', async () => {
      const { directory, contactId } = await withTom()
      const stored = await directory.stored()
      service.proxy.watch((command) => (isCalls(command) && command.name === 'find' ? 'gone after' : 'pass'))
      await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'DATABASE_UNAVAILABLE', later)
      service.proxy.calm()
      expect(await directory.stored()).toEqual(stored)
    })
  })

  describe('a removal', () => {
    test('cut before it was carried out, once, is answered', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'delete', verdict: 'cut before', times: 1 })
      expect(await directory.remove({ contactId, etag: '"1"' })).toMatchObject({ status: DELETED })
      expect(await directory.stored()).toEqual([])
    })

    test('cut after it was carried out, once, is answered, or at worst its contact said not to be there', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'delete', verdict: 'cut after', times: 1 })
      // MongoDB knows the driver's repeat by its number. Not every server does; to such a one nothing is there to remove.
      const answer = directory.remove({ contactId, etag: '"1"' }).then(() => 'OK', reasonOf)
      expect(['OK', 'ENTITY_NOT_EXISTS_CONTACT']).toContain(await answer)
      expect(await directory.stored()).toEqual([])
    })

    test.each([
      ['without an etag', ''],
      ['with an etag', '"1"'],
    ])('that landed, %s, is answered: the contact is gone', async (_, etag) => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'delete', verdict: 'cut after' })
      expect(await directory.remove({ contactId, etag })).toMatchObject({ status: DELETED })
      expect(await directory.stored()).toEqual([])
    })

    test('that did not land is made by a second attempt', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'delete', verdict: 'cut before' })
      expect(await directory.remove({ contactId, etag: '"1"' })).toMatchObject({ status: DELETED })
      expect(await directory.stored()).toEqual([])
    })

    test('that did not land, and whose contact another call changed, is ETAG_MISMATCH', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'delete', verdict: 'cut before', meanwhile: once(rival(contactId)) })
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toMatchObject([{ title: 'CEO', revision: 2 }])
    })

    test('at every attempt is OUTCOME_UNKNOWN, and the contact is still there', async () => {
      const { directory, contactId } = await withTom()
      const stored = await directory.stored()
      service.proxy.watch(({ name }) => (name === 'delete' ? 'cut before' : 'pass'))
      await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', later)
      service.proxy.calm()
      expect(await directory.stored()).toEqual(stored)
    })

    test('after which the database is gone is OUTCOME_UNKNOWN, and a repeat is told that the contact is not there', async () => {
      const { directory, contactId } = await withTom()
      disturb({ command: 'delete', verdict: 'gone after' })
      await expectRefusal(directory.remove({ contactId }), 'OUTCOME_UNKNOWN', later)
      service.proxy.calm()
      expect(await directory.stored()).toEqual([])
      await expectRefusal(directory.remove({ contactId }), 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
    })

    test('for which no database was found is DATABASE_UNAVAILABLE, and the contact is still there', async () => {
      const { directory, contactId } = await withTom()
      const stored = await directory.stored()
      service.proxy.watch((command) => (isCalls(command) && command.name === 'find' ? 'gone after' : 'pass'))
      await expectRefusal(directory.get(contactId), 'DATABASE_UNAVAILABLE', later)
      await expectRefusal(directory.remove({ contactId }), 'DATABASE_UNAVAILABLE', later)
      service.proxy.calm()
      expect(await directory.stored()).toEqual(stored)
    })

    test('that a majority has not heard of is OUTCOME_UNKNOWN, and not called a conflict', async () => {
      const { directory, contactId } = await withTom()
      const revision = (revision: number) => service.collection.updateOne({ _id: contactId }, { $set: { revision } })
      disturb({ command: 'delete', verdict: 'cut before', meanwhile: (_, name) => revision(name === 'delete' ? 2 : 1) })
      await expectRefusal(directory.remove({ contactId, etag: '"1"' }), 'OUTCOME_UNKNOWN', later)
    })
  })
})

test('an update cut until the time is up is OUT_OF_TIME, and the contact is in its new state', async () => {
  const service = await startWatched({ environment: { MAX_CALL_SECONDS: '1' } })
  const directory = new Directory(service)
  const { contactId } = await directory.add()
  service.proxy.watch(({ name }) => (name === 'update' ? 'cut after' : 'pass'))
  await expectRefusal(directory.update({ contactId, name: 'Ann' }), 'OUT_OF_TIME')
  service.proxy.calm()
  expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
  await service.stop()
})
