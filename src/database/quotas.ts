import { type Collection, type Document, type IndexDescription, MongoServerError } from 'mongodb'
import { Failure } from '../errors/failure.js'
import { addMs, type Deadline, hourMs, minuteMs } from '../time.js'
import { Batcher, type BatcherOptions, expired } from './batcher.js'
import { maxAheadMs } from './clock.js'
import type { Database } from './database.js'
import { duplicateKeyCode, singleWriteOutcome, type WriteOutcome } from './driver-errors.js'
import type { SingleWrite } from './single-write.js'

/** A limit over time: at most `limit` uses in any period of `windowMs` milliseconds, over all processes. */
export interface Quota {
  /** What is limited. It is stored as it is. */
  readonly key: string
  readonly limit: number
  readonly windowMs: number
  /** The uses with this name have a limit of their own, in the same period. The name is stored as it is. */
  readonly part?: { readonly name: string; readonly limit: number }
}

/** The result of taking a use: taken, and when the next one is possible; or none is left for a while, of the quota or of its part. */
export type QuotaUse =
  | { readonly kind: 'taken'; readonly nextDate: Date }
  | { readonly kind: 'exhausted'; readonly limited: 'quota' | 'part'; readonly retryAfterMs: number }

/** The uses of one quota. */
interface QuotaRecord {
  /** The key of the quota. */
  readonly _id: string
  /** The uses that count, in order. */
  readonly dates: readonly Date[]
  /** Those of them that belong to a part. */
  readonly partUses?: readonly PartUse[]
  /** The ids of the last uses, in order. */
  readonly lastUses: readonly LastUse[]
  /** When none of the uses counts any more, and an hour later. */
  readonly expireDate: Date
}

interface LastUse {
  readonly id: string
  readonly date: Date
}

interface PartUse {
  readonly name: string
  readonly date: Date
}

/** The database removes records that do not count any more, by its own clock. */
const indexes: readonly IndexDescription[] = [{ name: 'expire', key: { expireDate: 1 }, expireAfterSeconds: 0 }]
const expirySlackMs = hourMs

/**
 * How long the ids of uses are kept, in milliseconds: longer than a call takes one and reads whether it has, however many others take some
 * meanwhile.
 */
const useIdMs = 5 * minuteMs

/** How often the first uses of a quota may collide before the call is refused. */
const maxRaces = 5

/** A use to be taken. */
interface WantedUse {
  readonly quota: Quota
  readonly useId: string
}

/**
 * The record after the attempt to take a use. Undefined if another first use came between, and then a use may have been taken nevertheless;
 * or why it is not known.
 */
type TakeOutcome = QuotaRecord | Failure | undefined

/** Limits over time, counted in the database: one document per quota, with the dates of the uses that count. Calls at the same time share commands. */
export class Quotas {
  readonly #database: Database
  readonly #records: Collection<QuotaRecord>
  readonly #takes: Batcher<WantedUse, TakeOutcome>
  readonly #reads: Batcher<string, QuotaRecord | undefined>

  constructor(database: Database, batching?: BatcherOptions) {
    this.#database = database
    this.#records = database.collection<QuotaRecord>('message_contacts_quotas', indexes)
    this.#takes = new Batcher(
      (uses, latestTime) => this.#takeBatch(uses, latestTime),
      ({ quota }) => quota.key,
      batching,
    )
    this.#reads = new Batcher(
      (keys, latestTime) => this.#find(keys, latestTime),
      (key) => key,
      batching,
    )
  }

  /**
   * Takes one use. `useId` is unique for each use. The limit is exact for the process that asks, also if another process has
   * a different one. Refuses with OUTCOME_UNKNOWN if it is not known whether a use was counted.
   */
  async take(quota: Quota, useId: string, deadline: Deadline): Promise<QuotaUse> {
    for (let race = 0; race < maxRaces; race += 1) {
      this.#database.requireUsable(deadline)
      const outcome = await this.#takes.submit({ quota, useId }, deadline)
      if (outcome === expired) throw new Failure('DEADLINE_EXCEEDED')
      if (outcome instanceof Failure) throw outcome
      if (outcome) return hasUse(outcome, useId) ? this.#taken(outcome, quota) : this.#exhausted(outcome, quota)
    }
    throw new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
  }

  #takeBatch(uses: readonly WantedUse[], latestTime: number): Promise<readonly TakeOutcome[]> {
    return uses.length > 1 && this.#database.hasBulkWrite
      ? this.#takeTogether(uses, latestTime)
      : Promise.all(uses.map((use) => this.#takeAlone(use, latestTime)))
  }

  /** One command that writes, and one that reads what the first one has made of the records. */
  async #takeTogether(uses: readonly WantedUse[], latestTime: number): Promise<readonly TakeOutcome[]> {
    const now = this.#database.now()
    const writes = uses.map(({ quota, useId }): SingleWrite<QuotaRecord> => {
      return { kind: 'update', filter: { _id: quota.key }, update: takeUse(quota, useId, now), upsert: true }
    })
    const timeoutMS = this.#database.timeLimitMs(latestTime)
    const outcomes = await this.#database.writeTogether(this.#records, writes, timeoutMS)
    const keys = uses.map(({ quota }) => quota.key)
    const records = await this.#find(keys, latestTime).catch(() => [])
    return Promise.all(
      uses.map((use, index) => {
        const outcome = outcomes[index]
        if (outcome?.kind === 'duplicate') return undefined
        if (outcome?.kind === 'unsent' || outcome?.kind === 'failed') return failureOf(outcome.kind, outcome.cause)
        // Repeated alone where something is unknown: the same use is not taken twice.
        const record = outcome?.kind === 'unknown' ? undefined : records[index]
        return record ?? this.#takeAlone(use, latestTime)
      }),
    )
  }

  async #takeAlone({ quota, useId }: WantedUse, latestTime: number): Promise<TakeOutcome> {
    const now = this.#database.now()
    const timeoutMS = this.#database.timeLimitMs(latestTime)
    try {
      const record = await this.#records.findOneAndUpdate({ _id: quota.key }, takeUse(quota, useId, now), {
        upsert: true,
        returnDocument: 'after',
        timeoutMS,
      })
      return record ?? undefined
    } catch (cause) {
      if (cause instanceof MongoServerError && cause.code === duplicateKeyCode) return undefined
      return failureOf(singleWriteOutcome(cause).kind, cause)
    }
  }

  async #find(keys: readonly string[], latestTime: number): Promise<readonly (QuotaRecord | undefined)[]> {
    const options = { batchSize: keys.length + 1, timeoutMS: this.#database.timeLimitMs(latestTime) }
    const found = await this.#records.find({ _id: { $in: keys } }, options).toArray()
    const byKey = new Map(found.map((record) => [record._id, record]))
    return keys.map((key) => byKey.get(key))
  }

  /** Takes no use. Undefined if there is one left. */
  async check(quota: Quota, deadline: Deadline): Promise<QuotaUse | undefined> {
    const record = await this.#database.runCommand(deadline, () => this.#reads.submit(quota.key, deadline))
    if (record === expired) throw new Failure('DEADLINE_EXCEEDED')
    const use = record && this.#exhausted(record, quota)
    return use?.kind === 'exhausted' && use.retryAfterMs > 0 ? use : undefined
  }

  #taken(record: QuotaRecord, quota: Quota): QuotaUse {
    return { kind: 'taken', nextDate: nextUse(record, quota, this.#database.now()).date }
  }

  #exhausted(record: QuotaRecord, quota: Quota): QuotaUse {
    const now = this.#database.now()
    const { limited, date } = nextUse(record, quota, now)
    return { kind: 'exhausted', limited, retryAfterMs: date.getTime() - now.getTime() }
  }
}

/** Drops the dates that do not count, and adds one if fewer than the limit remain. */
function takeUse({ limit, windowMs, part }: Quota, useId: string, now: Date): Document[] {
  const within = (ms: number, input: string, date: string) => {
    const cond = { $and: [{ $gt: [date, addMs(now, -ms)] }, { $lte: [date, addMs(now, maxAheadMs)] }] }
    return { $filter: { input: { $ifNull: [input, []] }, cond } }
  }
  const isOfPart = { $eq: ['$$this.name', part?.name] }
  const partUses = { $filter: { input: '$partUses', cond: isOfPart } }
  const lastUseIds = { $map: { input: '$lastUses', in: '$$this.id' } }
  const hasUseLeft = {
    $and: [
      { $lt: [{ $size: '$dates' }, limit] },
      ...(part ? [{ $lt: [{ $size: partUses }, part.limit] }] : []),
      // The same use is not taken twice, where a reply came without the record.
      { $not: [{ $in: [useId, lastUseIds] }] },
    ],
  }
  const withPartUse = { $concatArrays: ['$partUses', [{ name: part?.name, date: now }]] }
  const withLastUse = { $concatArrays: ['$lastUses', [{ id: useId, date: now }]] }
  return [
    {
      $set: {
        dates: within(windowMs, '$dates', '$$this'),
        ...(part && { partUses: within(windowMs, '$partUses', '$$this.date') }),
        lastUses: within(useIdMs, '$lastUses', '$$this.date'),
      },
    },
    {
      $set: {
        lastUses: { $cond: [hasUseLeft, withLastUse, '$lastUses'] },
        dates: { $cond: [hasUseLeft, { $concatArrays: ['$dates', [now]] }, '$dates'] },
        ...(part && { partUses: { $cond: [hasUseLeft, withPartUse, '$partUses'] } }),
        expireDate: addMs(now, windowMs + expirySlackMs),
      },
    },
  ]
}

const hasUse = ({ lastUses }: QuotaRecord, useId: string) => lastUses.some(({ id }) => id === useId)

/** When a use is possible, and the limit by which it is not possible before: that of the quota, or that of its part. */
function nextUse({ dates, partUses = [] }: QuotaRecord, { limit, windowMs, part }: Quota, now: Date) {
  const ofQuota = { limited: 'quota', date: nextDate(dates, limit, windowMs, now) } as const
  if (!part) return ofQuota
  const partDates = partUses.filter(({ name }) => name === part.name).map(({ date }) => date)
  const ofPart = { limited: 'part', date: nextDate(partDates, part.limit, windowMs, now) } as const
  return ofPart.date > ofQuota.date ? ofPart : ofQuota
}

/** Now, or when the `limit`-th last use is as old as the window. */
function nextDate(dates: readonly Date[], limit: number, windowMs: number, now: Date): Date {
  const counted = dates.filter((date) => date <= addMs(now, maxAheadMs))
  const first = counted.at(-limit)
  return first === undefined ? now : new Date(Math.max(now.getTime(), first.getTime() + windowMs))
}

function failureOf(kind: WriteOutcome['kind'], cause: unknown): Failure {
  if (kind === 'failed') return new Failure('INTERNAL', { cause })
  return new Failure(kind === 'unsent' ? 'DATABASE_UNAVAILABLE' : 'OUTCOME_UNKNOWN', { cause })
}
