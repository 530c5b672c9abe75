import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../../src/calls/call.js'
import type { Operation } from '../../../src/calls/service.js'
import type { Reason } from '../../../src/errors/catalog.js'
import {
  crash,
  createPipeline,
  fail,
  fakeTimers,
  identity,
  maxCallMs,
  never,
  path,
  reasonsOf,
  startTime,
} from '../../support/scripted-call.js'
import { deferred } from '../../support/waiting.js'

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
})

describe('the deadline', () => {
  test.each([
    ['of the client, minus 20 ms', startTime + 5000, startTime + 4980],
    ['the maximum if the client would wait longer', startTime + 60_000, startTime + maxCallMs],
    ['the maximum if the client sets none', Number.POSITIVE_INFINITY, startTime + maxCallMs],
  ])('is %s', async (_, clientDeadline, time) => {
    const { send } = createPipeline()
    const seen: number[] = []
    const call = await send({
      clientDeadline,
      operation: (message, call) => {
        seen.push(call.deadline.time)
        return never(message, call)
      },
    })
    expect(seen).toEqual([time])
    await vi.advanceTimersByTimeAsync(time - startTime - 1)
    expect(call.answers).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(reasonsOf(call)).toEqual(['DEADLINE_EXCEEDED'])
  })

  test('with no more than 20 ms left has passed on arrival, with one more it has not', async () => {
    const { send } = createPipeline()
    const late = await send({ clientDeadline: startTime + 20 })
    expect([reasonsOf(late), late.steps]).toEqual([['DEADLINE_EXCEEDED'], []])
    expect(reasonsOf(await send({ clientDeadline: startTime + 21 }))).toEqual(['OK'])
  })

  test.each([
    ['result', () => ({})],
    ['failure', fail('ETAG_MISMATCH')],
    ['unexpected error', crash],
  ])('is answered once: a later %s is ignored', async (_, finish) => {
    const { send, observer } = createPipeline()
    const held = deferred()
    const call = await send({ operation: () => held.promise.then(finish) })
    await vi.advanceTimersByTimeAsync(maxCallMs)
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(reasonsOf(call)).toEqual(['DEADLINE_EXCEEDED'])
    expect(observer.startedCalls).toEqual([{ requestId: 'r-1', path }])
    expect(observer.endedCalls).toEqual([
      { requestId: 'r-1', path, reason: 'DEADLINE_EXCEEDED', durationMs: maxCallMs, cancelled: false },
    ])
  })

  test('that passes during authentication keeps the message and the operation untouched', async () => {
    const { send } = createPipeline()
    const held = deferred()
    const call = await send({ authenticate: () => held.promise.then(() => identity) })
    await vi.advanceTimersByTimeAsync(maxCallMs)
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(reasonsOf(call)).toEqual(['DEADLINE_EXCEEDED'])
    expect(call.steps).toEqual(['authenticate'])
  })

  test('is expired for the operation when its time has passed, the client has cancelled, or the call was answered', async () => {
    const { send, pipeline } = createPipeline()
    let cancelled = false
    const calls: Call[] = []
    const operation: Operation = (message, call) => {
      calls.push(call)
      return never(message, call)
    }
    const expired = () => calls.map(({ deadline }) => deadline.isExpired())
    await send({ operation, clientDeadline: startTime + 1020 })
    await send({ operation, isCancelled: () => cancelled })
    expect(expired()).toEqual([false, false])
    vi.setSystemTime(startTime + 1000)
    expect(expired()).toEqual([true, false])
    cancelled = true
    expect(expired()).toEqual([true, true])
    cancelled = false
    pipeline.abandonOpenCalls()
    expect(expired()).toEqual([true, true])
  })

  test('leaves no timer behind when a call is answered', async () => {
    const { send } = createPipeline()
    await send()
    await send({ operation: fail('ETAG_MISMATCH') })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('calls in flight', () => {
  test('above the maximum are OVERLOADED until one ends, also one that fails', async () => {
    const { send } = createPipeline()
    const held = deferred()
    await send({ operation: never })
    const second = await send({ operation: () => held.promise.then(fail('ETAG_MISMATCH')) })
    expect(reasonsOf(await send())).toEqual(['OVERLOADED'])
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(reasonsOf(second)).toEqual(['ETAG_MISMATCH'])
    expect(reasonsOf(await send())).toEqual(['OK'])
  })

  test('include those that were answered at their deadline until their work ends', async () => {
    const { send } = createPipeline()
    const held = deferred()
    const operation = () => held.promise.then(() => ({}))
    const calls = [await send({ operation }), await send({ operation })]
    await vi.advanceTimersByTimeAsync(maxCallMs)
    expect(calls.map(reasonsOf)).toEqual([['DEADLINE_EXCEEDED'], ['DEADLINE_EXCEEDED']])
    expect(reasonsOf(await send())).toEqual(['OVERLOADED'])
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(reasonsOf(await send())).toEqual(['OK'])
  })

  test('include those that are being authenticated', async () => {
    const { send } = createPipeline()
    const held = deferred()
    const authenticate = () => held.promise.then(() => identity)
    const calls = [await send({ authenticate }), await send({ authenticate })]
    expect(reasonsOf(await send())).toEqual(['OVERLOADED'])
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(calls.map(reasonsOf)).toEqual([['OK'], ['OK']])
  })

  test.each([
    ['late', { clientDeadline: 0 }],
    ['not authenticated', { authenticate: fail('UNAUTHENTICATED') }],
    ['malformed', { decode: fail('MALFORMED_REQUEST') }],
  ])('do not include refused ones that were %s', async (_, script) => {
    const { send } = createPipeline()
    for (let call = 0; call < 5; call += 1) await send(script)
    await send({ operation: never })
    expect(reasonsOf(await send())).toEqual(['OK'])
  })
})

describe('a stop', () => {
  test('refuses new calls and lets open ones continue', async () => {
    const { send, pipeline } = createPipeline()
    const held = deferred()
    const open = await send({ operation: () => held.promise.then(() => ({})) })
    pipeline.refuseNewCalls()
    expect(reasonsOf(await send())).toEqual(['SHUTTING_DOWN'])
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(reasonsOf(open)).toEqual(['OK'])
  })

  test('abandons open calls as OUTCOME_UNKNOWN, once, and no others', async () => {
    const { send, pipeline, observer } = createPipeline()
    const held = deferred()
    const ended = await send()
    const open = [
      await send({ operation: () => held.promise.then(() => ({})) }),
      await send({ authenticate: () => held.promise.then(() => identity) }),
    ]
    vi.setSystemTime(startTime + 7)
    pipeline.abandonOpenCalls()
    pipeline.abandonOpenCalls()
    held.resolve()
    await vi.advanceTimersByTimeAsync(maxCallMs)
    expect([ended, ...open].map(reasonsOf)).toEqual([['OK'], ['OUTCOME_UNKNOWN'], ['OUTCOME_UNKNOWN']])
    const end = (requestId: string, reason: Reason | 'OK', durationMs: number) => ({
      requestId,
      path,
      reason,
      durationMs,
      cancelled: false,
    })
    expect(observer.endedCalls).toEqual([
      end('r-1', 'OK', 0),
      end('r-2', 'OUTCOME_UNKNOWN', 7),
      end('r-3', 'OUTCOME_UNKNOWN', 7),
    ])
    expect(open[1]?.steps).toEqual(['authenticate'])
  })
})
