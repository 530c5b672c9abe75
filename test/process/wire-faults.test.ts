import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type AddRequest, addRequest } from '../client.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { uniqueName } from '../service/running-service.js'
import { startWatched, type WatchedService } from '../service/watched-service.js'
import type { Verdict } from '../wire-proxy.js'
import { Load, reasonsBeside } from './load.js'
import { adding, expectKept, expectRepeatable } from './load-of-adds.js'

const request = () => addRequest({ clientToken: uniqueName('token') })
const idsIn = async ({ collection }: WatchedService, directoryId: string) =>
  (await collection.find({ directoryId }).toArray()).map(({ _id }) => _id)

/** Calls once more: the directory then holds one contact, the one that was answered. */
async function expectOneContact(service: WatchedService, directoryId: string, repeat: AddRequest): Promise<void> {
  const { response } = await service.client.addMessageContact(repeat, { directoryId })
  expect(await idsIn(service, directoryId)).toEqual([response.contact?.contactId])
}

/** The class of the error behind the last call that was refused for this reason, as the log has it. */
function causeOf(log: string, reason: string): unknown {
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { reason?: string; cause?: { type?: string } })
  return lines.findLast((line) => line.reason === reason)?.cause?.type
}

/** RetryInfo of an outcome that is unknown. */
const later = { RetryInfo: retryInfo(1000) }

describe('a connection cut in the middle of a write', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { MAX_CALL_SECONDS: '3' } })
  })
  afterAll(() => service.stop())

  /** The verdict for the first inserts; the number of inserts that came. */
  function cutInserts(verdict: Verdict, times: number) {
    const inserts = { seen: 0 }
    service.proxy.watch(({ name }) => {
      if (name !== 'insert') return 'pass'
      inserts.seen += 1
      return inserts.seen <= times ? verdict : 'pass'
    })
    return inserts
  }

  test.each(['cut before', 'cut after'] as const)(
    '%s it was carried out leaves one contact and a good answer',
    async (verdict) => {
      const directoryId = uniqueName('rd')
      const inserts = cutInserts(verdict, 1)
      const { response } = await service.client.addMessageContact(request(), { directoryId })
      expect(inserts.seen).toBeGreaterThan(1)
      expect((await service.collection.find({ directoryId }).toArray()).map(({ _id }) => _id)).toEqual([
        response.contact?.contactId,
      ])
    },
  )

  test('cut at every attempt until the time is up, it is refused, and a repeat with the same token gives one contact', async () => {
    const directoryId = uniqueName('rd')
    const repeatable = request()
    cutInserts('cut after', Number.POSITIVE_INFINITY)
    await expectRefusal(service.client.addMessageContact(repeatable, { directoryId }), 'OUT_OF_TIME')
    service.proxy.calm()
    await expectOneContact(service, directoryId, repeatable)
  })
})

describe('an attempt that landed unheard of', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '1' } })
  })
  afterAll(() => service.stop())

  test('is never said not to be there, when the database is gone before it answers', async () => {
    const directoryId = uniqueName('rd')
    const repeatable = request()
    service.proxy.watch(({ name }) => (name === 'insert' ? 'gone after' : 'pass'))
    await expectRefusal(service.client.addMessageContact(repeatable, { directoryId }), 'OUTCOME_UNKNOWN', later)
    expect(causeOf(service.log(), 'OUTCOME_UNKNOWN')).toMatch(/^Mongo\w*Error$/)
    service.proxy.calm()
    await expectOneContact(service, directoryId, repeatable)
  })

  test('is never said not to be there, when the look at what is in the way fails', async () => {
    const directoryId = uniqueName('rd')
    const repeatable = request()
    service.proxy.watch(async ({ name, body, documents }): Promise<Verdict> => {
      if (name === 'insert') await service.collection.insertMany(documents as Contact[])
      return name === 'find' && body['filter'].directoryId === directoryId ? 'cut before' : 'pass'
    })
    await expectRefusal(service.client.addMessageContact(repeatable, { directoryId }), 'OUTCOME_UNKNOWN', later)
    service.proxy.calm()
    await expectOneContact(service, directoryId, repeatable)
  })

  test('is acknowledged as soon as a majority has it, however often that must be looked for', async () => {
    const directoryId = uniqueName('rd')
    let looks = 0
    service.proxy.watch(async ({ name, body, documents }): Promise<Verdict> => {
      // What a majority does not have yet is there for other reads and in the way of other writes.
      if (name === 'insert') await service.collection.insertMany(documents as Contact[])
      if (name !== 'find' || body['readConcern']?.level !== 'majority') return 'pass'
      looks += 1
      if (looks <= 8) await service.collection.deleteOne({ directoryId })
      return 'pass'
    })
    const { response } = await service.client.addMessageContact(addRequest(), { directoryId })
    service.proxy.calm()
    expect(looks).toBe(9)
    expect(await idsIn(service, directoryId)).toEqual([response.contact?.contactId])
  })
})

describe('inserts that are stuck', () => {
  test('hold up no other call: the next one is answered while they wait', async () => {
    // Neither the database's time limit nor the service's frees them; the next call's own deadline comes sooner.
    const service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '60', MAX_CALL_SECONDS: '60' } })
    const stuck = new Set<string>()
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    service.proxy.watch(async ({ name, documents }): Promise<Verdict> => {
      if (name !== 'insert' || !String(documents[0]?.['name']).startsWith('Stuck')) return 'pass'
      stuck.add(String(documents[0]?.['name']))
      await held
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

describe('under load', () => {
  const connectionFaults = ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUT_OF_TIME']

  test('connections cut again and again lose and double nothing', async () => {
    const service = await startWatched()
    const verdicts: readonly Verdict[] = ['pass', 'cut before', 'pass', 'cut after', 'pass', 'pass', 'cut after']
    let inserts = 0
    service.proxy.watch(({ name }) => (name === 'insert' ? (verdicts[inserts++ % verdicts.length] ?? 'pass') : 'pass'))
    const load = Load.start(adding, { address: service.app.address, connections: 4, each: 8 })
    await load.answered(100, 40_000)
    await load.stop()
    expect(reasonsBeside(load.attempts, connectionFaults)).toEqual([])
    await expectKept(service.collection, load.attempts)
    await service.stop()
  })

  test('a database that answers nothing holds up no call past its deadline, and is served again when it answers', async () => {
    const longestCallSeconds = 3
    const service = await startWatched({ environment: { MAX_CALL_SECONDS: String(longestCallSeconds) } })
    const load = Load.start(adding, { address: service.app.address, connections: 2, each: 8 })
    await load.answered(50)
    service.proxy.holdBack()
    await expectRefusal(service.client.addMessageContact(request(), { directoryId: uniqueName('rd') }), 'OUT_OF_TIME')
    await load.refused(32)
    service.proxy.calm()
    await load.answered(1, 10_000)
    await load.answered(50)
    await load.stop()
    expect(reasonsBeside(load.attempts, connectionFaults)).toEqual([])
    expect(load.attempts.filter(({ tookMs }) => tookMs > longestCallSeconds * 1000 + 4000)).toEqual([])
    await expectKept(service.collection, load.attempts)
    await expectRepeatable(service.client, service.collection, load.attempts)
    await service.stop()
  })
})
