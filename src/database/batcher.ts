import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BatchTracing, TraceContext } from '../telemetry/tracing.js'
import type { Deadline } from '../time.js'
import { RunningItems } from './running-items.js'

/** The outcome of an item whose deadline expired before its batch was run. */
export const expired = Symbol('expired')

export interface BatcherOptions {
  /**
   * How many batches may run at once. By default 2, so that a few calls do not wait for each other. While more items of one group run than
   * count, one more batch may run, for the items of others.
   */
  readonly maxConcurrent?: number
  /**
   * While so many items run, further ones gather up to the size of a batch, even if another one could run: a command more costs far more
   * than an item more in the next one. By default 8. Of each group 4 count, and while as many run, its further ones gather.
   */
  readonly gatherFrom?: number
  /**
   * A batch that takes longer than this many milliseconds does not count for `maxConcurrent` any more, so that a stuck batch delays no other.
   * By default 500: a database that is merely busy does more with larger batches.
   */
  readonly slowAfterMs?: number
  /** How many batches may run at once, slow ones included. By default 16, fewer than the database's connections. */
  readonly maxTotal?: number
  /** How many items a batch holds at most. By default 500, which keeps a command well below a megabyte. */
  readonly maxSize?: number
  /**
   * How many items of one group get their outcomes in one turn of the event loop. By default all; fewer where much work follows each outcome,
   * so that the calls of others are served between.
   */
  readonly outcomesPerTurn?: number
  /** Called when a batch of this size starts. */
  readonly onBatch?: (size: number) => void
  readonly tracing?: BatchTracing | undefined
}

interface QueuedItem<Item, Outcome> {
  readonly item: Item
  readonly group: string
  readonly deadline: Deadline
  readonly trace: TraceContext | undefined
  readonly resolve: (outcome: Outcome | typeof expired) => void
  readonly reject: (cause: unknown) => void
}

const contextOf = ({ trace }: Pick<QueuedItem<unknown, unknown>, 'trace'>) => trace

/**
 * Lets calls share round trips: items that wait at the same time are run together, and each call gets its own outcome.
 *
 * There is no timer. A single item runs in the same turn of the event loop; while enough of them run, further items gather.
 * `run` gives the outcomes in the order of the items. Its second argument is the latest deadline in the batch, in milliseconds since the epoch:
 * a call whose deadline is earlier is answered by the call pipeline, and `run` goes on for the others.
 * `groupOf` says whose an item is, as a rule its directory's: each has a fair share of the batches.
 */
export class Batcher<Item, Outcome> {
  readonly #run: (items: readonly Item[], latestTime: number) => Promise<readonly Outcome[]>
  readonly #groupOf: (item: Item) => string
  readonly #options: Required<Omit<BatcherOptions, 'tracing'>>
  readonly #tracing: BatchTracing | undefined
  #queue: QueuedItem<Item, Outcome>[] = []
  #running = 0
  /** How many of the running batches are slow. */
  #slow = 0
  /** The items of the other running batches. */
  readonly #runningItems = new RunningItems()
  #isScheduled = false

  constructor(
    run: (items: readonly Item[], latestTime: number) => Promise<readonly Outcome[]>,
    groupOf: (item: Item) => string,
    { tracing, ...options }: BatcherOptions = {},
  ) {
    this.#run = run
    this.#groupOf = groupOf
    this.#tracing = tracing
    this.#options = {
      maxConcurrent: 2,
      gatherFrom: 8,
      slowAfterMs: 500,
      maxTotal: 16,
      maxSize: 500,
      outcomesPerTurn: Number.POSITIVE_INFINITY,
      onBatch: () => {},
      ...options,
    }
  }

  /** Gives the item's own outcome, or `expired`. Rejects if its whole batch failed. */
  submit(item: Item, deadline: Deadline): Promise<Outcome | typeof expired> {
    const trace = this.#tracing?.current()
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, group: this.#groupOf(item), deadline, trace, resolve, reject })
      this.#schedule()
    })
  }

  /** At the end of this turn, so that calls which arrived in one packet run together. */
  #schedule(): void {
    if (this.#isScheduled || !this.#hasCapacity()) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#startBatches()
    })
  }

  #hasCapacity(): boolean {
    const { maxConcurrent, gatherFrom, maxTotal, maxSize } = this.#options
    const { counted, isCrowded } = this.#runningItems
    const isFull = this.#queue.length >= maxSize
    const hasShare = this.#running - this.#slow < maxConcurrent + (isCrowded ? 1 : 0)
    return hasShare && (counted < gatherFrom || isFull) && this.#running < maxTotal
  }

  #startBatches(): void {
    while (this.#hasCapacity() && this.#queue.length > 0) {
      const batch = this.#takeBatch()
      // All that is left must gather.
      if (batch.length === 0) return
      void this.#runBatch(batch)
    }
  }

  #takeBatch(): readonly QueuedItem<Item, Outcome>[] {
    const { maxConcurrent, maxSize } = this.#options
    // One batch more than `maxConcurrent` is only for groups of which few items run.
    const takesAll = this.#queue.length >= maxSize && this.#running - this.#slow < maxConcurrent
    const batch: QueuedItem<Item, Outcome>[] = []
    const left: QueuedItem<Item, Outcome>[] = []
    for (const queued of this.#queue.length > maxSize ? this.#inTurns() : this.#queue) {
      if (batch.length === maxSize) left.push(queued)
      else if (queued.deadline.isExpired()) queued.resolve(expired)
      else if (takesAll || this.#runningItems.wouldCount(queued.group)) batch.push(queued)
      else left.push(queued)
    }
    this.#queue = left
    return batch
  }

  /** The queue in an order in which each group has its turn, those with few running items first. */
  #inTurns(): readonly QueuedItem<Item, Outcome>[] {
    const before = new Map<string, number>()
    const withTurns = this.#queue.map((queued) => {
      const turn = before.get(queued.group) ?? this.#runningItems.of(queued.group)
      before.set(queued.group, turn + 1)
      return { queued, turn }
    })
    return withTurns.toSorted((one, other) => one.turn - other.turn).map(({ queued }) => queued)
  }

  async #runBatch(batch: readonly QueuedItem<Item, Outcome>[]): Promise<void> {
    this.#running += 1
    const groups = batch.map(({ group }) => group)
    const stopCounting = this.#runningItems.add(groups)
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      this.#slow += 1
      stopCounting()
      this.#startBatches()
    }, this.#options.slowAfterMs)
    try {
      this.#options.onBatch(batch.length)
      const latestTime = Math.max(...batch.map(({ deadline }) => deadline.time))
      const items = batch.map(({ item }) => item)
      const run = () => this.#run(items, latestTime)
      const outcomes = await (this.#tracing ? this.#tracing.run(batch.map(contextOf), run) : run())
      if (outcomes.length !== batch.length) throw new Error('a batch must have one outcome for each of its items')
      for (const [turn, indexes] of partsWith(groups, this.#options.outcomesPerTurn).entries()) {
        if (turn > 0) await nextTurn()
        for (const index of indexes) batch[index]?.resolve(outcomes[index] as Outcome)
      }
    } catch (cause) {
      for (const { reject } of batch) reject(cause)
    } finally {
      clearTimeout(timer)
      this.#running -= 1
      if (isSlow) this.#slow -= 1
      else stopCounting()
      this.#startBatches()
    }
  }
}

/** The indexes of items, so that each part has the next `max` of every group: no group waits for the parts of another one. */
function partsWith(groups: readonly string[], max: number): readonly (readonly number[])[] {
  const before = new Map<string, number>()
  const parts: number[][] = [[]]
  for (const [index, group] of groups.entries()) {
    const ofGroup = before.get(group) ?? 0
    before.set(group, ofGroup + 1)
    const part = Math.floor(ofGroup / max)
    parts[part] ??= []
    parts[part].push(index)
  }
  return parts
}
