import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { damageTexts, notUtf8 } from '../../support/damage.js'
import { Directory } from '../../support/directory.js'
import { reasonOf } from '../../support/load.js'
import { expectRefusal, quotaFailure, retryInfo } from '../../support/refusal.js'
import { deferred } from '../../support/waiting.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Command, Verdict } from '../../support/wire-proxy.js'

let service: WatchedService
beforeAll(async () => {
  const environment = { CONTACTS_PER_DIRECTORY: '2' }
  service = await startWatched({ environment, dependencies: { batching: { maxConcurrent: 1, slowAfterMs: 60_000 } } })
})
beforeEach(() => damageTexts(service.proxy))
afterEach(() => service.proxy.reset())
afterAll(() => service?.stop())

const limitReached = {
  QuotaFailure: quotaFailure('LIMIT_EXCEEDED_CONTACTS', 'resource directory', 'CONTACTS_PER_DIRECTORY', 2),
}
const refusedAdd = (directory: Directory, name: string) =>
  expectRefusal(directory.add({ name }), 'LIMIT_EXCEEDED_CONTACTS', limitReached)

const resultOf = (answer: Promise<unknown>) => answer.then(() => 'OK', reasonOf)

async function fullDirectory() {
  const directory = new Directory(service)
  const [ann] = await directory.addAll(['Ann', 'Bob'])
  if (!ann) expect.fail()
  return { directory, ann }
}

describe('an add to a full directory', () => {
  test('attempts an insert the first time, and from then on reads, which a write that changes nothing confirms', async () => {
    const { directory } = await fullDirectory()
    const before = await directory.stored()
    expect(await service.commandsOf(() => refusedAdd(directory, 'Tom'))).toEqual(['insert', 'find'])
    for (const name of ['Tom', 'Tim'])
      expect(await service.commandsOf(() => refusedAdd(directory, name))).toEqual(['find', 'update'])
    expect(await directory.stored()).toEqual(before)
  })

  test('is written as soon as there is room, and later ones attempt an insert again', async () => {
    const { directory, ann } = await fullDirectory()
    await refusedAdd(directory, 'Tom')
    await directory.remove({ contactId: ann.contactId })
    expect(await service.commandsOf(() => directory.add({ name: 'Tom' }))).toEqual(['find', 'update', 'insert'])
    expect(await service.commandsOf(() => refusedAdd(directory, 'Tim'))).toEqual(['insert', 'find'])
    expect((await directory.stored()).map(({ name }) => name).sort()).toEqual(['Bob', 'Tom'])
  })

  test('is refused for its name or its token before the limit, and gives the contact of its token', async () => {
    const directory = new Directory(service)
    const request = { name: 'Ann', clientToken: 'token-1' }
    const ann = await directory.add(request)
    await directory.add({ name: 'Bob' })
    await refusedAdd(directory, 'Tom')
    expect(await resultOf(directory.add({ name: 'Bob' }))).toBe('INVALID_PARAMETER_NAME_ALREADY_USED')
    expect(await resultOf(directory.add({ ...request, name: 'Tim' }))).toBe('INVALID_PARAMETER_CLIENT_TOKEN')
    expect(await directory.add(request)).toEqual(ann)
  })

  // Without an answer to the update, what was read may be an older state, of a primary that has lost its majority.
  test.each(['find', 'update'])(
    'without an answer to the %s is DATABASE_UNAVAILABLE: nothing was written',
    async (name) => {
      const { directory } = await fullDirectory()
      await refusedAdd(directory, 'Tom')
      const before = await directory.stored()
      const isCut = (command: Command) => isCallCommand(command) && command.name === name
      service.proxy.watch((command) => (isCut(command) ? 'cut after' : 'pass'))
      await expectRefusal(directory.add({ name: 'Tim' }), 'DATABASE_UNAVAILABLE', { RetryInfo: retryInfo(1000) })
      expect(await directory.stored()).toEqual(before)
    },
  )
})

describe('adds that are refused at the same time', () => {
  /** The results of calls that wait for a read, and which directories are read then. */
  async function together(calls: readonly (() => Promise<unknown>)[]) {
    const { directory: other } = await fullDirectory()
    await refusedAdd(other, 'Tom')
    const [held, isHeld] = [deferred(), deferred()]
    const reads: unknown[] = []
    service.proxy.watch(async (command): Promise<Verdict> => {
      if (!isCallCommand(command) || command.name !== 'find') return 'pass'
      reads.push(command.body['filter']?.directoryId.$in)
      if (reads.length === 1) {
        isHeld.resolve()
        await held.promise
      }
      return 'pass'
    })
    const first = refusedAdd(other, 'Tom')
    await isHeld.promise
    const results = calls.map((call) => resultOf(call()))
    // One connection carries all calls in order: when this one is refused, the earlier ones have arrived.
    await expect(other.get('')).rejects.toThrow()
    held.resolve()
    await first
    return { results: await Promise.all(results), reads: reads.slice(1) }
  }

  test('share a read, and each is refused for what is in its own directory', async () => {
    const [{ directory: one }, { directory: two }] = [await fullDirectory(), await fullDirectory()]
    await refusedAdd(one, 'Tom')
    await refusedAdd(two, 'Tom')
    const { results, reads } = await together([
      () => one.add({ name: 'Tom' }),
      () => two.add({ name: 'Ann' }),
      () => one.add({ name: 'Tim' }),
    ])
    expect(results).toEqual([
      'LIMIT_EXCEEDED_CONTACTS',
      'INVALID_PARAMETER_NAME_ALREADY_USED',
      'LIMIT_EXCEEDED_CONTACTS',
    ])
    expect(reads).toEqual([[one.id, two.id]])
  })

  test('are not disturbed by a damaged contact of another directory, which is INTERNAL to its own caller', async () => {
    const [{ directory: sound }, { directory: damaged, ann }] = [await fullDirectory(), await fullDirectory()]
    await refusedAdd(sound, 'Tom')
    await refusedAdd(damaged, 'Tom')
    await service.collection.updateOne({ _id: ann.contactId }, { $set: { name: notUtf8 } })
    const { results, reads } = await together([() => sound.add({ name: 'Tom' }), () => damaged.add({ name: 'Tom' })])
    expect(results).toEqual(['LIMIT_EXCEEDED_CONTACTS', 'INTERNAL'])
    expect(reads).toEqual([[sound.id, damaged.id], [sound.id], [damaged.id]])
  })
})
