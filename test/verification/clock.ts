/** A clock that stands until a test moves it. It begins in 2097: no index of the database takes its dates for past ones and removes them. */
export class Clock {
  #now = Date.UTC(2097, 2, 29, 12, 0, 0, 123)
  /** As the service asks for it. */
  readonly read = () => this.#now

  get date(): Date {
    return new Date(this.#now)
  }

  /** So many milliseconds later. */
  pass(milliseconds: number): void {
    this.#now += milliseconds
  }
}

export const minuteMs = 60_000
export const dayMs = 24 * 60 * minuteMs
