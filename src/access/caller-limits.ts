import { Failure, type QuotaSubject } from '../errors/failure.js'
import type { Caller, Identity } from './caller.js'
import type { AccessSettings } from './settings.js'

/** Calls that may come at once after a quiet time, in seconds of the rate. */
const burstSeconds = 2

/** How many buckets are kept. Those that were used least recently are dropped: they are most likely full again. */
const maxBuckets = 10_000

type LimitSettings = Pick<
  AccessSettings,
  'CALLS_PER_SECOND_PER_CALLER' | 'CALLS_PER_SECOND_PER_DIRECTORY' | 'MAX_CALLS_IN_FLIGHT_PER_CALLER'
>

export interface CallerLimitOptions {
  readonly settings: LimitSettings
  readonly maxCallsInFlight: number
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
}

/** Bounds what one caller and one directory take of this process, so that the others are still served. */
export class CallerLimits {
  readonly #settings: LimitSettings
  readonly #maxInFlight: number
  readonly #callers: RateLimit
  readonly #directories: RateLimit
  readonly #inFlight = new Map<string, number>()

  constructor({ settings, maxCallsInFlight, monotonicNow }: CallerLimitOptions) {
    this.#settings = settings
    this.#maxInFlight = settings.MAX_CALLS_IN_FLIGHT_PER_CALLER ?? Math.ceil(maxCallsInFlight / 4)
    this.#callers = new RateLimit('caller', 'CALLS_PER_SECOND_PER_CALLER', monotonicNow)
    this.#directories = new RateLimit('resource directory', 'CALLS_PER_SECOND_PER_DIRECTORY', monotonicNow)
  }

  /** Counts a call. Fails with THROTTLED if a limit is reached. Otherwise `leave` must be called when the call has ended. */
  enter({ callsPerSecond }: Pick<Identity, 'callsPerSecond'>, { id, directoryId }: Caller): void {
    const running = this.#inFlight.get(id) ?? 0
    if (running >= this.#maxInFlight)
      throw throttled('caller', 'MAX_CALLS_IN_FLIGHT_PER_CALLER', this.#maxInFlight, retryInFlightMs)
    this.count({ id, callsPerSecond })
    this.#directories.take(directoryId, this.#settings.CALLS_PER_SECOND_PER_DIRECTORY)
    this.#inFlight.set(id, running + 1)
  }

  /** Counts a call that is for no directory and takes no time. Fails with THROTTLED if the caller has none left in this second. */
  count({ id, callsPerSecond }: Pick<Identity, 'id' | 'callsPerSecond'>): void {
    this.#callers.take(id, callsPerSecond ?? this.#settings.CALLS_PER_SECOND_PER_CALLER)
  }

  leave({ id }: Caller): void {
    const running = this.#inFlight.get(id) ?? 0
    if (running > 1) this.#inFlight.set(id, running - 1)
    else this.#inFlight.delete(id)
  }
}

/** What a caller waits whose calls in flight must end first, in milliseconds. */
const retryInFlightMs = 100

interface Bucket {
  tokens: number
  time: number
}

/** A token bucket for each key. */
class RateLimit {
  readonly #subject: QuotaSubject
  readonly #setting: string
  readonly #monotonicNow: () => number
  /** The buckets that were used lately, and those before them. A single map in the order of use would cost more than the rest of a call. */
  #recent = new Map<string, Bucket>()
  #older: ReadonlyMap<string, Bucket> = new Map()

  constructor(subject: QuotaSubject, setting: string, monotonicNow: () => number) {
    this.#subject = subject
    this.#setting = setting
    this.#monotonicNow = monotonicNow
  }

  /** Takes a token. Fails with THROTTLED, and says when the next one is there. */
  take(key: string, perSecond: number): void {
    const now = this.#monotonicNow()
    const max = perSecond * burstSeconds
    const bucket = this.#recent.get(key) ?? this.#keep(key, this.#older.get(key) ?? { tokens: max, time: now })
    bucket.tokens = Math.min(max, bucket.tokens + ((now - bucket.time) / 1000) * perSecond)
    bucket.time = now
    if (bucket.tokens < 1)
      throw throttled(this.#subject, this.#setting, perSecond, Math.ceil(((1 - bucket.tokens) / perSecond) * 1000))
    bucket.tokens -= 1
  }

  #keep(key: string, bucket: Bucket): Bucket {
    if (this.#recent.size >= maxBuckets / 2) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, bucket)
    return bucket
  }
}

const throttled = (subject: QuotaSubject, setting: string, limit: number, retryAfterMs: number) =>
  new Failure('THROTTLED', { quota: { subject, setting, limit }, retryAfterMs })
