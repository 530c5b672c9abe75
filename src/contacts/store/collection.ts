import { type Collection, type Db, type IndexDescription, MongoServerError } from 'mongodb'
import { Failure, type Reason } from '../../failure.js'
import type { Contact } from '../contact.js'
import { isPassing } from './driver-errors.js'
import type { Patience } from './group-commit.js'

export interface CollectionOptions {
  /** The longest a command may take, in milliseconds, whatever the deadlines of the calls behind it. */
  readonly commandTimeoutMs: number
  /** Milliseconds of the epoch. */
  readonly now: () => number
}

/** Found at start: an index of ours that somebody made otherwise. Only a person can mend that. */
export class IndexMismatch extends Error {
  override readonly name = 'IndexMismatch'
}

/**
 * What carries the promises. Every unique index begins with the directory, which is also the shard key; each has a name of its own,
 * by which a different one in its place is known.
 */
const indexes = [
  { name: 'directory_name', key: { directoryId: 1, name: 1 }, unique: true },
  { name: 'directory_slot', key: { directoryId: 1, slot: 1 }, unique: true },
  {
    name: 'directory_client_token',
    key: { directoryId: 1, clientToken: 1 },
    unique: true,
    partialFilterExpression: { clientToken: { $type: 'string' } },
  },
  // Holds only the contacts to which a message is under way.
  {
    name: 'delivery_due',
    key: { deliveryDueDate: 1 },
    // A comparison implies that it exists; that it is of a type, a planner does not conclude.
    partialFilterExpression: { deliveryDueDate: { $exists: true } },
  },
] as const satisfies readonly IndexDescription[]

/** Counts remove themselves. */
const quotaIndexes = [
  { name: 'expire', key: { expireDate: 1 }, expireAfterSeconds: 0 },
] as const satisfies readonly IndexDescription[]

/** How much of a limit over time is used. */
export interface QuotaUse {
  /** What is limited. */
  readonly _id: string
  /** When it was used, in order, as often as the limit allows at most. */
  readonly dates: readonly Date[]
  /** When all of it is free again. */
  readonly expireDate: Date
}

/** The database is given this much longer than the caller: its time limit closes a connection, so it is the last net. */
const lastNetMs = 200

/**
 * What is acknowledged is on a majority, in their journals, and what is shown cannot be rolled back.
 * Said here, since what MONGODB_URI says of them is mixed into a client's own.
 */
const concerns = {
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
} as const

/** Where contacts lie in MongoDB, and how it is asked: indexes, time limits, errors in our words. */
export class ContactCollection {
  readonly documents: Collection<Contact>
  readonly quotas: Collection<QuotaUse>
  readonly #health: Collection<{ readonly _id: string; readonly date: Date }>
  readonly #options: CollectionOptions
  #prepared = false

  constructor(database: Db, options: CollectionOptions) {
    this.documents = database.collection<Contact>('message_contacts', concerns)
    this.quotas = database.collection<QuotaUse>('message_contacts_quotas', concerns)
    this.#health = database.collection('message_contacts_health', concerns)
    this.#options = options
  }

  /**
   * Creates the indexes that are missing. Idempotent, and safe from many processes at once. Until it has succeeded nothing is written.
   * Without a time limit: over many documents a build takes its time, and one that is broken off begins anew.
   * Throws IndexMismatch where one of our names belongs to a different index, or one of our indexes has a different name.
   */
  async prepare(): Promise<void> {
    await this.#createIndexes(this.documents, indexes)
    await this.#createIndexes(this.quotas, quotaIndexes)
    this.#prepared = true
  }

  async #createIndexes<Document extends object>(collection: Collection<Document>, ours: readonly IndexDescription[]) {
    try {
      await collection.createIndexes([...ours])
    } catch (error) {
      const different = error instanceof MongoServerError && (error.code === 85 || error.code === 86)
      if (different) throw new IndexMismatch(await this.#describeMismatch(collection, ours))
      throw error
    }
  }

  async #describeMismatch<Document extends object>(
    collection: Collection<Document>,
    indexes: readonly IndexDescription[],
  ): Promise<string> {
    const found = await collection.listIndexes({ timeoutMS: this.#options.commandTimeoutMs }).toArray()
    const whole = ({ name, key, unique, partialFilterExpression }: Partial<IndexDescription>) =>
      JSON.stringify({ name, key, unique: unique ?? false, partialFilterExpression })
    const sameKey = (one: Partial<IndexDescription>, other: Partial<IndexDescription>) =>
      JSON.stringify(one.key) === JSON.stringify(other.key)
    const names = indexes.filter((ours) =>
      found.some((theirs) => (theirs.name === ours.name || sameKey(theirs, ours)) && whole(theirs) !== whole(ours)),
    )
    return `the collection ${collection.collectionName} has other indexes than this version expects: ${names.map(({ name }) => name).join(', ')}`
  }

  /**
   * Resolves while a write is confirmed by a majority, as every write of ours must be: a read would go on
   * without a majority, on a disk that is full, and for a user who may not write.
   */
  async probe(): Promise<void> {
    const timeoutMS = this.#options.commandTimeoutMs
    const date = new Date(this.#options.now())
    await this.#health.updateOne({ _id: 'probe' }, { $set: { date } }, { upsert: true, timeoutMS })
  }

  /** Throws DATABASE_UNAVAILABLE while the indexes that carry the promises may not be there. */
  mustBePrepared(): void {
    if (!this.#prepared) throw new Failure('DATABASE_UNAVAILABLE')
  }

  /** The rest of the caller's time and a little more, in milliseconds, capped: a silent database must not hold a place for longer. */
  timeLimit(deadline: number): number {
    const rest = Math.max(0, deadline - this.#options.now())
    return Math.ceil(Math.min(rest + lastNetMs, this.#options.commandTimeoutMs))
  }

  /**
   * A command on behalf of one call, within its time. Where the database cannot be reached it throws `unreachable`:
   * what that means depends on what the call did before.
   */
  async ask<Found>(
    patience: Patience,
    command: (timeoutMS: number) => Promise<Found>,
    unreachable: Reason = 'DATABASE_UNAVAILABLE',
  ): Promise<Found> {
    if (patience.ended()) throw new Failure('OUT_OF_TIME')
    try {
      return await command(this.timeLimit(patience.deadline))
    } catch (cause) {
      throw new Failure(isPassing(cause) ? unreachable : 'INTERNAL', { cause })
    }
  }
}
