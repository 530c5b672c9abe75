/**
 * A clock that a test moves. It starts in 2097: stored dates are then never in the past for the database, whose TTL
 * index would remove them.
 */
export class Clock {
  #now = Date.UTC(2097, 2, 29, 12, 0, 0, 123)
  /** Milliseconds since the epoch, as the service reads them. */
  readonly read = () => this.#now
  /** For a service whose process and whose stored times both follow this clock. */
  readonly dependencies = bothClocks(this.read)

  get date(): Date {
    return new Date(this.#now)
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }
}

/** Replaces the clock of the process, and the clock of the database, from which stored times come. */
export const bothClocks = (now: () => number) => ({ now, storedNow: now })
