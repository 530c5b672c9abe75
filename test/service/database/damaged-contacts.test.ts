import type { UpdateFilter } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { damageTexts, misshapen, undecodable } from '../../support/damage.js'
import { Directory } from '../../support/directory.js'
import { expectRefusal } from '../../support/refusal.js'
import { deferred } from '../../support/waiting.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Command, Verdict } from '../../support/wire-proxy.js'

const damages = [...undecodable, ...misshapen]

describe('a damaged contact', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ dependencies: { batching: { maxConcurrent: 1 } } })
  })
  afterAll(() => service.stop())
  beforeEach(() => damageTexts(service.proxy))

  const idsOf = ({ name, body }: Command): readonly string[] =>
    name === 'find' ? (body['filter']?._id?.$in ?? []) : []

  /** A contact that is damaged in this manner, in a directory of its own. */
  async function addDamaged(damage: UpdateFilter<Contact>) {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const { modifiedCount } = await service.collection.updateOne({ _id: contactId }, damage)
    expect(modifiedCount).toBe(1)
    return { directory, contactId }
  }

  /** Asserts that the last call was refused because of this contact, and that the log says so by its id. */
  function expectNamedInLog(contactId: string): void {
    const [line = ''] = service
      .log()
      .trimEnd()
      .split('\n')
      .filter((each) => each.includes('"msg":"call ended"'))
      .slice(-1)
    expect(JSON.parse(line)).toMatchObject({
      reason: 'INTERNAL',
      cause: { type: 'DamagedContactError', documentId: contactId },
    })
  }

  /** Whether the damage is to something that lists show. */
  const isListed = (damage: unknown) =>
    !/["'.](version|lastWrite|verification|superseded|incorrectCodeDates)"/.test(JSON.stringify(damage))

  describe.each(damages)('with %s', (_, damage) => {
    test('is INTERNAL to callers of Get, Update, and List if it shows that, named in the log, and not changed', async () => {
      const { directory, contactId } = await addDamaged(damage)
      const raw = () => service.collection.findOne({ _id: contactId }, { bsonRegExp: true })
      const before = await raw()
      await expectRefusal(directory.get(contactId), 'INTERNAL')
      expectNamedInLog(contactId)
      await expectRefusal(directory.update({ contactId, name: 'Tim', updateMask: { paths: ['name'] } }), 'INTERNAL')
      expectNamedInLog(contactId)
      if (isListed(damage)) {
        await expectRefusal(directory.list(), 'INTERNAL')
        expectNamedInLog(contactId)
      } else expect(await directory.list()).toMatchObject({ contacts: [{ contactId }] })
      expect(await raw()).toEqual(before)
    })
  })

  test.each(damages.slice(0, 5))('with %s fails no other read of the same batch', async (_, damage) => {
    const { directory, contactId } = await addDamaged(damage)
    const others = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const other = new Directory(service)
        return { other, contact: await other.add() }
      }),
    )
    const held = deferred()
    const batches: (readonly string[])[] = []
    service.proxy.watch(async (command): Promise<Verdict> => {
      const ids = idsOf(command)
      if (ids.length > 0) batches.push(ids)
      if (batches.length === 1) await held.promise
      return 'pass'
    })
    const [first, ...rest] = others
    const gettingFirst = first?.other.get(first.contact.contactId)
    await expect.poll(() => batches.length).toBe(1)
    const gettingDamaged = expectRefusal(directory.get(contactId), 'INTERNAL')
    const gettingRest = rest.map(({ other, contact }) => other.get(contact.contactId))
    // One connection carries all calls in order: when this one is refused, the earlier ones have arrived.
    await expect(directory.get('c-?')).rejects.toThrow()
    held.resolve()
    expect(await gettingFirst).toEqual(first?.contact)
    expect(await Promise.all(gettingRest)).toEqual(rest.map(({ contact }) => contact))
    await gettingDamaged
    expect([...(batches[1] ?? [])].sort()).toEqual([contactId, ...rest.map(({ contact }) => contact.contactId)].sort())
    service.proxy.reset()
  })

  test.each(damages.slice(0, 4))('with %s can be deleted', async (_, damage) => {
    const { directory, contactId } = await addDamaged(damage)
    await directory.remove({ contactId })
    expect(await service.collection.countDocuments({ _id: contactId })).toBe(0)
  })
})
