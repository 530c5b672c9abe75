import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LateRefusals } from '../../../src/calls/late-refusals.js'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import type { Deadline } from '../../../src/time.js'

const startTime = 1_000_000
const farDeadline: Deadline = { time: startTime + 600_000, isExpired: () => false }

beforeEach(() => {
  vi.useFakeTimers({ now: startTime, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const forLimits: readonly Reason[] = [
  'LIMIT_EXCEEDED_CONTACTS',
  'CONCURRENT_CALL_NOT_SUPPORTED',
  'OVERLOADED',
  'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT',
  'LIMIT_EXCEEDED_ADDRESS',
  'VERIFICATION_ATTEMPTS_PER_DAY',
  'THROTTLED',
]

function start({ maxDelayed = 10_000 } = {}) {
  const refusals = new LateRefusals({ maxDelayed, now: Date.now })
  /** When each refusal was answered, in milliseconds since the start, in their order. */
  const answers: [name: string, afterMs: number][] = []
  const refuse = (name: string, { reason = 'THROTTLED' as Reason, deadline = farDeadline } = {}) =>
    refusals.refuse(new Failure(reason), deadline, () => answers.push([name, Date.now() - startTime]))
  const refuseMany = (count: number) => {
    for (let each = 0; each < count; each += 1) refuse(`${each}`)
  }
  return { refusals, answers, refuse, refuseMany }
}

describe('refusals because of a limit', () => {
  test.each(forLimits)(
    '%s: 200 are answered at once after a quiet time, further ones every 5 ms, in their order',
    (reason) => {
      const { answers, refuse, refuseMany } = start()
      refuseMany(200)
      expect(answers.every(([, afterMs]) => afterMs === 0)).toBe(true)
      expect(answers.splice(0)).toHaveLength(200)
      for (const name of ['a', 'b', 'c']) refuse(name, { reason })
      expect(answers).toEqual([])
      vi.advanceTimersByTime(60_000)
      expect(answers).toEqual([
        ['a', 5],
        ['b', 10],
        ['c', 15],
      ])
    },
  )

  test('are delayed by a second at most', () => {
    const { answers, refuse, refuseMany } = start()
    refuseMany(1000)
    answers.splice(0)
    refuse('last')
    vi.advanceTimersByTime(999)
    expect(answers.map(([name]) => name)).not.toContain('last')
    vi.advanceTimersByTime(1)
    expect(answers.at(-1)).toEqual(['last', 1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('are delayed by half of the time at most that their call has left, and not at all after that', () => {
    const { answers, refuse, refuseMany } = start()
    refuseMany(1000)
    answers.splice(0)
    refuse('short', { deadline: { ...farDeadline, time: startTime + 300 } })
    refuse('late', { deadline: { ...farDeadline, time: startTime } })
    expect(answers).toEqual([['late', 0]])
    vi.advanceTimersByTime(150)
    expect(answers).toContainEqual(['short', 150])
  })

  test('are answered at once again after a quiet time, as many as 200 in a second', () => {
    const { answers, refuse, refuseMany } = start()
    refuseMany(200)
    vi.advanceTimersByTime(500)
    answers.splice(0)
    refuseMany(100)
    refuse('one too many')
    expect(answers).toHaveLength(100)
    vi.advanceTimersByTime(1000)
    expect(answers.at(-1)).toEqual(['one too many', 505])
  })

  test('are delayed only up to the maximum number at the same time: further ones are answered at once', () => {
    const { answers, refuse, refuseMany } = start({ maxDelayed: 3 })
    refuseMany(203)
    expect(answers).toHaveLength(200)
    refuse('one too many')
    expect(answers.at(-1)).toEqual(['one too many', 0])
    vi.advanceTimersByTime(5)
    refuse('delayed')
    expect(answers.at(-1)).toEqual(['200', 5])
  })

  test('are not delayed for longer when the clock goes back', () => {
    const { answers, refuse, refuseMany } = start()
    refuseMany(200)
    vi.setSystemTime(startTime - 3_600_000)
    answers.splice(0)
    refuse('after')
    vi.advanceTimersByTime(1000)
    expect(answers).toEqual([['after', 1000 - 3_600_000]])
  })

  test('are answered when the process stops, and then at once', () => {
    const { refusals, answers, refuse, refuseMany } = start()
    refuseMany(250)
    refusals.stop()
    expect(answers).toHaveLength(250)
    refuse('after')
    expect(answers.at(-1)).toEqual(['after', 0])
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('all other refusals are answered at once, also beside delayed ones', () => {
  const { answers, refuse, refuseMany } = start()
  refuseMany(300)
  answers.splice(0)
  const others = (Object.keys(errorCatalog) as Reason[]).filter((reason) => !forLimits.includes(reason))
  for (const reason of others) refuse(reason, { reason })
  expect(answers).toEqual(others.map((reason) => [reason, 0]))
})
