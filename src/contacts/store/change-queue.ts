import { Failure } from '../../errors/failure.js'
import type { ContactKey } from './reader.js'

/** How many changes of one contact may wait in this process. */
const maxWaiting = 16

interface Queue {
  readonly waiting: (() => void)[]
}

/** Lets the changes of one contact happen one after the other: at the same time they would only cause each other to lose races. */
export class ChangeQueue {
  /** Of the contacts that are being changed. */
  readonly #queues = new Map<string, Queue>()

  /**
   * Runs `change` when the earlier changes of the contact have ended. Throws CONCURRENT_CALL_NOT_SUPPORTED if too many wait already.
   * The delivery worker goes first: its messages must not wait for callers.
   */
  async run<Result>(contact: ContactKey, isWorker: boolean, change: () => Promise<Result>): Promise<Result> {
    // By directory too: callers must not make each other wait by ids of other directories.
    const key = `${contact.directoryId} ${contact.contactId}`
    const queue = this.#queues.get(key)
    if (queue) await this.#wait(queue, isWorker)
    else this.#queues.set(key, { waiting: [] })
    try {
      return await change()
    } finally {
      const next = this.#queues.get(key)?.waiting.shift()
      if (next) next()
      else this.#queues.delete(key)
    }
  }

  #wait({ waiting }: Queue, isWorker: boolean): Promise<void> {
    if (!isWorker && waiting.length >= maxWaiting) throw new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
    return new Promise((resolve) => (isWorker ? waiting.unshift(resolve) : waiting.push(resolve)))
  }
}
