import { setTimeout as pause } from 'node:timers/promises'
import { addressToVerify, type Verification } from '../addresses/address.js'
import type { Call } from '../calls/call.js'
import type { Contact, Decision } from '../contacts/contact.js'
import type { ContactKey, ContactReader } from '../contacts/store/reader.js'
import type { Changed, ContactWriter } from '../contacts/store/writer.js'
import { Failure } from '../errors/failure.js'
import type { SendResult } from '../messaging/message.js'
import type { Sender } from '../messaging/sender.js'
import type { DeliveryAttempt, Observer } from '../telemetry/observer.js'
import { deadlineIn } from '../time.js'
import type { VerificationCodes } from './codes.js'
import { type Claim, channelOf, claimDelivery, recordDelivery } from './delivery.js'

export interface DeliveryWorkerOptions {
  readonly reader: ContactReader
  readonly writer: ContactWriter
  readonly sender: Pick<Sender, 'send'>
  readonly codes: VerificationCodes
  readonly observer: Pick<Observer, 'deliveryAttempted' | 'workerFailed'>
  /** The time that is stored. */
  readonly now: () => Date
  /** The process clock, in milliseconds since the epoch. */
  readonly processNow: () => number
  /** Unique for each write of the worker: its request id. */
  readonly newRequestId: () => string
}

/** How often the worker looks for due deliveries without being woken: those of killed processes, and further attempts. In milliseconds. */
const pollIntervalMs = 1000
/** How many messages one process sends at the same time. */
const maxConcurrent = 16
/** The maximum duration of one step in the database, in milliseconds. */
const stepTimeoutMs = 5000

/**
 * Sends verification codes, in every process: claims a due delivery, sends the message, and records the result. If a process is killed in
 * between, another one takes over the delivery when the lease of its claim has ended. The message is then sent once more; its reference tells
 * the receiver that it is the same.
 */
export class DeliveryWorker {
  readonly #options: DeliveryWorkerOptions
  #isStopped = false
  #isWoken = false
  #wakeUp: () => void = () => {}
  #isFailing = false
  #running: Promise<void> = Promise.resolve()
  /** Deliveries that are claimed and not yet recorded. */
  readonly #deliveries = new Set<Promise<void>>()

  constructor(options: DeliveryWorkerOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** A delivery is due now. */
  wake(): void {
    this.#isWoken = true
    this.#wakeUp()
  }

  /** Claims no more deliveries. Those that are claimed continue. */
  stopClaiming(): void {
    this.#isStopped = true
    this.#wakeUp()
  }

  /** Claims no more deliveries. Resolves when the results of those that are claimed are recorded. */
  async stop(): Promise<void> {
    this.stopClaiming()
    await this.#running
    await Promise.all(this.#deliveries)
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isWoken = false
      const mayHaveMore = await this.#claimDue()
      if (!mayHaveMore && !this.#isWoken && !this.#isStopped) await this.#waitUntilWoken()
    }
  }

  #waitUntilWoken(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollIntervalMs)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Claims what is due, up to the maximum, and does not wait for the sending. True if there may be more. */
  async #claimDue(): Promise<boolean> {
    const capacity = maxConcurrent - this.#deliveries.size
    if (capacity <= 0) return false
    const { reader, now, processNow } = this.#options
    try {
      const keys = await reader.findDue(now(), capacity, deadlineIn(stepTimeoutMs, processNow))
      // All claims end before the next look, so that each delivery that begins is counted.
      const claims = await Promise.allSettled(keys.map((key) => this.#claim(key)))
      const rejected = claims.find((claim) => claim.status === 'rejected')
      if (rejected) throw rejected.reason
      this.#isFailing = false
      return keys.length > 0
    } catch (cause) {
      this.#reportFailure(cause)
      return false
    }
  }

  #reportFailure(cause: unknown): void {
    if (!this.#isFailing) this.#options.observer.workerFailed(cause)
    this.#isFailing = true
  }

  async #claim(key: ContactKey): Promise<void> {
    const claimed = await this.#change(key, 'ClaimDelivery', (contact) => claimDelivery(contact, this.#options.now()))
    const claim = claimed?.result
    if (!claim) return
    if (claim.isExpired) this.#report(key, claim, claim.verification, 'expired')
    else this.#track(this.#deliver(key, claimed.contact.name, claim))
  }

  #track(delivery: Promise<void>): void {
    const ended = delivery
      .catch((cause: unknown) => this.#reportFailure(cause))
      .finally(() => {
        this.#deliveries.delete(ended)
        this.wake()
      })
    this.#deliveries.add(ended)
  }

  async #deliver(key: ContactKey, name: string, claim: Claim): Promise<void> {
    const { kind, address: to, verification } = claim
    const { sender, codes } = this.#options
    const { id: reference, expireDate } = verification
    const code = codes.codeOf(reference)
    const result = await sender.send({ channel: channelOf(kind), to, code, expireDate, reference, name })
    await this.#recordUntilStored(key, claim, result)
  }

  /** Until it is stored, or the lease has ended: a message whose result is known should not be sent again. */
  async #recordUntilStored(key: ContactKey, claim: Claim, result: SendResult): Promise<void> {
    const leaseEnd = claim.verification.dueDate ?? this.#options.now()
    for (;;)
      try {
        return await this.#record(key, claim, result)
      } catch (cause) {
        this.#reportFailure(cause)
        if (this.#isStopped || this.#options.now() >= leaseEnd) return
        await pause(pollIntervalMs)
      }
  }

  async #record(key: ContactKey, claim: Claim, result: SendResult): Promise<void> {
    const recorded = await this.#change(key, 'RecordDelivery', (contact) =>
      recordDelivery(contact, claim, result, this.#options.now()),
    )
    // Nothing to report if another code was requested meanwhile, or the address was verified.
    const verification = recorded && (recorded.result ?? currentVerification(recorded.contact, claim))
    if (verification) this.#report(key, claim, verification, outcomeOf(verification), causeOf(result))
  }

  #report(
    { contactId }: ContactKey,
    { kind }: Claim,
    { attempts }: Verification,
    outcome: DeliveryAttempt['outcome'],
    cause?: unknown,
  ): void {
    this.#options.observer.deliveryAttempted({ contactId, channel: channelOf(kind), attempt: attempts, outcome, cause })
  }

  /** Undefined if the contact was removed meanwhile. */
  async #change<Result>(
    { directoryId, contactId }: ContactKey,
    operation: string,
    decide: (contact: Contact) => Decision<Result>,
  ): Promise<Changed<Result> | undefined> {
    const { writer, newRequestId, processNow } = this.#options
    const caller = { id: 'delivery-worker', directoryId }
    const call: Call = { requestId: newRequestId(), operation, caller, deadline: deadlineIn(stepTimeoutMs, processNow) }
    try {
      return await writer.change(contactId, call, decide)
    } catch (error) {
      if (error instanceof Failure && error.reason === 'ENTITY_NOT_EXISTS_CONTACT') return undefined
      throw error
    }
  }
}

/** The verification that the claim is for, if it is still the contact's. */
function currentVerification(contact: Contact, { kind, verification: { id } }: Claim): Verification | undefined {
  const address = contact[kind]
  const verification = address && addressToVerify(address) !== undefined ? address.verification : undefined
  return verification?.id === id ? verification : undefined
}

const outcomes = { QUEUED: 'retry', SENT: 'sent', FAILED: 'failed' } as const
const outcomeOf = ({ deliveryState }: Verification): DeliveryAttempt['outcome'] => outcomes[deliveryState]

const causeOf = (result: SendResult): unknown => (result.kind === 'sent' ? undefined : result.cause)
