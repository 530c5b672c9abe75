import { Closers } from '../src/lifecycle.js'

/** How long closing everything may take, in milliseconds. A second Ctrl-C ends it at once. */
const closeTimeoutMs = 60_000

/** Closes what the benchmark has opened, at its end or when it is interrupted. */
export class Cleanup {
  readonly #closers = new Closers(Date.now)
  #isClosing = false

  /** To be called at once when something was opened. After `closeAll`, closes it and throws, which ends the benchmark. */
  push(close: () => Promise<unknown>): void {
    if (this.#isClosing) {
      void close()
      throw new Error('the benchmark was interrupted')
    }
    this.#closers.push(async () => {
      await close()
    })
  }

  /** Closes everything in the reverse order. */
  closeAll(): Promise<void> {
    this.#isClosing = true
    return this.#closers.closeAll(closeTimeoutMs)
  }
}
