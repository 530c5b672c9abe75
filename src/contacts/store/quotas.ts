import { type Filter, MongoServerError } from 'mongodb'
import { Failure } from '../../failure.js'
import type { ContactCollection, QuotaUse } from './collection.js'
import type { Patience } from './group-commit.js'

/** So many times in any stretch of so long, over all processes. */
export interface Quota {
  /** What is limited; it stands in the database as it is. */
  readonly key: string
  readonly limit: number
  readonly windowMs: number
}

/** What became of a use: taken, and when the next one may be, or refused, and for how long. */
export type Use =
  | { readonly kind: 'taken'; readonly nextDate: Date }
  | { readonly kind: 'full'; readonly afterMs: number }

const duplicateKey = 11000
/** How often two first uses of a quota at once may meet before the call gives up. */
const mostRaces = 5

/** Limits over time, counted in the database: each is one document with the dates of its last uses. */
export class Quotas {
  readonly #collection: ContactCollection

  constructor(collection: ContactCollection) {
    this.#collection = collection
  }

  /** Takes one use, in one command, and one more where the quota is full. */
  async take(quota: Quota, now: Date, patience: Patience): Promise<Use> {
    this.#collection.mustBePrepared()
    for (let race = 0; race < mostRaces; race += 1) {
      const use = (await this.#take(quota, now, patience)) ?? (await this.look(quota, now, patience))
      if (use) return use
    }
    throw new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
  }

  /** Undefined where it is full, or where another first use came between. */
  #take({ key, limit, windowMs }: Quota, now: Date, patience: Patience): Promise<Use | undefined> {
    const free = new Date(now.getTime() - windowMs)
    const hasRoom = { $or: [{ [`dates.${limit - 1}`]: { $exists: false } }, { 'dates.0': { $lte: free } }] }
    return this.#collection.ask(patience, async (timeoutMS) => {
      try {
        const used = await this.#collection.quotas.findOneAndUpdate(
          { _id: key, ...hasRoom } as Filter<QuotaUse>,
          {
            $push: { dates: { $each: [now], $slice: -limit } },
            $max: { expireDate: new Date(now.getTime() + windowMs) },
          },
          { upsert: true, returnDocument: 'after', timeoutMS },
        )
        // An upsert writes or throws. SecantusDB may leave out the document that it wrote, where others write it at once.
        const written = used ?? (await this.#collection.quotas.findOne({ _id: key }, { timeoutMS }))
        return { kind: 'taken', nextDate: written ? nextDate(written, limit, windowMs, now) : now }
      } catch (error) {
        // The document is there, and the filter did not let it through: so the upsert would have been a second one.
        if (error instanceof MongoServerError && error.code === duplicateKey) return undefined
        throw error
      }
    })
  }

  /** Takes none: undefined where there is room. */
  look({ key, limit, windowMs }: Quota, now: Date, patience: Patience): Promise<Use | undefined> {
    return this.#collection.ask(patience, async (timeoutMS) => {
      const used = await this.#collection.quotas.findOne({ _id: key }, { timeoutMS })
      const afterMs = used ? nextDate(used, limit, windowMs, now).getTime() - now.getTime() : 0
      return afterMs > 0 ? { kind: 'full', afterMs } : undefined
    })
  }
}

/** When there is room again: now, or when the first of the last uses is as old as the window is long. */
function nextDate({ dates }: QuotaUse, limit: number, windowMs: number, now: Date): Date {
  const first = dates.at(-limit)
  return first === undefined ? now : new Date(Math.max(now.getTime(), first.getTime() + windowMs))
}
