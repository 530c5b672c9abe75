import { createHash } from 'node:crypto'
import { Failure, type QuotaSubject, type Reason } from '../failure.js'
import { addressOf, type ChannelName } from './contact.js'
import type { Changes } from './store/changes.js'
import type { Patience } from './store/group-commit.js'
import type { ContactKey, Lookups } from './store/lookups.js'
import type { Quota, Quotas, Use } from './store/quotas.js'
import { startedVerification, type Target, type VerificationRules } from './verification.js'

/** How many messages with codes may leave. */
export interface SendingLimits {
  /** Of each kind, for one directory in any 24 hours. */
  readonly perDay: Readonly<Record<ChannelName, number>>
  /** To one address in any minute, whichever directories ask for it. */
  readonly perAddressPerMinute: number
}

export interface VerificationSendingParts {
  readonly lookups: Lookups
  readonly changes: Changes
  readonly quotas: Quotas
  readonly rules: VerificationRules
  readonly limits: SendingLimits
  /** The setting without which nothing can be sent that way. */
  readonly missing: (channel: ChannelName) => string | undefined
  /** Called when a message is due. */
  readonly wake: () => void
  readonly now: () => Date
  /** 16 random hexadecimal digits. */
  readonly newVerificationId: () => string
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** The setting that limits each kind of message in a day. */
const daySettings: Readonly<Record<ChannelName, string>> = { EMAIL: 'MAILS_PER_DAY', PHONE: 'TEXTS_PER_DAY' }

/** How a code gets under way: what may be sent, limits, and the wish to send, kept in the contact. Sending itself is the courier's. */
export class VerificationSending {
  readonly #parts: VerificationSendingParts

  constructor(parts: VerificationSendingParts) {
    this.#parts = parts
  }

  /**
   * Starts a verification. Refuses with SENDER_NOT_SET_UP, ENTITY_NOT_EXISTS_CONTACT, ENTITY_NOT_EXISTS_CONTACT_VERIFICATION, LIMIT_EXCEEDED_ADDRESS and
   * SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT, in this order, and as Changes does. Limits are taken before the wish is kept: they are never exceeded,
   * and what fails after that has cost one use.
   */
  async start(key: ContactKey, target: Target, call: Patience & { readonly requestId: string }) {
    const { lookups, changes, rules, missing, wake, now, newVerificationId } = this.#parts
    const setting = missing(target.channel)
    if (setting !== undefined) throw new Failure('SENDER_NOT_SET_UP', { precondition: setting })
    const origin = { requestId: call.requestId, now: now() }
    const start = (contact: Parameters<typeof startedVerification>[0]) => ({
      contact: startedVerification(contact, target, newVerificationId(), origin, rules),
    })
    // Whether it waits at all, before anything is counted.
    start(await lookups.get(key, call))
    const nextSendDate = await this.#takeLimits(key.directoryId, target, origin.now, call)
    const contact = await changes.change(key, call, start)
    wake()
    const expireDate = addressOf(contact, target.channel).verification?.expireDate ?? origin.now
    return { expireDate, nextSendDate }
  }

  /** When the next message to this address may leave. */
  async #takeLimits(directoryId: string, { channel, address }: Target, now: Date, patience: Patience): Promise<Date> {
    const { perAddressPerMinute, perDay } = this.#parts.limits
    // However its local part is written, it is one mailbox.
    const hash = createHash('sha256').update(address.toLowerCase()).digest('base64url')
    const ofDirectory = {
      quota: { key: `${channel} ${directoryId}`, limit: perDay[channel], windowMs: dayMs },
      reason: 'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT',
      subject: 'resource directory',
      setting: daySettings[channel],
    } as const
    const toAddress = {
      quota: { key: `address ${hash}`, limit: perAddressPerMinute, windowMs: minuteMs },
      reason: 'LIMIT_EXCEEDED_ADDRESS',
      subject: 'address',
      setting: 'MESSAGES_PER_ADDRESS_PER_MINUTE',
    } as const
    // A directory that may send no more must not use up what others may send to the address.
    refuseWhereFull(ofDirectory, await this.#parts.quotas.look(ofDirectory.quota, now, patience))
    const nextDate = await this.#take(toAddress, now, patience)
    await this.#take(ofDirectory, now, patience)
    return nextDate
  }

  async #take(limit: Limit, now: Date, patience: Patience): Promise<Date> {
    const use = await this.#parts.quotas.take(limit.quota, now, patience)
    refuseWhereFull(limit, use)
    return use.kind === 'taken' ? use.nextDate : now
  }
}

/** A quota, and how its end is told. */
interface Limit {
  readonly quota: Quota
  readonly reason: Reason
  readonly subject: QuotaSubject
  readonly setting: string
}

function refuseWhereFull({ quota, reason, subject, setting }: Limit, use: Use | undefined): void {
  if (use?.kind === 'full')
    throw new Failure(reason, { quota: { subject, setting, limit: quota.limit }, retryAfterMs: use.afterMs })
}
