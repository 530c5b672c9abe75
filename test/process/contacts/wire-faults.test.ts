import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { type AddRequest, addRequest } from '../../support/client.js'
import { Load, unexpectedReasons } from '../../support/load.js'
import { adds, expectAddsKept, expectRepeatable } from '../../support/load-of-adds.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { uniqueName } from '../../support/running-service.js'
import { deferred } from '../../support/waiting.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

const request = () => addRequest({ clientToken: uniqueName('token') })
const storedIds = async ({ collection }: WatchedService, directoryId: string) =>
  (await collection.find({ directoryId }).toArray()).map(({ _id }) => _id)

/** Repeats a call. The directory then contains one contact, the one in the answer. */
async function expectOneContact(service: WatchedService, directoryId: string, repeat: AddRequest): Promise<void> {
  const { response } = await service.client.addMessageContact(repeat, { directoryId })
  expect(await storedIds(service, directoryId)).toEqual([response.contact?.contactId])
}

/** The class of the error behind the last call that was refused for this reason, as it was logged. */
function loggedCauseOf(reason: string, log: string): unknown {
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { reason?: string; cause?: { type?: string } })
  return lines.findLast((line) => line.reason === reason)?.cause?.type
}

/** The RetryInfo of OUTCOME_UNKNOWN. */
const retryLater = { RetryInfo: retryInfo(1000) }

/** Needs a database with which the driver repeats writes: the service itself never repeats an insert. */
describe.runIf(inject('hasRetryableWrites'))('a connection that is cut during an insert', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { MAX_CALL_SECONDS: '3' } })
  })
  afterAll(() => service.stop())

  /** Gives the verdict for the first `times` inserts, and counts all inserts. */
  function disturbInserts(verdict: Verdict, times: number) {
    const inserts = { count: 0 }
    service.proxy.watch(({ name }) => {
      if (name !== 'insert') return 'pass'
      inserts.count += 1
      return inserts.count <= times ? verdict : 'pass'
    })
    return inserts
  }

  test.each(['cut before', 'cut after'] as const)(
    '%s it was carried out leaves one contact, and the call is answered',
    async (verdict) => {
      const directoryId = uniqueName('rd')
      const inserts = disturbInserts(verdict, 1)
      const { response } = await service.client.addMessageContact(request(), { directoryId })
      expect(inserts.count).toBeGreaterThan(1)
      expect(await storedIds(service, directoryId)).toEqual([response.contact?.contactId])
    },
  )

  test('at every attempt until the deadline is a refusal, and a repeat with the same token gives one contact', async () => {
    const directoryId = uniqueName('rd')
    const repeatable = request()
    disturbInserts('cut after', Number.POSITIVE_INFINITY)
    await expectRefusal(service.client.addMessageContact(repeatable, { directoryId }), 'DEADLINE_EXCEEDED')
    service.proxy.reset()
    await expectOneContact(service, directoryId, repeatable)
  })
})

describe('an insert that was carried out, with an unknown outcome', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '1' } })
  })
  afterAll(() => service.stop())

  test('is OUTCOME_UNKNOWN if the database is unreachable before it answers', async () => {
    const directoryId = uniqueName('rd')
    const repeatable = request()
    service.proxy.watch(({ name }) => (name === 'insert' ? 'unreachable after' : 'pass'))
    await expectRefusal(service.client.addMessageContact(repeatable, { directoryId }), 'OUTCOME_UNKNOWN', retryLater)
    expect(loggedCauseOf('OUTCOME_UNKNOWN', service.log())).toMatch(/^Mongo\w*Error$/)
    service.proxy.reset()
    await expectOneContact(service, directoryId, repeatable)
  })

  test('is OUTCOME_UNKNOWN if the read that looks for the conflict fails', async () => {
    const directoryId = uniqueName('rd')
    const repeatable = request()
    service.proxy.watch(async ({ name, body, documents }): Promise<Verdict> => {
      if (name === 'insert') await service.collection.insertMany(documents as Contact[])
      return name === 'find' && body['filter'].directoryId?.$in?.includes(directoryId) ? 'cut before' : 'pass'
    })
    await expectRefusal(service.client.addMessageContact(repeatable, { directoryId }), 'OUTCOME_UNKNOWN', retryLater)
    service.proxy.reset()
    await expectOneContact(service, directoryId, repeatable)
  })

  test('is acknowledged as soon as a majority has the contact, however many reads that takes', async () => {
    const directoryId = uniqueName('rd')
    let inserted: readonly Contact[] = []
    let reads = 0
    // What a majority does not have yet is visible to other reads, and conflicts with other writes.
    const makeVisible = async () => {
      if (!(await service.collection.findOne({ directoryId }))) await service.collection.insertMany(inserted)
    }
    const hide = () => service.collection.deleteOne({ directoryId })
    service.proxy.watch(async ({ name, body, documents }): Promise<Verdict> => {
      if (name === 'insert') {
        inserted = documents as Contact[]
        await makeVisible()
      }
      if (name === 'find' && body['readConcern']?.level === 'local') await makeVisible()
      if (name === 'find' && body['readConcern']?.level === 'majority') {
        reads += 1
        if (reads <= 8) await hide()
      }
      return 'pass'
    })
    const { response } = await service.client.addMessageContact(addRequest(), { directoryId })
    service.proxy.reset()
    expect(reads).toBe(9)
    expect(await storedIds(service, directoryId)).toEqual([response.contact?.contactId])
  })
})

describe('inserts that are stuck', () => {
  test('delay no other call: the next one is answered while they are', async () => {
    // No time limit of the database or the service releases them. The next call's own deadline would come earlier.
    const service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '60', MAX_CALL_SECONDS: '60' } })
    const stuck = new Set<string>()
    const { promise: released, resolve: release } = deferred()
    service.proxy.watch(async ({ name, documents }): Promise<Verdict> => {
      if (name !== 'insert' || !String(documents[0]?.['name']).startsWith('Stuck')) return 'pass'
      stuck.add(String(documents[0]?.['name']))
      await released
      return 'pass'
    })
    const add = (name: string) =>
      service.client.addMessageContact(addRequest({ name }), { directoryId: uniqueName('rd') })
    const ended: string[] = []
    const first = add('StuckA').finally(() => ended.push('StuckA'))
    await expect.poll(() => stuck.size).toBe(1)
    const second = add('StuckB').finally(() => ended.push('StuckB'))
    await expect.poll(() => stuck.size).toBe(2)
    await add('Tom')
    expect(ended).toEqual([])
    release()
    await Promise.all([first, second])
    await service.stop()
  })
})

describe('under a load of adds', () => {
  const connectionFaults = ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED']

  test('connections that are cut repeatedly lose and duplicate nothing', async () => {
    const service = await startWatched()
    const verdicts: readonly Verdict[] = ['pass', 'cut before', 'pass', 'cut after', 'pass', 'pass', 'cut after']
    let inserts = 0
    service.proxy.watch(({ name }) => (name === 'insert' ? (verdicts[inserts++ % verdicts.length] ?? 'pass') : 'pass'))
    const load = Load.start(adds, { address: service.app.address })
    await load.answered(100, 40_000)
    await load.stop()
    expect(unexpectedReasons(load.results, connectionFaults)).toEqual([])
    await expectAddsKept(service.collection, load.results)
    await service.stop()
  })

  test('a database that does not answer delays no call beyond its deadline, and is used again when it answers', async () => {
    const maxCallSeconds = 3
    const service = await startWatched({ environment: { MAX_CALL_SECONDS: String(maxCallSeconds) } })
    const load = Load.start(adds, { address: service.app.address, connections: 2 })
    await load.answered(50)
    service.proxy.stall()
    const call = service.client.addMessageContact(request(), { directoryId: uniqueName('rd') })
    await expectRefusal(call, 'DEADLINE_EXCEEDED')
    await load.refused(32)
    service.proxy.reset()
    await load.answered(1, 10_000)
    await load.answered(50)
    await load.stop()
    expect(unexpectedReasons(load.results, connectionFaults)).toEqual([])
    expect(load.results.filter(({ durationMs }) => durationMs > maxCallSeconds * 1000 + 4000)).toEqual([])
    await expectAddsKept(service.collection, load.results)
    await expectRepeatable(service.client, service.collection, load.results)
    await service.stop()
  })
})
