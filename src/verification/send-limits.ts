import { createHash } from 'node:crypto'
import type { AddressKind } from '../addresses/address.js'
import type { Call } from '../calls/call.js'
import type { Quota, Quotas, QuotaUse } from '../database/quotas.js'
import type { Reason } from '../errors/catalog.js'
import { Failure, type QuotaSubject } from '../errors/failure.js'
import { dayMs, minuteMs } from '../time.js'
import type { VerificationSettings } from './settings.js'
import type { Target } from './verification.js'

/** How a call is refused when a limit is reached. */
interface Exceeded {
  readonly limit: number
  readonly reason: Reason
  readonly subject: QuotaSubject
  readonly setting: keyof VerificationSettings
}

/** A quota whose limits say how a call is refused. */
type Limit = Quota & Exceeded & { readonly part?: Exceeded }

const directorySettings = {
  email: 'EMAILS_PER_DIRECTORY_PER_DAY',
  phone: 'SMS_PER_DIRECTORY_PER_DAY',
} as const satisfies Record<AddressKind, keyof VerificationSettings>

/**
 * How many messages with codes may be sent: per directory in a day, per directory to one address in a day, and per address in a minute over
 * all directories.
 */
export class SendLimits {
  readonly #quotas: Quotas
  readonly #settings: VerificationSettings

  constructor(quotas: Quotas, settings: VerificationSettings) {
    this.#quotas = quotas
    this.#settings = settings
  }

  /**
   * Takes one use of all limits, before the message is stored: they are never exceeded, and a call that fails later has cost one use.
   * Gives the time from which another message to this address is possible. Refuses with LIMIT_EXCEEDED_ADDRESS and
   * SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT.
   */
  async take(target: Target, call: Call): Promise<Date> {
    const [perDay, perMinute] = [this.#limitPerDay(call.caller.directoryId, target), this.#limitPerMinute(target)]
    // First, so that a directory without messages left does not use up those of the address in this minute.
    const exhausted = await this.#quotas.check(perDay, call.deadline)
    if (exhausted) throwIfExhausted(perDay, exhausted)
    const nextInMinute = await this.#take(perMinute, call)
    const nextInDay = await this.#take(perDay, call)
    return nextInDay > nextInMinute ? nextInDay : nextInMinute
  }

  async #take(limit: Limit, { requestId, deadline }: Call): Promise<Date> {
    return throwIfExhausted(limit, await this.#quotas.take(limit, requestId, deadline))
  }

  /** Of the directory, and of the address within the directory: one record, which is changed at once. */
  #limitPerDay(directoryId: string, { kind, address }: Target): Limit {
    return {
      key: `${kind} ${directoryId}`,
      windowMs: dayMs,
      ...this.#exceeded('SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT', 'resource directory', directorySettings[kind]),
      part: {
        name: hashOf(address),
        ...this.#exceeded('LIMIT_EXCEEDED_ADDRESS', 'address', 'MESSAGES_PER_ADDRESS_PER_DAY'),
      },
    }
  }

  #limitPerMinute({ address }: Target): Limit {
    return {
      key: `address ${hashOf(address)}`,
      windowMs: minuteMs,
      ...this.#exceeded('LIMIT_EXCEEDED_ADDRESS', 'address', 'MESSAGES_PER_ADDRESS_PER_MINUTE'),
    }
  }

  #exceeded(reason: Reason, subject: QuotaSubject, setting: LimitSetting): Exceeded {
    return { limit: this.#settings[setting], reason, subject, setting }
  }
}

type LimitSetting =
  | (typeof directorySettings)[AddressKind]
  | 'MESSAGES_PER_ADDRESS_PER_DAY'
  | 'MESSAGES_PER_ADDRESS_PER_MINUTE'

/** Upper and lower case of the local part reach the same mailbox. */
const hashOf = (address: string) => createHash('sha256').update(address.toLowerCase()).digest('base64url')

/** Gives when the next use is possible. */
function throwIfExhausted(limit: Limit, use: QuotaUse): Date {
  if (use.kind === 'taken') return use.nextDate
  const { reason, subject, setting, limit: max } = (use.limited === 'part' && limit.part) || limit
  throw new Failure(reason, { quota: { subject, setting, limit: max }, retryAfterMs: use.retryAfterMs })
}
