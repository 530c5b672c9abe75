import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Closers, Readiness } from '../../src/lifecycle.js'

const never = new Promise<void>(() => {})
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('Closers', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Closers for these pieces of work, in the order in which they are pushed, and when each was called with which timeout. */
  function closersFor(works: Readonly<Record<string, () => Promise<void>>>) {
    const closers = new Closers(Date.now)
    const calls: { name: string; time: number; timeoutMs: number }[] = []
    for (const [name, work] of Object.entries(works))
      closers.push((timeoutMs) => {
        calls.push({ name, time: Date.now(), timeoutMs })
        return work()
      })
    return { closers, calls }
  }

  /** Closes all, and gives the duration in milliseconds. */
  async function closeAll(closers: Closers, timeoutMs: number): Promise<number> {
    const startTime = Date.now()
    const duration = closers.closeAll(timeoutMs).then(() => Date.now() - startTime)
    await vi.runAllTimersAsync()
    return duration
  }

  test('are called in the reverse order, each after the end of the one before', async () => {
    const { closers, calls } = closersFor({ first: () => pause(10), second: () => pause(20), third: () => pause(30) })
    expect(await closeAll(closers, 1000)).toBe(60)
    expect(calls.map(({ name, time }) => [name, time])).toEqual([
      ['third', 0],
      ['second', 30],
      ['first', 50],
    ])
  })

  test('share one deadline: each gets the time that is left', async () => {
    const { closers, calls } = closersFor({
      first: async () => {},
      second: () => pause(2000),
      third: () => pause(3000),
    })
    await closeAll(closers, 8000)
    expect(calls.map(({ name, timeoutMs }) => [name, timeoutMs])).toEqual([
      ['third', 8000],
      ['second', 5000],
      ['first', 3000],
    ])
  })

  test('get half a second each after the deadline', async () => {
    const { closers, calls } = closersFor({ first: () => never, second: () => pause(400), third: () => never })
    expect(await closeAll(closers, 8000)).toBe(8000 + 400 + 500)
    expect(calls).toEqual([
      { name: 'third', time: 0, timeoutMs: 8000 },
      { name: 'second', time: 8000, timeoutMs: 500 },
      { name: 'first', time: 8400, timeoutMs: 500 },
    ])
  })

  test('get half a second also if less is left until the deadline', async () => {
    const { closers, calls } = closersFor({ first: async () => {}, second: () => pause(700) })
    await closeAll(closers, 1000)
    expect(calls.map(({ timeoutMs }) => timeoutMs)).toEqual([1000, 500])
  })

  test('that never end are not waited for after their timeout, and the others are called', async () => {
    const { closers, calls } = closersFor({ first: () => never, second: () => never, third: () => never })
    expect(await closeAll(closers, 2000)).toBe(3000)
    expect(calls.map(({ name }) => name)).toEqual(['third', 'second', 'first'])
  })

  test('that ended leave no timer behind', async () => {
    const { closers } = closersFor({ first: async () => {}, second: async () => {} })
    await closers.closeAll(8000)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('are called once', async () => {
    const { closers, calls } = closersFor({ first: async () => {} })
    await closeAll(closers, 1000)
    await closeAll(closers, 1000)
    expect(calls).toHaveLength(1)
  })

  test('that reject make closeAll reject with their error', async () => {
    const { closers } = closersFor({ first: () => Promise.reject(new Error('still open')) })
    await expect(closers.closeAll(1000)).rejects.toThrow('still open')
  })

  test('may be none', async () => {
    expect(await closeAll(new Closers(Date.now), 1000)).toBe(0)
  })
})

describe('Readiness', () => {
  /** What a promise has resolved with, or `pending`. */
  const stateOf = (promise: Promise<unknown>) => Promise.race([promise, Promise.resolve('pending')])

  test('is neither ready nor broken at first', async () => {
    const readiness = new Readiness()
    expect(await stateOf(readiness.ready)).toBe('pending')
    expect(await stateOf(readiness.broken)).toBe('pending')
  })

  test('is ready once it is marked so, however often', async () => {
    const readiness = new Readiness()
    readiness.markReady()
    readiness.markReady()
    expect(await stateOf(readiness.ready)).toBeUndefined()
    expect(await stateOf(readiness.broken)).toBe('pending')
  })

  test('is broken for the first reason that is given', async () => {
    const readiness = new Readiness()
    const [first, second] = [new Error('first'), new Error('second')]
    readiness.markBroken(first)
    readiness.markBroken(second)
    expect(await stateOf(readiness.broken)).toBe(first)
    expect(await stateOf(readiness.ready)).toBe('pending')
  })
})
