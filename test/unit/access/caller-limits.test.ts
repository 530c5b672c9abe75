import { describe, expect, test } from 'vitest'
import { CallerLimits } from '../../../src/access/caller-limits.js'
import { failureOf } from '../../support/failure-of.js'

/** Limits of 5 calls a second for a caller and 8 for a directory, and a clock that the test sets. */
function createLimits({ maxCallsInFlight = 1000, perCaller = undefined as number | undefined } = {}) {
  const clock = { time: 0 }
  const limits = new CallerLimits({
    settings: {
      CALLS_PER_SECOND_PER_CALLER: 5,
      CALLS_PER_SECOND_PER_DIRECTORY: 8,
      MAX_CALLS_IN_FLIGHT_PER_CALLER: perCaller,
    },
    maxCallsInFlight,
    monotonicNow: () => clock.time,
  })
  const enter = (id: string, directoryId = `rd-${id}`, callsPerSecond?: number) =>
    limits.enter({ callsPerSecond }, { id, directoryId })
  /** Calls that end at once, until one is refused. */
  const countCalls = (...call: Parameters<typeof enter>): number => {
    for (let count = 0; count < 1000; count += 1) {
      try {
        enter(...call)
      } catch {
        return count
      }
      limits.leave({ id: call[0], directoryId: '' })
    }
    return Number.POSITIVE_INFINITY
  }
  return { clock, limits, enter, countCalls }
}

describe('a caller', () => {
  test('makes twice its calls of a second at once, and then as many as time has passed for', () => {
    const { clock, countCalls } = createLimits()
    expect(countCalls('a')).toBe(10)
    clock.time += 1000
    expect(countCalls('a')).toBe(5)
    clock.time += 199
    expect(countCalls('a')).toBe(0)
    clock.time += 1
    expect(countCalls('a')).toBe(1)
    clock.time += 60_000
    expect(countCalls('a')).toBe(10)
  })

  test('is THROTTLED with the limit and the time until the next call', () => {
    const { clock, countCalls, enter } = createLimits()
    countCalls('a')
    clock.time += 50
    const { reason, context } = failureOf(() => enter('a'))
    expect({ reason, context }).toEqual({
      reason: 'THROTTLED',
      context: { quota: { subject: 'caller', setting: 'CALLS_PER_SECOND_PER_CALLER', limit: 5 }, retryAfterMs: 150 },
    })
  })

  test('does not take from another one', () => {
    const { countCalls } = createLimits()
    countCalls('a')
    expect(countCalls('b')).toBe(10)
  })

  test('can have a rate of its own', () => {
    const { countCalls } = createLimits()
    expect(countCalls('a', 'rd-a', 1)).toBe(2)
  })

  test('has a quarter of MAX_CALLS_IN_FLIGHT at the same time', () => {
    const { clock, limits, enter } = createLimits({ maxCallsInFlight: 7 })
    enter('a')
    enter('a')
    clock.time += 60_000
    const { reason, context } = failureOf(() => enter('a'))
    expect({ reason, context }).toEqual({
      reason: 'THROTTLED',
      context: {
        quota: { subject: 'caller', setting: 'MAX_CALLS_IN_FLIGHT_PER_CALLER', limit: 2 },
        retryAfterMs: 100,
      },
    })
    enter('b')
    limits.leave({ id: 'a', directoryId: 'rd-a' })
    enter('a')
  })

  test('has MAX_CALLS_IN_FLIGHT_PER_CALLER at the same time where that is set', () => {
    const { enter } = createLimits({ perCaller: 3 })
    for (let call = 0; call < 3; call += 1) enter('a')
    expect(failureOf(() => enter('a')).reason).toBe('THROTTLED')
  })
})

describe('a directory', () => {
  test('gets twice its calls of a second at once, by all its callers together', () => {
    const { countCalls, enter } = createLimits()
    expect(countCalls('a', 'rd-1')).toBe(10)
    expect(countCalls('b', 'rd-1')).toBe(6)
    const { reason, context } = failureOf(() => enter('c', 'rd-1'))
    expect({ reason, context }).toEqual({
      reason: 'THROTTLED',
      context: {
        quota: { subject: 'resource directory', setting: 'CALLS_PER_SECOND_PER_DIRECTORY', limit: 8 },
        retryAfterMs: 125,
      },
    })
  })
})

describe('any number of callers', () => {
  test('take bounded memory: of over 10,000 the one that called least recently starts anew', () => {
    const { countCalls, enter } = createLimits()
    countCalls('first')
    countCalls('second')
    for (let caller = 0; caller < 9998; caller += 1) enter(`caller-${caller}`)
    expect(countCalls('first')).toBe(0)
    enter('one more')
    expect(countCalls('second', 'rd-another')).toBe(10)
    expect(countCalls('first')).toBe(0)
  })
})
