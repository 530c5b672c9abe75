import { type Collection, type Filter, type IndexDescription, MongoServerError } from 'mongodb'
import { Failure } from '../errors/failure.js'
import { addMs, type Deadline } from '../time.js'
import type { Database } from './database.js'
import { duplicateKeyCode } from './driver-errors.js'

/** A limit over time: at most `limit` uses in any period of `windowMs` milliseconds, over all processes. */
export interface Quota {
  /** What is limited. It is stored as it is. */
  readonly key: string
  readonly limit: number
  readonly windowMs: number
}

/** The result of taking a use: taken, and when the next one is possible; or none is left for a while. */
export type QuotaUse =
  | { readonly kind: 'taken'; readonly nextDate: Date }
  | { readonly kind: 'exhausted'; readonly retryAfterMs: number }

/** The uses of one quota. */
interface QuotaRecord {
  /** The key of the quota. */
  readonly _id: string
  /** The latest uses, in order; at most as many as the limit. */
  readonly dates: readonly Date[]
  /** When none of the uses counts any more. */
  readonly expireDate: Date
}

/** The database removes records that do not count any more. */
const indexes: readonly IndexDescription[] = [{ name: 'expire', key: { expireDate: 1 }, expireAfterSeconds: 0 }]

/** How often the first uses of a quota may collide before the call is refused. */
const maxRaces = 5

/** Limits over time, counted in the database: one document per quota, with the dates of its latest uses. */
export class Quotas {
  readonly #database: Database
  readonly #records: Collection<QuotaRecord>

  constructor(database: Database) {
    this.#database = database
    this.#records = database.collection<QuotaRecord>('message_contacts_quotas', indexes)
  }

  /** Takes one use. One command, and a second one if the quota is exhausted. */
  async take(quota: Quota, deadline: Deadline): Promise<QuotaUse> {
    for (let race = 0; race < maxRaces; race += 1) {
      const use = (await this.#take(quota, deadline)) ?? (await this.check(quota, deadline))
      if (use) return use
    }
    throw new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
  }

  /** Undefined if the quota is exhausted, or if another first use came between. */
  #take({ key, limit, windowMs }: Quota, deadline: Deadline): Promise<QuotaUse | undefined> {
    const now = this.#database.now()
    const hasUseLeft = {
      $or: [{ [`dates.${limit - 1}`]: { $exists: false } }, { 'dates.0': { $lte: addMs(now, -windowMs) } }],
    }
    return this.#database.runCommand(deadline, async (timeoutMS) => {
      try {
        const updated = await this.#records.findOneAndUpdate(
          { _id: key, ...hasUseLeft } as Filter<QuotaRecord>,
          { $push: { dates: { $each: [now], $slice: -limit } }, $max: { expireDate: addMs(now, windowMs) } },
          { upsert: true, returnDocument: 'after', timeoutMS },
        )
        // An upsert writes or throws; the reply may come without the document if others write it at the same time.
        const record = updated ?? (await this.#records.findOne({ _id: key }, { timeoutMS }))
        return { kind: 'taken', nextDate: record ? nextUseDate(record, limit, windowMs, now) : now }
      } catch (error) {
        // The record exists and does not match the filter, so the upsert would have been a second record.
        if (error instanceof MongoServerError && error.code === duplicateKeyCode) return undefined
        throw error
      }
    })
  }

  /** Takes no use. Undefined if there is one left. */
  async check({ key, limit, windowMs }: Quota, deadline: Deadline): Promise<QuotaUse | undefined> {
    const now = this.#database.now()
    const record = await this.#database.runCommand(deadline, (timeoutMS) =>
      this.#records.findOne({ _id: key }, { timeoutMS }),
    )
    const retryAfterMs = record ? nextUseDate(record, limit, windowMs, now).getTime() - now.getTime() : 0
    return retryAfterMs > 0 ? { kind: 'exhausted', retryAfterMs } : undefined
  }
}

/** When a use is possible: now, or when the first of the latest `limit` uses is as old as the window. */
function nextUseDate({ dates }: QuotaRecord, limit: number, windowMs: number, now: Date): Date {
  const first = dates.at(-limit)
  return first === undefined ? now : new Date(Math.max(now.getTime(), first.getTime() + windowMs))
}
