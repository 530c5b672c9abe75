import type { Collection, Document } from 'mongodb'
import { Failure } from '../errors/failure.js'
import type { Deadline } from '../time.js'
import { Batcher, type BatcherOptions, expired } from './batcher.js'
import type { Database } from './database.js'
import type { WriteOutcome } from './driver-errors.js'
import type { SingleWrite } from './single-write.js'

/** The filter of a write names its directory, which is also the shard key. */
interface DirectoryDocument extends Document {
  readonly directoryId: string
}

/**
 * Lets conditional writes share commands. The `bulkWrite` command says for each of its writes whether its filter matched, so a write in a batch
 * has the outcome that it would have alone. Servers before MongoDB 8.0 do not have it: there each write has a command of its own.
 */
export class WriteBatcher<Stored extends DirectoryDocument> {
  readonly #database: Database
  readonly #collection: Collection<Stored>
  readonly #batcher: Batcher<SingleWrite<Stored>, WriteOutcome>

  constructor(database: Database, collection: Collection<Stored>, batching?: BatcherOptions) {
    this.#database = database
    this.#collection = collection
    const directoryOf = ({ filter }: SingleWrite<Stored>) => String(filter.directoryId)
    this.#batcher = new Batcher((writes, latestTime) => this.#writeBatch(writes, latestTime), directoryOf, batching)
  }

  /** Throws DATABASE_UNAVAILABLE before the indexes exist, and DEADLINE_EXCEEDED if the deadline expires before the write is sent. */
  async write(write: SingleWrite<Stored>, deadline: Deadline): Promise<WriteOutcome> {
    this.#database.requireUsable(deadline)
    const outcome = await this.#batcher.submit(write, deadline)
    if (outcome === expired) throw new Failure('DEADLINE_EXCEEDED')
    return outcome
  }

  #writeBatch(writes: readonly SingleWrite<Stored>[], latestTime: number): Promise<readonly WriteOutcome[]> {
    const timeoutMS = this.#database.timeLimitMs(latestTime)
    return writes.length > 1 && this.#database.hasBulkWrite
      ? this.#database.writeTogether(this.#collection, writes, timeoutMS)
      : Promise.all(writes.map((write) => this.#database.writeOne(this.#collection, write, timeoutMS)))
  }
}
