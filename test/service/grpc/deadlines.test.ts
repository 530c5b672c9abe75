import { afterEach, describe, expect, test } from 'vitest'
import type { Deadline } from '../../../src/time.js'
import { answered, frame, rawCall } from '../../support/raw-call.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { known, never, startToy, stopToys, toyPath } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'

afterEach(stopToys)

/** A call by a client without a timer of its own, so that only the server watches the deadline. */
const callWithin = (address: string, timeout?: string) =>
  rawCall(address, {
    path: toyPath,
    headers: { 'x-resource-directory-id': 'toy', ...(timeout !== undefined && { 'grpc-timeout': timeout }) },
    body: frame(Buffer.alloc(0)),
  })

describe('the deadline', () => {
  test('is answered with details, before grpc-js answers without', async () => {
    const toy = await startToy(never)
    await expectRefusal(answered(callWithin(toy.address, '200m')), 'DEADLINE_EXCEEDED')
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['DEADLINE_EXCEEDED'])
  })

  test('of the operation is 20 ms before that of the client', async () => {
    const seen = deferred<number>()
    const toy = await startToy(async (_, { deadline }) => {
      seen.resolve(deadline.time)
      return {}
    })
    const before = Date.now()
    await callWithin(toy.address, '5S')
    const ahead = (await seen.promise) - before
    expect(ahead).toBeGreaterThanOrEqual(5000 - 20)
    expect(ahead).toBeLessThanOrEqual(5000 - 20 + (Date.now() - before))
  })

  test.each(['0m', '1m', '20m'])(
    'is exceeded at once if too little time (%s) remains: the operation does not run',
    async (timeout) => {
      let runs = 0
      const toy = await startToy(async () => {
        runs += 1
        return {}
      })
      await expectRefusal(answered(callWithin(toy.address, timeout)), 'DEADLINE_EXCEEDED')
      expect(runs).toBe(0)
    },
  )

  test('is MAX_CALL_SECONDS if the client sets none', async () => {
    const toy = await startToy(never, { settings: { MAX_CALL_SECONDS: 0.1 } })
    await expectRefusal(answered(callWithin(toy.address)), 'DEADLINE_EXCEEDED')
  })

  test('is MAX_CALL_SECONDS if the client would wait longer', async () => {
    const toy = await startToy(never, { settings: { MAX_CALL_SECONDS: 0.1 } })
    await expectRefusal(answered(callWithin(toy.address, '1H')), 'DEADLINE_EXCEEDED')
  })

  test('expires for the operation when the call is answered, and a later result is ignored', async () => {
    const held = deferred()
    const started = deferred<Deadline>()
    const done = deferred()
    const toy = await startToy(
      async (_, { deadline }) => {
        started.resolve(deadline)
        await held.promise
        done.resolve()
        return {}
      },
      { settings: { MAX_CALL_SECONDS: 0.2 } },
    )
    const call = callWithin(toy.address)
    const deadline = await started.promise
    expect(deadline.isExpired()).toBe(false)
    await expectRefusal(answered(call), 'DEADLINE_EXCEEDED')
    expect(deadline.isExpired()).toBe(true)
    held.resolve()
    await done.promise
    await answered(callWithin(toy.address))
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['DEADLINE_EXCEEDED', 'OK'])
  })

  test('hides a later failure', async () => {
    const held = deferred()
    const toy = await startToy(
      async () => {
        await held.promise
        throw new Error('too late')
      },
      { settings: { MAX_CALL_SECONDS: 0.05, MAX_CALLS_IN_FLIGHT: 1 } },
    )
    await expectRefusal(answered(callWithin(toy.address)), 'DEADLINE_EXCEEDED')
    held.resolve()
    await until('the operation has ended', async () => (await callWithin(toy.address)).headers['grpc-status'] === '13')
    expect(toy.endedCalls[0]?.reason).toBe('DEADLINE_EXCEEDED')
  })
})

describe('a cancelled call', () => {
  test('has an expired deadline', async () => {
    const started = deferred<Deadline>()
    const toy = await startToy((request, call) => {
      started.resolve(call.deadline)
      return never(request, call)
    })
    const cancellation = new AbortController()
    const call = toy.client.addMessageContact({}, { ...known, signal: cancellation.signal })
    const deadline = await started.promise
    expect(deadline.isExpired()).toBe(false)
    cancellation.abort()
    await expect(call).rejects.toMatchObject({ refusal: { code: 1, details: [] } })
    await until('the deadline has expired', () => deadline.isExpired())
  })

  test('does not expire the deadlines of other calls', async () => {
    const deadlines = new Map<string, Deadline>()
    const toy = await startToy((request, call) => {
      deadlines.set(request.name, call.deadline)
      return never(request, call)
    })
    const cancellation = new AbortController()
    const cancelled = toy.client.addMessageContact({ name: 'one' }, { ...known, signal: cancellation.signal })
    const other = toy.client.addMessageContact({ name: 'other' }, { ...known, deadlineMs: 60_000 })
    await until('both run', () => deadlines.size === 2)
    cancellation.abort()
    await expect(cancelled).rejects.toMatchObject({ refusal: { code: 1 } })
    await until('the one has expired', () => deadlines.get('one')?.isExpired() ?? false)
    expect(deadlines.get('other')?.isExpired()).toBe(false)
    const refused = expectRefusal(other, 'OUTCOME_UNKNOWN', { RetryInfo: retryInfo(1000) })
    await toy.stop(300)
    await refused
  })
})

describe('calls in flight', () => {
  test('above the maximum are OVERLOADED, and are served again after others have ended', async () => {
    const held = deferred()
    const toy = await startToy(() => held.promise.then(() => ({})), { settings: { MAX_CALLS_IN_FLIGHT: 2 } })
    const calls = [1, 2, 3, 4].map(() => toy.client.addMessageContact({}, known))
    await expectRefusal(calls[2] ?? Promise.resolve(), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    await expectRefusal(calls[3] ?? Promise.resolve(), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.resolve()
    await Promise.all(calls.slice(0, 2))
    await toy.client.addMessageContact({}, known)
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['OVERLOADED', 'OVERLOADED', 'OK', 'OK', 'OK'])
  })

  test('include those whose operation still runs after they were answered', async () => {
    const held = deferred()
    const toy = await startToy(() => held.promise.then(() => ({})), {
      settings: { MAX_CALLS_IN_FLIGHT: 1, MAX_CALL_SECONDS: 0.05 },
    })
    await expectRefusal(toy.client.addMessageContact({}, known), 'DEADLINE_EXCEEDED')
    await expectRefusal(toy.client.addMessageContact({}, known), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.resolve()
    await toy.client.addMessageContact({}, known)
  })

  test('do not include those that failed', async () => {
    const toy = await startToy(() => Promise.reject(new Error('again')), { settings: { MAX_CALLS_IN_FLIGHT: 1 } })
    for (let call = 0; call < 5; call += 1) await expectRefusal(toy.client.addMessageContact({}, known), 'INTERNAL')
  })
})
