/** A larger difference means that the clock of the machine was set, in milliseconds. */
const maxDifferenceMs = 1000

/**
 * Times for spans: milliseconds since the epoch, with fractions, because many commands take less than one. Between two corrections it never
 * goes backwards.
 */
export class SpanClock {
  readonly #now: () => number
  readonly #monotonicNow: () => number
  #offsetMs = 0

  /** `now` gives milliseconds since the epoch, `monotonicNow` milliseconds since any moment, with fractions. */
  constructor(now: () => number, monotonicNow: () => number) {
    this.#now = now
    this.#monotonicNow = monotonicNow
  }

  now(): number {
    const monotonic = this.#monotonicNow()
    const now = this.#now()
    if (Math.abs(now - monotonic - this.#offsetMs) > maxDifferenceMs) this.#offsetMs = now - monotonic
    return monotonic + this.#offsetMs
  }
}
