import { type Collection, type Db, type Document, type IndexDescription, MongoClient, MongoServerError } from 'mongodb'
import { ConfigurationError } from '../config/read-settings.js'
import type { Reason } from '../errors/catalog.js'
import { Failure } from '../errors/failure.js'
import type { Observer } from '../telemetry/observer.js'
import type { Deadline } from '../time.js'
import { DatabaseClock } from './clock.js'
import { ClosingConnection } from './closing-connection.js'
import {
  bulkErrorOutcomes,
  bulkReplyOutcomes,
  isUnavailable,
  singleWriteOutcome,
  singleWriteReply,
  type WriteOutcome,
} from './driver-errors.js'
import { monitorConnections, monitored } from './monitoring.js'
import type { DatabaseSettings } from './settings.js'
import { commandOfMany, commandOfOne, type SingleWrite } from './single-write.js'
import { checkMinPoolSize, databaseName, hasOption } from './uri.js'

/** An index in the database differs from the one that this version needs. Only an operator can resolve that. */
export class IndexMismatchError extends Error {
  override readonly name = 'IndexMismatchError'
}

/** A time limit of the driver closes the connection, so it is later than the caller's deadline by so many milliseconds. */
const commandReserveMs = 200
/** Shorter than most deadlines, so that the refusal can still say what is wrong. */
const serverSelectionTimeoutMs = 2000
/** How soon a member that announced its shutdown, but stayed, is used again. The driver's default is 10 seconds. */
const heartbeatIntervalMs = 2000

/**
 * An acknowledged write is in the journals of a majority of the members, and a read shows nothing that can be rolled back.
 * Set per collection, because the options of MONGODB_URI are merged into those of the client.
 */
const concerns = {
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
} as const

/** Of MongoDB 8.0, the first one that has the `bulkWrite` command. */
const bulkWriteWireVersion = 25

interface IndexedCollection {
  readonly collection: Collection
  readonly indexes: readonly IndexDescription[]
}

export interface DatabaseDependencies {
  /** The clock of the process, in milliseconds since the epoch. */
  readonly now: () => number
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
  /** Instead of the clock of the database, in milliseconds since the epoch. */
  readonly storedNow?: (() => number) | undefined
  readonly observer: Pick<Observer, 'clockOffsetMeasured' | 'databaseCommandEnded' | 'databaseConnectionChanged'>
}

/** The connection to MongoDB: collections and their indexes, time limits, and errors in the words of the contract. */
export class Database {
  readonly #settings: DatabaseSettings
  readonly #dependencies: DatabaseDependencies
  readonly #clock: DatabaseClock
  readonly #client: MongoClient
  readonly #db: Db
  /** Where `bulkWrite` is sent. */
  readonly #adminDb: Db
  readonly #health: Collection<{ readonly _id: string; readonly date: Date }>
  readonly #indexed: IndexedCollection[] = []
  #isPrepared = false
  #hasBulkWrite = false
  /** True once the indexes exist and the time of the database is known. */
  #isUsable = false
  #preparation: Promise<void> | undefined

  /** Opens no connection yet. Throws ConfigurationError if MONGODB_URI names no database for contacts, or the driver rejects it. */
  constructor(settings: DatabaseSettings, dependencies: DatabaseDependencies) {
    this.#settings = settings
    this.#dependencies = dependencies
    this.#clock = new DatabaseClock(dependencies.monotonicNow)
    this.#client = createClient(settings)
    monitorConnections(this.#client, dependencies.observer)
    this.#db = monitored(this.#client.db(databaseName(settings)), dependencies)
    this.#adminDb = monitored(this.#client.db('admin'), dependencies)
    this.#health = monitored(this.#db.collection('message_contacts_health', concerns), dependencies)
  }

  /** A collection whose indexes are created before it is used. Each index needs a name of its own. */
  collection<Document extends object>(name: string, indexes: readonly IndexDescription[]): Collection<Document> {
    const collection = monitored(this.#db.collection<Document>(name, concerns), this.#dependencies)
    this.#indexed.push({ collection: collection as unknown as Collection, indexes })
    return collection
  }

  get name(): string {
    return this.#db.databaseName
  }

  /** The time that is stored, and compared with stored times: that of the database. Throws DATABASE_UNAVAILABLE before the first probe. */
  now(): Date {
    if (!this.#isUsable) throw new Failure('DATABASE_UNAVAILABLE')
    return new Date(this.#dependencies.storedNow?.() ?? this.#clock.now())
  }

  /**
   * Resolves while a majority confirms a write, as it must for every write of the service: a read would also succeed without a majority,
   * on a full disk, and for a user without the right to write. Before that, connects and creates missing indexes, once.
   * Rejects with IndexMismatchError if an index differs.
   */
  async probe(): Promise<void> {
    // One preparation at a time: index builds may take longer than a probe, and the next probe waits for the same one.
    if (!this.#isPrepared) {
      this.#preparation ??= this.#prepare().finally(() => {
        this.#preparation = undefined
      })
      await this.#preparation
    }
    await this.#clock.measure(() => this.#writeProbe())
    const { observer, now } = this.#dependencies
    // By the corrected clock, because a single measurement may be inexact.
    observer.clockOffsetMeasured(this.#clock.now() - now())
    this.#isUsable = true
  }

  /** Gives the time of the database, in milliseconds since the epoch. */
  async #writeProbe(): Promise<number> {
    const probe = await this.#health.findOneAndUpdate(
      { _id: 'probe' },
      { $currentDate: { date: true } },
      { upsert: true, returnDocument: 'after', timeoutMS: this.#maxCommandMs },
    )
    // The reply to an upsert may come without the document if another process writes it at the same time.
    if (!probe) throw new Error('the database does not tell its time')
    return probe.date.getTime()
  }

  /** Idempotent, and safe in many processes at once. Index builds have no time limit: one that is interrupted starts again. */
  async #prepare(): Promise<void> {
    // Explicitly: a client whose implicit first connection fails never connects again.
    await this.#client.connect()
    for (const { collection, indexes } of this.#indexed) await this.#createIndexes(collection, indexes)
    const { maxWireVersion } = await this.#db.command({ hello: 1 }, { timeoutMS: this.#maxCommandMs })
    this.#hasBulkWrite = maxWireVersion >= bulkWriteWireVersion
    this.#isPrepared = true
  }

  async #createIndexes(collection: Collection, indexes: readonly IndexDescription[]): Promise<void> {
    try {
      await collection.createIndexes([...indexes])
    } catch (error) {
      const isMismatch = error instanceof MongoServerError && (error.code === 85 || error.code === 86)
      throw isMismatch ? new IndexMismatchError(await this.#describeMismatch(collection, indexes)) : error
    }
  }

  async #describeMismatch(collection: Collection, indexes: readonly IndexDescription[]): Promise<string> {
    const found: readonly IndexDescription[] = await collection.listIndexes({ timeoutMS: this.#maxCommandMs }).toArray()
    const differing = indexes.filter((index) =>
      found.some((other) => (other.name === index.name || isSameKey(other, index)) && !isSameIndex(other, index)),
    )
    const names = differing.map(({ name }) => name).join(', ')
    return `the collection ${collection.collectionName} has other indexes than this version expects: ${names}`
  }

  /**
   * Runs a command on behalf of a call. Refuses with DATABASE_UNAVAILABLE before the indexes exist, with DEADLINE_EXCEEDED if the deadline
   * has expired, with `unavailable` if the database cannot be reached, and with INTERNAL for any other error.
   * `command` must pass `timeoutMS` on to the driver.
   */
  async runCommand<Result>(
    deadline: Deadline,
    command: (timeoutMS: number) => Promise<Result>,
    unavailable: Reason = 'DATABASE_UNAVAILABLE',
  ): Promise<Result> {
    this.requireUsable(deadline)
    try {
      return await command(this.timeLimitMs(deadline.time))
    } catch (cause) {
      if (cause instanceof Failure) throw cause
      throw new Failure(isUnavailable(cause) ? unavailable : 'INTERNAL', { cause })
    }
  }

  /** True if the server has the `bulkWrite` command. */
  get hasBulkWrite(): boolean {
    return this.#hasBulkWrite
  }

  /** Updates or deletes at most one document. */
  async writeOne<Stored extends Document>(
    { collectionName }: Pick<Collection<Stored>, 'collectionName'>,
    write: SingleWrite<Stored>,
    timeoutMS: number,
  ): Promise<WriteOutcome> {
    try {
      return singleWriteReply(await this.#writeOnce(this.#db, commandOfOne(collectionName, write), timeoutMS))
    } catch (error) {
      return singleWriteOutcome(error)
    }
  }

  /** Sends writes in one command, in any order. Gives the outcome of each. Needs `hasBulkWrite`. */
  async writeTogether<Stored extends Document>(
    { namespace }: Pick<Collection<Stored>, 'namespace'>,
    writes: readonly SingleWrite<Stored>[],
    timeoutMS: number,
  ): Promise<readonly WriteOutcome[]> {
    const command = commandOfMany(namespace, writes)
    try {
      return bulkReplyOutcomes(await this.#writeOnce(this.#adminDb, command, timeoutMS), writes.length)
    } catch (error) {
      return bulkErrorOutcomes(error, writes.length)
    }
  }

  /**
   * The driver does not repeat such a command, as it would repeat a collection's methods: on a server that does not recognize the repetition,
   * a write would lose against its own first copy, and seem not to be written.
   */
  #writeOnce(database: Db, command: Document, timeoutMS: number): Promise<Document> {
    const { w, journal: j } = concerns.writeConcern
    return database.command({ ...command, writeConcern: { w, j } }, { timeoutMS, ignoreUndefined: true })
  }

  /** Throws DATABASE_UNAVAILABLE before the indexes exist, and DEADLINE_EXCEEDED if the deadline has expired. */
  requireUsable(deadline: Deadline): void {
    if (!this.#isUsable) throw new Failure('DATABASE_UNAVAILABLE')
    if (deadline.isExpired()) throw new Failure('DEADLINE_EXCEEDED')
  }

  /** The time limit of a command that is needed until `time`, in milliseconds; at most DATABASE_TIMEOUT_SECONDS. */
  timeLimitMs(time: number): number {
    const remainingMs = Math.max(0, time - this.#dependencies.now())
    return Math.ceil(Math.min(remainingMs + commandReserveMs, this.#maxCommandMs))
  }

  get #maxCommandMs(): number {
    return this.#settings.DATABASE_TIMEOUT_SECONDS * 1000
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

/** Throws ConfigurationError as the constructor of Database does. */
export function checkDatabaseAddress(settings: DatabaseSettings): void {
  databaseName(settings)
  createClient(settings)
}

/** An option that the declarations of the driver leave out. */
const connectionClass = { connectionType: ClosingConnection }

/** The driver's own text may quote the password of the address, so it is dropped. */
function createClient(settings: DatabaseSettings): MongoClient {
  checkMinPoolSize(settings)
  const { MONGODB_URI, DATABASE_POOL_SIZE } = settings
  try {
    return new MongoClient(MONGODB_URI, {
      ...(!hasOption(MONGODB_URI, 'appName') && { appName: 'message-contacts' }),
      // The driver repeats an insert whose member goes away.
      retryWrites: true,
      maxPoolSize: DATABASE_POOL_SIZE,
      serverSelectionTimeoutMS: serverSelectionTimeoutMs,
      connectTimeoutMS: serverSelectionTimeoutMs,
      heartbeatFrequencyMS: heartbeatIntervalMs,
      ignoreUndefined: true,
      ...connectionClass,
    })
  } catch {
    throw new ConfigurationError(['MONGODB_URI cannot be understood by the database driver'])
  }
}

const isSameKey = (one: IndexDescription, other: IndexDescription) =>
  JSON.stringify(one.key) === JSON.stringify(other.key)

const isSameIndex = (one: IndexDescription, other: IndexDescription) => indexDefinition(one) === indexDefinition(other)

const indexDefinition = ({ name, key, unique = false, partialFilterExpression }: IndexDescription) =>
  JSON.stringify({ name, key, unique, partialFilterExpression })
