import { expect, test } from 'vitest'
import { SpanClock } from '../../../src/telemetry/span-clock.js'

/** A clock of a machine, in milliseconds, of which only whole ones are seen. */
class Machine {
  wall = 1_700_000_000_000
  monotonic = 5000
  readonly clock = new SpanClock(
    () => Math.floor(this.wall),
    () => this.monotonic,
  )

  /** Gives the time of spans after `ms` milliseconds. */
  after(ms: number): number {
    this.wall += ms
    this.monotonic += ms
    return this.clock.now()
  }
}

test('the times of spans are those of the machine, with fractions of milliseconds', () => {
  const machine = new Machine()
  expect([machine.after(0), machine.after(0.25), machine.after(1000)]).toEqual([
    1_700_000_000_000, 1_700_000_000_000.25, 1_700_000_001_000.25,
  ])
})

test('the times of spans follow a clock that is set, and no smaller difference', () => {
  const machine = new Machine()
  machine.after(0)
  machine.wall += 900
  expect(machine.after(100)).toBe(1_700_000_000_100)
  machine.wall += 3_600_000
  expect(machine.after(0)).toBe(1_700_003_601_000)
  machine.wall -= 7_200_000
  expect(machine.after(0)).toBe(1_699_996_401_000)
})
