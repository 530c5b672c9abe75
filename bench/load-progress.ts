const reportIntervalMs = 5000

export interface LoadProgressOptions {
  readonly total: number
  /** In milliseconds. */
  readonly now: () => number
  readonly print: (line: string) => void
}

/** Says every few seconds how far a load is and how long the rest takes at the same speed; and when it has ended. */
export class LoadProgress {
  readonly #options: LoadProgressOptions
  readonly #startTime: number
  #reportTime: number
  #loaded = 0

  constructor(options: LoadProgressOptions) {
    this.#options = options
    this.#startTime = options.now()
    this.#reportTime = this.#startTime
  }

  add(count: number): void {
    const { total, now, print } = this.#options
    this.#loaded += count
    const time = now()
    const isDone = this.#loaded >= total
    if (!isDone && time - this.#reportTime < reportIntervalMs) return
    this.#reportTime = time
    const elapsedMs = time - this.#startTime
    const done = `Loaded ${this.#loaded} of ${total} contacts`
    const percent = Math.floor((100 * this.#loaded) / total)
    const restMs = (elapsedMs / this.#loaded) * (total - this.#loaded)
    print(isDone ? `${done} in ${durationOf(elapsedMs)}` : `${done} (${percent} %), about ${durationOf(restMs)} left`)
  }
}

const durationOf = (ms: number) => (ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} minutes`)
