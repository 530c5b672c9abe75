import { afterEach, describe, expect, test } from 'vitest'
import { expectRefusal, retryInfo } from '../refusal.js'
import { answered, frame, rawCall } from './raw-call.js'
import { known, promised, startToy, stopToys, type Toy, toyPath, until } from './toy-service.js'

afterEach(stopToys)

const never: Toy = () => new Promise(() => {})
/** A client without a clock of its own, so that all it learns of the deadline comes from the server. */
const callWithin = (address: string, timeout?: string) =>
  rawCall(address, {
    path: toyPath,
    headers: { 'x-resource-directory-id': 'toy', ...(timeout !== undefined && { 'grpc-timeout': timeout }) },
    body: frame(Buffer.alloc(0)),
  })

describe('the deadline', () => {
  test('is answered with details, before grpc-js answers it without', async () => {
    const toy = await startToy(never)
    await expectRefusal(answered(callWithin(toy.address, '200m')), 'OUT_OF_TIME')
    expect(toy.observed.map(({ reason }) => reason)).toEqual(['OUT_OF_TIME'])
  })

  test('that the function sees is a slice before that of the client', async () => {
    const seen = promised<number>()
    const toy = await startToy(async (_, { deadline }) => {
      seen.keep(deadline)
      return {}
    })
    const before = Date.now()
    await callWithin(toy.address, '5S')
    const ahead = (await seen.promise) - before
    expect(ahead).toBeGreaterThanOrEqual(5000 - 20)
    expect(ahead).toBeLessThanOrEqual(5000 - 20 + (Date.now() - before))
  })

  test.each(['0m', '1m', '20m'])(
    'with too little time left (%s) is refused without running the function',
    async (timeout) => {
      let runs = 0
      const toy = await startToy(async () => {
        runs += 1
        return {}
      })
      await expectRefusal(answered(callWithin(toy.address, timeout)), 'OUT_OF_TIME')
      expect(runs).toBe(0)
    },
  )

  test('is the longest call time where the client sets none', async () => {
    const toy = await startToy(never, { longestCallMs: 100 })
    await expectRefusal(answered(callWithin(toy.address)), 'OUT_OF_TIME')
  })

  test('is the longest call time where the client would wait longer', async () => {
    const toy = await startToy(never, { longestCallMs: 100 })
    await expectRefusal(answered(callWithin(toy.address, '1H')), 'OUT_OF_TIME')
  })

  test('ends the call for its function, whose later answer nobody hears', async () => {
    const held = promised()
    const begun = promised<() => boolean>()
    const done = promised()
    const toy = await startToy(
      async (_, { ended }) => {
        begun.keep(ended)
        await held.promise
        done.keep()
        return {}
      },
      { longestCallMs: 200 },
    )
    const call = callWithin(toy.address)
    const ended = await begun.promise
    expect(ended()).toBe(false)
    await expectRefusal(answered(call), 'OUT_OF_TIME')
    expect(ended()).toBe(true)
    held.keep()
    await done.promise
    await answered(callWithin(toy.address))
    expect(toy.observed.map(({ reason }) => reason)).toEqual(['OUT_OF_TIME', 'OK'])
  })

  test('a failure after it is told to nobody', async () => {
    const held = promised()
    const toy = await startToy(
      async () => {
        await held.promise
        throw new Error('too late')
      },
      { longestCallMs: 50, mostCallsInFlight: 1 },
    )
    await expectRefusal(answered(callWithin(toy.address)), 'OUT_OF_TIME')
    held.keep()
    await until('the function has ended', async () => (await callWithin(toy.address)).headers['grpc-status'] === '13')
    expect(toy.observed[0]?.reason).toBe('OUT_OF_TIME')
  })
})

describe('a call that its client cancels', () => {
  test('has ended for its function', async () => {
    const begun = promised<() => boolean>()
    const toy = await startToy(async (_, { ended }) => {
      begun.keep(ended)
      return never(_, {} as never)
    })
    const gone = new AbortController()
    const call = toy.client.addMessageContact({}, { ...known, signal: gone.signal })
    const ended = await begun.promise
    expect(ended()).toBe(false)
    gone.abort()
    await expect(call).rejects.toMatchObject({ refusal: { code: 1, details: [] } })
    await until('the function is told', ended)
  })

  test('is not ended only because others are', async () => {
    const ends = new Map<string, () => boolean>()
    const toy = await startToy(async ({ name }, { ended }) => {
      ends.set(name, ended)
      return new Promise(() => {})
    })
    const gone = new AbortController()
    const cancelled = toy.client.addMessageContact({ name: 'one' }, { ...known, signal: gone.signal })
    const other = toy.client.addMessageContact({ name: 'other' }, { ...known, deadlineMs: 60_000 })
    await until('both run', () => ends.size === 2)
    gone.abort()
    await expect(cancelled).rejects.toMatchObject({ refusal: { code: 1 } })
    await until('the one has ended', () => ends.get('one')?.() ?? false)
    expect(ends.get('other')?.()).toBe(false)
    const refused = expectRefusal(other, 'OUTCOME_UNKNOWN', { RetryInfo: retryInfo(1000) })
    await toy.stop(300)
    await refused
  })
})

describe('calls in flight', () => {
  test('one more than the most is OVERLOADED, and is served once there is room', async () => {
    const held = promised()
    const toy = await startToy(() => held.promise.then(() => ({})), { mostCallsInFlight: 2 })
    const calls = [1, 2, 3, 4].map(() => toy.client.addMessageContact({}, known))
    await expectRefusal(calls[2] ?? Promise.resolve(), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    await expectRefusal(calls[3] ?? Promise.resolve(), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.keep()
    await Promise.all(calls.slice(0, 2))
    await toy.client.addMessageContact({}, known)
    expect(toy.observed.map(({ reason }) => reason)).toEqual(['OVERLOADED', 'OVERLOADED', 'OK', 'OK', 'OK'])
  })

  test('are also those whose function runs on after they were answered', async () => {
    const held = promised()
    const toy = await startToy(() => held.promise.then(() => ({})), { mostCallsInFlight: 1, longestCallMs: 50 })
    await expectRefusal(toy.client.addMessageContact({}, known), 'OUT_OF_TIME')
    await expectRefusal(toy.client.addMessageContact({}, known), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.keep()
    await toy.client.addMessageContact({}, known)
  })

  test('that failed leave their room to others', async () => {
    const toy = await startToy(() => Promise.reject(new Error('again')), { mostCallsInFlight: 1 })
    for (let call = 0; call < 5; call += 1) await expectRefusal(toy.client.addMessageContact({}, known), 'INTERNAL')
  })
})
