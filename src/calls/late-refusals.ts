import { errorCatalog, type Reason } from '../errors/catalog.js'
import type { Failure } from '../errors/failure.js'
import { ShortLivedSet } from '../short-lived-set.js'
import type { Deadline } from '../time.js'

/** Refusals because of a limit. A client that repeats such a call at once would be refused thousands of times in a second. */
const isForLimit = (reason: Reason) =>
  errorCatalog[reason].status === 'RESOURCE_EXHAUSTED' || reason === 'CONCURRENT_CALL_NOT_SUPPORTED'

/** How many of these refusals this process answers in a second, on average. As many are answered at once after a quiet second. */
const refusalsPerSecond = 200
/** How long a refusal is delayed, in milliseconds; at most half of the time that its call has left. */
const maxDelayMs = 1000

export interface LateRefusalOptions {
  /** How many refusals are delayed at the same time. Further ones are answered at once. */
  readonly maxDelayed: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Delays refusals of clients that do not wait before they call again. A connection has a limited number of open calls, so a client whose
 * refusals come late calls less often, and the process has time for the calls of others.
 */
export class LateRefusals {
  readonly #options: LateRefusalOptions
  readonly #delayed = new ShortLivedSet<() => void>()
  /** When the last refusal was answered, or is going to be; earlier after a quiet time. */
  #lastTime = Number.NEGATIVE_INFINITY
  #isStopping = false

  constructor(options: LateRefusalOptions) {
    this.#options = options
  }

  /** Calls `answer` with the failure, at once or later. */
  refuse(failure: Failure, deadline: Deadline, answer: (failure: Failure) => void): void {
    const delayMs = isForLimit(failure.reason) ? this.#delayOf(deadline) : 0
    if (delayMs <= 0) {
      answer(failure)
      return
    }
    const send = () => {
      clearTimeout(timer)
      remove()
      answer(failure)
    }
    const timer = setTimeout(send, delayMs)
    const remove = this.#delayed.add(send)
  }

  /** In milliseconds; 0 or less means at once. A second's worth of refusals is answered at once after a quiet time. */
  #delayOf(deadline: Deadline): number {
    if (this.#isStopping || this.#delayed.size >= this.#options.maxDelayed) return 0
    const now = this.#options.now()
    this.#lastTime = Math.min(Math.max(this.#lastTime, now - 1000) + 1000 / refusalsPerSecond, now + maxDelayMs)
    return Math.min(this.#lastTime - now, (deadline.time - now) / 2)
  }

  /** Answers the delayed refusals, and from now on every one at once. */
  stop(): void {
    this.#isStopping = true
    for (const send of this.#delayed) send()
  }
}
