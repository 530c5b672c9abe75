import { z } from 'zod'
import { wholeNumber } from './config/values.js'

export const lifecycleSettings = z.object({
  SHUTDOWN_DELAY_SECONDS: wholeNumber(0, 300).prefault('0').meta({
    description:
      'The time from NOT_SERVING until calls are refused, in seconds, 0 to 300, in which load balancers choose other processes.',
  }),
  SHUTDOWN_TIMEOUT_SECONDS: wholeNumber(1, 300).prefault('8').meta({
    description: 'How long open calls may take to finish after that, in seconds, 1 to 300. Then they are cut.',
  }),
})

/** Whether the service serves, or never will. */
export class Readiness {
  /** Resolves once calls are served. */
  readonly ready: Promise<void>
  /** Resolves with the reason if the service can never serve. */
  readonly broken: Promise<Error>
  markReady: () => void = () => {}
  markBroken: (reason: Error) => void = () => {}
  #isReady = false

  constructor() {
    this.ready = new Promise((resolve) => {
      this.markReady = () => {
        this.#isReady = true
        resolve()
      }
    })
    this.broken = new Promise((resolve) => {
      this.markBroken = resolve
    })
  }

  /** Resolves once calls are served, but after `timeoutMs` at the latest. */
  async readyWithin(timeoutMs: number): Promise<void> {
    if (this.#isReady) return
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs)
    })
    await Promise.race([this.ready, timeout])
    clearTimeout(timer)
  }
}

/** Closes something. After `timeoutMs` milliseconds it is not waited for any more. */
type Closer = (timeoutMs: number) => Promise<void>

/** What each closer gets after the deadline has passed, in milliseconds, so that the last results can still be stored. */
const minCloserMs = 500

/** What must be closed when the process stops: pushed as it is opened, closed in the reverse order under one deadline. */
export class Closers {
  readonly #now: () => number
  readonly #closers: Closer[] = []

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  push(closer: Closer): void {
    this.#closers.push(closer)
  }

  /** Runs one closer after the other, each with the time that is left of `timeoutMs`, but with at least `minCloserMs`. */
  async closeAll(timeoutMs: number): Promise<void> {
    const deadline = this.#now() + timeoutMs
    for (const close of this.#closers.splice(0).reverse()) {
      const closerMs = Math.max(minCloserMs, deadline - this.#now())
      await endOrTimeout(close(closerMs), closerMs)
    }
  }
}

/** Resolves when `work` has ended, or after `timeoutMs` milliseconds. Rejects as `work` does. */
function endOrTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** How long after a signal the same one is no second signal, in milliseconds: Ctrl-C reaches a program that npm runs twice, once through npm. */
const repeatedSignalMs = 500

/** Resolves with the first SIGTERM, SIGINT or SIGHUP that this process gets. A second one ends the process at once, with exit code 1. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: NodeJS.Signals | undefined
    let isRepetition = true
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(name, () => {
        if (first !== undefined && !(name === first && isRepetition)) process.exit(1)
        first ??= name
        setTimeout(() => {
          isRepetition = false
        }, repeatedSignalMs).unref()
        resolve(first)
      })
  })
}
