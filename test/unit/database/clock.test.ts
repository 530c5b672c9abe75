import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DatabaseClock } from '../../../src/database/clock.js'
import { hourMs, minuteMs } from '../../../src/time.js'

/** What the database shows when the monotonic clock of the process shows 0, in milliseconds since the epoch. */
const start = Date.UTC(2026, 10, 28, 12)

/** A clock under test, the monotonic clock of its process, and the clock of the database. Times in milliseconds. */
class Scenario {
  #monotonic = 7_000
  /** How far the clock of the database is from `start` plus the monotonic clock. */
  databaseOffset = 0
  readonly clock = new DatabaseClock(() => this.#monotonic)

  get monotonic(): number {
    return this.#monotonic
  }

  get databaseTime(): number {
    return start + this.#monotonic + this.databaseOffset
  }

  /** How far a clock is ahead of that of the database. */
  errorOf(clock: DatabaseClock): number {
    return clock.now() - this.databaseTime
  }

  get error(): number {
    return this.errorOf(this.clock)
  }

  pass(ms: number): void {
    this.#monotonic += ms
  }

  /** A measurement whose question and answer travel for so long. */
  measure(questionMs = 0, answerMs = questionMs, clock = this.clock): Promise<void> {
    return clock.measure(async () => {
      this.pass(questionMs)
      const time = this.databaseTime
      this.pass(answerMs)
      return time
    })
  }

  /** The clock of another process, whose monotonic clock began earlier. */
  otherClock(earlierMs: number): DatabaseClock {
    return new DatabaseClock(() => this.#monotonic + earlierMs)
  }
}

describe('the clock of the database', () => {
  test('is not known before the first measurement, also if that one fails', async () => {
    const { clock } = new Scenario()
    const unknown = 'the time of the database is not known yet'
    expect(() => clock.now()).toThrow(unknown)
    await expect(clock.measure(() => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer')
    expect(() => clock.now()).toThrow(unknown)
  })

  test('takes the time of the database for that of the middle of the round trip', async () => {
    const scenario = new Scenario()
    await scenario.measure(30, 10)
    expect(scenario.error).toBe(10)
    const even = new Scenario()
    await even.measure(20)
    expect(even.error).toBe(0)
  })

  test('goes on with the monotonic clock between measurements, in whole milliseconds', async () => {
    const scenario = new Scenario()
    await scenario.measure()
    const before = scenario.clock.now()
    scenario.pass(4999.7)
    expect(scenario.clock.now()).toBe(before + 4999)
    scenario.pass(0.3)
    expect(scenario.clock.now()).toBe(before + 5000)
  })

  test.each([2001, 60_000])('after a slow measurement, of %i ms, stays what it was', async (roundTripMs) => {
    const scenario = new Scenario()
    await scenario.measure(5)
    scenario.databaseOffset = 10 * minuteMs
    await scenario.measure(roundTripMs, 0)
    expect(scenario.error).toBe(-10 * minuteMs)
    await scenario.measure(1000)
    expect(scenario.error).toBe(0)
  })

  test('starts with a slow measurement rather than with none, and is corrected by the next one', async () => {
    const scenario = new Scenario()
    await scenario.measure(0, 8000)
    expect(scenario.error).toBe(-4000)
    await scenario.measure(5)
    expect(scenario.error).toBe(0)
  })

  test.each([hourMs, 5 * minuteMs])(
    'that jumps forward by %i ms does so here with the next measurement',
    async (jumpMs) => {
      const scenario = new Scenario()
      await scenario.measure()
      scenario.databaseOffset += jumpMs
      expect(scenario.error).toBe(-jumpMs)
      await scenario.measure()
      expect(scenario.error).toBe(0)
    },
  )

  test.each([hourMs, 5 * minuteMs])(
    'that jumps back by %i ms goes at half speed here until it is right',
    async (jumpMs) => {
      const scenario = new Scenario()
      await scenario.measure()
      const before = scenario.clock.now()
      scenario.databaseOffset -= jumpMs
      await scenario.measure()
      expect(scenario.clock.now()).toBe(before)
      for (let passed = 10_000; passed <= 2 * jumpMs; passed += 10_000) {
        scenario.pass(10_000)
        // Measurements on the way, each of which says how far it still is.
        await scenario.measure()
        expect(scenario.clock.now()).toBe(before + passed / 2)
      }
      expect(scenario.error).toBe(0)
      scenario.pass(10_000)
      expect(scenario.error).toBe(0)
    },
  )

  test('that jumps back and forward again is right at once', async () => {
    const scenario = new Scenario()
    await scenario.measure()
    scenario.databaseOffset -= hourMs
    await scenario.measure()
    scenario.pass(minuteMs)
    expect(scenario.error).toBe(hourMs - minuteMs / 2)
    scenario.databaseOffset += hourMs
    await scenario.measure()
    expect(scenario.error).toBe(0)
  })

  test('is not corrected by less than the error of a measurement', async () => {
    const scenario = new Scenario()
    await scenario.measure()
    await scenario.measure(40, 0)
    expect(scenario.error).toBe(0)
    scenario.databaseOffset += 30
    await scenario.measure(20)
    expect(scenario.error).toBe(0)
  })
})

/** Whatever happens to a clock: time passes, it is measured, the clock of the database jumps. */
type Event =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'measure'; readonly questionMs: number; readonly answerMs: number }
  | { readonly kind: 'jump'; readonly ms: number }

const anyTravel = fc.oneof({ weight: 4, arbitrary: fc.nat(50) }, fc.nat(5000))
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: fc.oneof(fc.nat(20), fc.nat(20_000), fc.nat(hourMs)) }),
  fc.record({ kind: fc.constant('measure' as const), questionMs: anyTravel, answerMs: anyTravel }),
  fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -hourMs, max: hourMs }) }),
)
const anyOffset = fc.integer({ min: -hourMs, max: hourMs })

/** A clock that was measured once, after these events. `observe` is called after each of them. */
async function scenarioAfter(
  offset: number,
  events: readonly Event[],
  observe: (scenario: Scenario) => void = () => {},
) {
  const scenario = new Scenario()
  scenario.databaseOffset = offset
  await scenario.measure()
  observe(scenario)
  for (const event of events) {
    if (event.kind === 'pass') scenario.pass(event.ms)
    else if (event.kind === 'jump') scenario.databaseOffset += event.ms
    else await scenario.measure(event.questionMs, event.answerMs)
    observe(scenario)
  }
  return scenario
}

describe('whatever happens, the clock of the database', () => {
  test('never goes backwards, and never slower than half as fast as time', async () => {
    await fc.assert(
      fc.asyncProperty(anyOffset, fc.array(anyEvent, { maxLength: 60 }), async (offset, events) => {
        let last: { readonly time: number; readonly monotonic: number } | undefined
        await scenarioAfter(offset, events, ({ clock, monotonic }) => {
          const time = clock.now()
          // A reading is rounded down by less than a millisecond.
          if (last) expect(time - last.time).toBeGreaterThanOrEqual(Math.floor((monotonic - last.monotonic) / 2))
          last = { time, monotonic }
        })
      }),
      { numRuns: 500 },
    )
  })

  test('is right within the round trip of the last exact measurement, once it had time to slow down', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyOffset,
        fc.array(anyEvent, { maxLength: 60 }),
        fc.nat(1000),
        fc.nat(1000),
        async (offset, events, questionMs, answerMs) => {
          const scenario = await scenarioAfter(offset, events)
          await scenario.measure(questionMs, answerMs)
          // At half speed an error of this size is gone in twice its time.
          scenario.pass(2 * Math.max(0, scenario.error) + minuteMs)
          expect(Math.abs(scenario.error)).toBeLessThanOrEqual(questionMs + answerMs + 2)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('agrees in two processes that measured it lately', async () => {
    const anyProcess = fc.constantFrom('one' as const, 'other' as const)
    const anyStep = fc.record({ process: anyProcess, event: anyEvent })
    await fc.assert(
      fc.asyncProperty(anyOffset, fc.nat(hourMs), fc.array(anyStep, { maxLength: 60 }), async (offset, ms, steps) => {
        const scenario = new Scenario()
        scenario.databaseOffset = offset
        const clocks = { one: scenario.clock, other: scenario.otherClock(ms) }
        for (const clock of Object.values(clocks)) await scenario.measure(0, 0, clock)
        for (const { process, event } of steps)
          if (event.kind === 'pass') scenario.pass(event.ms)
          else if (event.kind === 'jump') scenario.databaseOffset += event.ms
          else await scenario.measure(event.questionMs, event.answerMs, clocks[process])
        for (const clock of Object.values(clocks)) await scenario.measure(5, 5, clock)
        scenario.pass(2 * Math.max(0, ...Object.values(clocks).map((clock) => scenario.errorOf(clock))) + minuteMs)
        expect(Math.abs(clocks.one.now() - clocks.other.now())).toBeLessThanOrEqual(2 * (10 + 2))
      }),
      { numRuns: 500 },
    )
  })
})
