import { Failure } from '../errors/failure.js'

export interface FairShareOptions {
  /** How many calls of one directory work at the same time. */
  readonly maxRunning: number
  /** How many further calls of it may wait. */
  readonly maxWaiting: number
}

interface Share {
  running: number
  readonly waiting: (() => void)[]
}

/** Lets each directory have a bounded share of the work in progress, so that one directory under load does not slow down the others. */
export class FairShare {
  readonly #options: FairShareOptions
  readonly #shares = new Map<string, Share>()

  constructor(options: FairShareOptions) {
    this.#options = options
  }

  /** Runs `work` when the directory has a share left. Throws OVERLOADED if too many of its calls wait already. */
  async run<Result>(directoryId: string, work: () => Promise<Result>): Promise<Result> {
    const share = this.#shares.get(directoryId) ?? this.#newShare(directoryId)
    if (share.running >= this.#options.maxRunning) await this.#wait(share)
    else share.running += 1
    try {
      return await work()
    } finally {
      // The share passes on to the call that waits longest.
      const next = share.waiting.shift()
      if (next) next()
      else share.running -= 1
      if (share.running === 0) this.#shares.delete(directoryId)
    }
  }

  #newShare(directoryId: string): Share {
    const share: Share = { running: 0, waiting: [] }
    this.#shares.set(directoryId, share)
    return share
  }

  #wait({ waiting }: Share): Promise<void> {
    if (waiting.length >= this.#options.maxWaiting) throw new Failure('OVERLOADED')
    return new Promise((resolve) => waiting.push(resolve))
  }
}
