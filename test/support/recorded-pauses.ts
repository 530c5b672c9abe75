import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { afterEach, beforeEach, vi } from 'vitest'

/**
 * In the tests of this file a pause, `setTimeout` of `node:timers/promises`, takes no time. Gives the durations of the pauses of the current test,
 * in milliseconds.
 */
export function recordPauses(): readonly number[] {
  const durations: number[] = []
  beforeEach(() => {
    durations.length = 0
    vi.spyOn(timers, 'setTimeout').mockImplementation(async (ms = 0, value) => {
      durations.push(ms)
      return value as never
    })
    // Named imports of a built-in module see the spy only after this.
    syncBuiltinESMExports()
  })
  afterEach(() => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })
  return durations
}
