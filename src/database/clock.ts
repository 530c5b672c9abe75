/**
 * How far the times of two processes may be apart, in milliseconds. A stored date that is further in the future comes from a clock that was
 * wrong: it counts for no limit, or it would lock it until then.
 */
export const maxAheadMs = 5000
/** A measurement with a longer round trip than this is too inexact, in milliseconds. */
const maxRoundTripMs = 2000

/**
 * The clock of the database, as this process knows it. Everything that is stored, or compared with something stored, takes its time from here,
 * so that processes whose own clocks differ agree. It is the monotonic clock of the process, corrected by the time of the database at every probe.
 *
 * It never goes backwards. If a correction puts it back, it goes at half speed until the database has caught up.
 */
export class DatabaseClock {
  readonly #monotonicNow: () => number
  /** Database time minus monotonic time. Undefined until the first measurement. */
  #offsetMs: number | undefined
  #lastMonotonic = 0
  #lastTime = 0

  /** `monotonicNow` gives milliseconds since any moment, and never goes backwards. */
  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow
  }

  /** Milliseconds since the epoch. Throws before the first measurement: nothing may be stored or compared by then. */
  now(): number {
    if (this.#offsetMs === undefined) throw new Error('the time of the database is not known yet')
    const monotonic = this.#monotonicNow()
    const slowest = this.#lastTime + (monotonic - this.#lastMonotonic) / 2
    this.#lastTime = Math.max(monotonic + this.#offsetMs, slowest)
    this.#lastMonotonic = monotonic
    return Math.floor(this.#lastTime)
  }

  /** Asks the database for its time, in milliseconds since the epoch, and corrects the clock by it. */
  async measure(askDatabase: () => Promise<number>): Promise<void> {
    const sentAt = this.#monotonicNow()
    const databaseTime = await askDatabase()
    const receivedAt = this.#monotonicNow()
    const roundTripMs = receivedAt - sentAt
    const offsetMs = databaseTime - (sentAt + receivedAt) / 2
    if (this.#offsetMs === undefined) {
      this.#offsetMs = offsetMs
      this.#lastMonotonic = receivedAt
      this.#lastTime = receivedAt + offsetMs
      return
    }
    const isExact = roundTripMs <= maxRoundTripMs
    // A smaller difference may be the error of the measurement itself.
    const isSignificant = Math.abs(offsetMs - this.#offsetMs) > roundTripMs / 2 + 1
    if (isExact && isSignificant) this.#offsetMs = offsetMs
  }
}
