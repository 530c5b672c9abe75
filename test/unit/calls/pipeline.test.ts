import type { Message } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../../src/calls/call.js'
import type { Reason } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import {
  caller,
  crash,
  createPipeline,
  fail,
  fakeTimers,
  identity,
  maxCallMs,
  never,
  path,
  reasonsOf,
  request,
  type Step,
  startTime,
  unexpectedError,
} from '../../support/scripted-call.js'
import { deferred } from '../../support/waiting.js'

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
})

describe('the steps of a call', () => {
  test('are authenticate, decode, operation and encode, in this order', async () => {
    const { send } = createPipeline()
    expect(await send()).toEqual({
      steps: ['authenticate', 'decode', 'operation', 'encode'],
      answers: [{ requestId: 'r-1', encoded: '{"requestId":"r-1"}' }],
    })
  })

  test('give the operation the request, the request id, its name, the caller and the deadline', async () => {
    const { send } = createPipeline()
    const received: [Message, Call][] = []
    await send({
      operation: async (message, call) => {
        received.push([message, call])
        return {}
      },
    })
    const deadline = { time: startTime + maxCallMs, isExpired: expect.any(Function) }
    const noteContact = expect.any(Function)
    expect(received).toEqual([
      [request, { requestId: 'r-1', operation: 'GetMessageContact', caller, deadline, noteContact }],
    ])
  })

  /** The refusals in the order of their steps, with the steps that a call gets to before it is refused. */
  const refusals: readonly (readonly [Reason, readonly Step[]])[] = [
    ['SHUTTING_DOWN', []],
    ['OVERLOADED', []],
    ['DEADLINE_EXCEEDED', []],
    ['UNAUTHENTICATED', ['authenticate']],
    ['MALFORMED_REQUEST', ['authenticate', 'decode']],
    ['ETAG_MISMATCH', ['authenticate', 'decode', 'operation']],
    ['INTERNAL', ['authenticate', 'decode', 'operation', 'encode']],
  ]

  test.each(refusals)(
    'are refused as %s before every later refusal, and no later step is reached',
    async (reason, steps) => {
      const { pipeline, send } = createPipeline()
      const first = refusals.findIndex(([name]) => name === reason)
      const has = (name: Reason) => refusals.findIndex(([other]) => other === name) >= first
      if (has('OVERLOADED')) await Promise.all([send({ operation: never }), send({ operation: never })])
      if (has('SHUTTING_DOWN')) pipeline.refuseNewCalls()
      const call = await send({
        ...(has('DEADLINE_EXCEEDED') && { clientDeadline: startTime }),
        ...(has('UNAUTHENTICATED') && { authenticate: fail('UNAUTHENTICATED') }),
        ...(has('MALFORMED_REQUEST') && { decode: crash }),
        ...(has('ETAG_MISMATCH') && { operation: fail('ETAG_MISMATCH') }),
        ...(has('INTERNAL') && { encode: crash }),
      })
      expect(reasonsOf(call)).toEqual([reason])
      expect(call.steps).toEqual(steps)
    },
  )
})

describe('a refusal', () => {
  test('by a Failure of decode keeps its reason', async () => {
    const { send } = createPipeline()
    expect(reasonsOf(await send({ decode: fail('INTERNAL') }))).toEqual(['INTERNAL'])
  })

  test('by an unexpected error of decode is MALFORMED_REQUEST without a cause', async () => {
    const { send, observer } = createPipeline()
    const call = await send({ decode: crash })
    expect(call.answers).toEqual([{ requestId: 'r-1', failure: new Failure('MALFORMED_REQUEST') }])
    expect(observer.endedCalls[0]?.cause).toBeUndefined()
  })

  test.each([
    ['authenticate', { authenticate: crash }],
    ['a rejected authenticate', { authenticate: () => Promise.reject(unexpectedError) }],
    ['the operation', { operation: crash }],
    ['a rejected operation', { operation: () => Promise.reject(unexpectedError) }],
    ['encode', { encode: crash }],
  ] as const)('by an unexpected error of %s is INTERNAL, with the error as its cause', async (_, script) => {
    const { send, observer } = createPipeline()
    const call = await send(script)
    const cause = unexpectedError
    expect(call.answers).toEqual([{ requestId: 'r-1', failure: new Failure('INTERNAL', { cause }) }])
    expect(call.answers[0]?.failure?.context.cause).toBe(cause)
    expect(observer.endedCalls).toEqual([
      { requestId: 'r-1', path, reason: 'INTERNAL', durationMs: 0, cancelled: false, cause },
    ])
  })

  test('by a rejected authenticate has its reason', async () => {
    const { send } = createPipeline()
    const call = await send({ authenticate: () => Promise.reject(new Failure('UNAUTHENTICATED')) })
    expect(reasonsOf(call)).toEqual(['UNAUTHENTICATED'])
    expect(call.steps).toEqual(['authenticate'])
  })

  test('that is delayed keeps its reason at the deadline, also if the clock has gone back meanwhile', async () => {
    const { send } = createPipeline({ maxCallsInFlight: 1000 })
    const refused = fail('LIMIT_EXCEEDED_CONTACTS')
    for (let each = 0; each < 200; each += 1) await send({ operation: refused })
    const held = deferred()
    const operation = () => held.promise.then(refused)
    const call = await send({ clientDeadline: startTime + 520, operation })
    vi.setSystemTime(startTime - 60_000)
    held.resolve()
    await vi.advanceTimersByTimeAsync(520)
    expect(reasonsOf(call)).toEqual(['LIMIT_EXCEEDED_CONTACTS'])
  })
})

describe('the observer', () => {
  test('sees the start and the end of every call once, with the same request id as the answer', async () => {
    const { send, observer, pipeline } = createPipeline()
    const calls = [
      await send(),
      await send({ operation: fail('ETAG_MISMATCH') }),
      await send({ authenticate: fail('UNAUTHENTICATED') }),
      await send({ operation: () => Promise.reject(undefined) }),
    ]
    pipeline.refuseNewCalls()
    calls.push(await send())
    const ids = ['r-1', 'r-2', 'r-3', 'r-4', 'r-5']
    expect(calls.flatMap(({ answers }) => answers.map(({ requestId }) => requestId))).toEqual(ids)
    expect(observer.startedCalls).toEqual(ids.map((requestId) => ({ requestId, path })))
    expect(observer.endedCalls.map(({ requestId, reason }) => [requestId, reason])).toEqual([
      ['r-1', 'OK'],
      ['r-2', 'ETAG_MISMATCH'],
      ['r-3', 'UNAUTHENTICATED'],
      ['r-4', 'INTERNAL'],
      ['r-5', 'SHUTTING_DOWN'],
    ])
  })

  test('sees the start before the first step and the end before the answer', async () => {
    const { send, observer } = createPipeline()
    const counts: number[] = []
    await send({
      authenticate: () => {
        counts.push(observer.startedCalls.length, observer.endedCalls.length)
        return identity
      },
    })
    expect(counts).toEqual([1, 0])
    expect(observer.endedCalls).toHaveLength(1)
  })

  test('sees how long a call took', async () => {
    const { send, observer } = createPipeline()
    const held = deferred()
    await send({ operation: () => held.promise.then(() => ({})) })
    await vi.advanceTimersByTimeAsync(1234)
    held.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(observer.endedCalls).toEqual([{ requestId: 'r-1', path, reason: 'OK', durationMs: 1234, cancelled: false }])
  })

  test('sees that the client cancelled a call before its answer', async () => {
    const { send, observer } = createPipeline()
    let cancelled = false
    const call = await send({
      isCancelled: () => cancelled,
      operation: async () => {
        cancelled = true
        return {}
      },
    })
    expect(observer.endedCalls).toEqual([{ requestId: 'r-1', path, reason: 'OK', durationMs: 0, cancelled: true }])
    expect(reasonsOf(call)).toEqual(['OK'])
  })

  test('sees a call that was cancelled before its arrival as DEADLINE_EXCEEDED, and no step is reached', async () => {
    const { send, observer } = createPipeline()
    const call = await send({ isCancelled: () => true })
    expect(observer.endedCalls.map(({ reason, cancelled }) => [reason, cancelled])).toEqual([
      ['DEADLINE_EXCEEDED', true],
    ])
    expect(call.steps).toEqual([])
  })
})
