import { createHash } from 'node:crypto'
import type { AddressKind } from '../addresses/address.js'
import type { Call } from '../calls/call.js'
import type { Quota, Quotas } from '../database/quotas.js'
import type { Reason } from '../errors/catalog.js'
import { Failure, type QuotaSubject } from '../errors/failure.js'
import { dayMs, minuteMs } from '../time.js'
import type { VerificationSettings } from './settings.js'
import type { Target } from './verification.js'

/** A quota, and how a call is refused when it is exhausted. */
interface Limit extends Quota {
  readonly reason: Reason
  readonly subject: QuotaSubject
  readonly setting: keyof VerificationSettings
}

const directorySettings = {
  email: 'EMAILS_PER_DIRECTORY_PER_DAY',
  phone: 'SMS_PER_DIRECTORY_PER_DAY',
} as const satisfies Record<AddressKind, keyof VerificationSettings>

/** How many messages with codes may be sent: per directory in a day, and per address in a minute over all directories. */
export class SendLimits {
  readonly #quotas: Quotas
  readonly #settings: VerificationSettings

  constructor(quotas: Quotas, settings: VerificationSettings) {
    this.#quotas = quotas
    this.#settings = settings
  }

  /**
   * Takes one use of both limits, before the message is stored: they are never exceeded, and a call that fails later has cost one use.
   * Gives the time from which another message to this address is possible. Refuses with LIMIT_EXCEEDED_ADDRESS and
   * SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT.
   */
  async take(target: Target, call: Call): Promise<Date> {
    const [perDirectory, perAddress] = [
      this.#directoryLimit(call.caller.directoryId, target),
      this.#addressLimit(target),
    ]
    // First, so that a directory without messages left does not use up those of the address.
    const exhausted = await this.#quotas.check(perDirectory, call.deadline)
    if (exhausted?.kind === 'exhausted') throw limitExceeded(perDirectory, exhausted.retryAfterMs)
    const nextDate = await this.#take(perAddress, call)
    await this.#take(perDirectory, call)
    return nextDate
  }

  async #take(limit: Limit, { requestId, deadline }: Call): Promise<Date> {
    const use = await this.#quotas.take(limit, requestId, deadline)
    if (use.kind === 'exhausted') throw limitExceeded(limit, use.retryAfterMs)
    return use.nextDate
  }

  #directoryLimit(directoryId: string, { kind }: Target): Limit {
    const setting = directorySettings[kind]
    return {
      key: `${kind} ${directoryId}`,
      limit: this.#settings[setting],
      windowMs: dayMs,
      reason: 'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT',
      subject: 'resource directory',
      setting,
    }
  }

  #addressLimit({ address }: Target): Limit {
    // Upper and lower case of the local part reach the same mailbox.
    const hash = createHash('sha256').update(address.toLowerCase()).digest('base64url')
    return {
      key: `address ${hash}`,
      limit: this.#settings.MESSAGES_PER_ADDRESS_PER_MINUTE,
      windowMs: minuteMs,
      reason: 'LIMIT_EXCEEDED_ADDRESS',
      subject: 'address',
      setting: 'MESSAGES_PER_ADDRESS_PER_MINUTE',
    }
  }
}

const limitExceeded = ({ reason, subject, setting, limit }: Limit, retryAfterMs: number) =>
  new Failure(reason, { quota: { subject, setting, limit }, retryAfterMs })
