import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Failure } from '../../../src/errors/failure.js'
import { createPipeline, fail, fakeTimers, reasonsOf, startTime } from '../../support/scripted-call.js'

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
})

describe('a call before the service is ready', () => {
  test('waits after its caller is known, and is served when the service is ready', async () => {
    const { readiness, send } = createPipeline({ isReady: false })
    const call = await send()
    expect(call).toEqual({ steps: ['authenticate'], answers: [] })
    readiness.markReady()
    await vi.advanceTimersByTimeAsync(0)
    expect(call).toEqual({
      steps: ['authenticate', 'decode', 'operation', 'encode'],
      answers: [{ requestId: 'r-1', encoded: '{"requestId":"r-1"}' }],
    })
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([
    ['2 seconds', Number.POSITIVE_INFINITY, 2000],
    ['half of its time', 620, 300],
  ])('waits for %s at most, and then the operation decides', async (_, clientDeadlineMs, maxWaitMs) => {
    const { send } = createPipeline({ isReady: false })
    const call = await send({
      clientDeadline: startTime + clientDeadlineMs,
      operation: () => Promise.reject(new Failure('DATABASE_UNAVAILABLE')),
    })
    await vi.advanceTimersByTimeAsync(maxWaitMs - 1)
    expect(call).toEqual({ steps: ['authenticate'], answers: [] })
    await vi.advanceTimersByTimeAsync(1)
    expect([call.steps, reasonsOf(call)]).toEqual([['authenticate', 'decode', 'operation'], ['DATABASE_UNAVAILABLE']])
  })

  test('does not wait if its caller is not known', async () => {
    const { send } = createPipeline({ isReady: false })
    const call = await send({ authenticate: fail('UNAUTHENTICATED') })
    expect([call.steps, reasonsOf(call)]).toEqual([['authenticate'], ['UNAUTHENTICATED']])
  })
})
