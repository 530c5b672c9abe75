import { Batcher, type BatcherOptions } from '../../src/database/batcher.js'
import type { Deadline } from '../../src/time.js'

export const deadlineAt = (time: number): Deadline => ({ time, isExpired: () => false })
export const notExpired = deadlineAt(1000)
export const alreadyExpired: Deadline = { time: 9000, isExpired: () => true }

/** A batch that is running, and the functions that end it. */
export interface Batch {
  readonly items: readonly string[]
  readonly latestTime: number
  /** By default, the outcome of each item is the item in upper case. */
  readonly end: (outcomes?: readonly string[]) => void
  readonly fail: (cause: unknown) => void
}

/** A batcher whose batches end when the test says so. By default each item is a group of its own. */
export function controlledBatcher(options?: BatcherOptions, groupOf = (item: string) => item) {
  const batches: Batch[] = []
  const run = (items: readonly string[], latestTime: number) =>
    new Promise<readonly string[]>((resolve, fail) => {
      const end = (outcomes: readonly string[] = items.map((item) => item.toUpperCase())) => resolve(outcomes)
      batches.push({ items, latestTime, end, fail })
    })
  const batcher = new Batcher<string, string>(run, groupOf, options)
  const submit = (...items: string[]) => items.map((item) => batcher.submit(item, notExpired))
  return { batcher, submit, batches, started: () => batches.map(({ items }) => items) }
}
