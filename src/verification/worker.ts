import { setTimeout as pause } from 'node:timers/promises'
import type { Call } from '../calls/call.js'
import type { Contact, Decision } from '../contacts/contact.js'
import type { ContactKey, ContactReader } from '../contacts/store/reader.js'
import type { Changed, ContactWriter } from '../contacts/store/writer.js'
import type { Reason } from '../errors/catalog.js'
import { Failure, toFailure } from '../errors/failure.js'
import { maxSendMs, SendError, type SendResult } from '../messaging/message.js'
import type { Sender } from '../messaging/sender.js'
import type { DeliveryAttempt, Observer } from '../telemetry/observer.js'
import type { Tracing } from '../telemetry/tracing.js'
import { addMs, type Deadline, deadlineIn } from '../time.js'
import type { VerificationCodes } from './codes.js'
import { type CanSend, type Claim, channelOf, claimDelivery, recordDelivery } from './delivery.js'
import { DeliveryCapacity, type DueMessage, dueMessages } from './delivery-capacity.js'
import { type SendableMessage, SendableMessages } from './sendable-messages.js'

export interface DeliveryWorkerOptions {
  readonly reader: ContactReader
  readonly writer: ContactWriter
  readonly sender: Pick<Sender, 'send' | 'missingSetting' | 'isPrinted'>
  readonly codes: VerificationCodes
  readonly observer: Pick<Observer, 'deliveryAttempted' | 'deliveryParked' | 'workerFailed'>
  /** Without it, nothing is traced. */
  readonly tracing?: Pick<Tracing, 'current' | 'runDelivery'> | undefined
  /** The time that is stored. */
  readonly now: () => Date
  /** The clock of the process, in milliseconds since the epoch. */
  readonly processNow: () => number
  /** Unique for each write of the worker: its request id. */
  readonly newRequestId: () => string
}

/** How often the worker looks for due deliveries without being woken: those of killed processes, and further attempts. In milliseconds. */
const pollIntervalMs = 1000
/** The minimum time between two looks, in milliseconds: deliveries that become due or end at nearly the same time share one. */
const minLookIntervalMs = 10
/** How many due contacts are looked at together: as many as can be sent at the same time by both channels. */
const maxCandidates = 32
/** The maximum duration of one step in the database, in milliseconds. */
const stepTimeoutMs = 5000
/** How long a delivery is put aside that cannot be claimed, in milliseconds. */
const parkMs = 5 * 60_000

/** Failures of a claim that are due to the contact itself, unless it was removed meanwhile. */
const damageReasons: readonly Reason[] = ['INTERNAL', 'ENTITY_NOT_EXISTS_CONTACT']

/**
 * Sends verification codes, in every process: claims a due delivery, sends the message, and records the result. If a process is killed in
 * between, another one takes over the delivery when the lease of its claim has ended. The message is then sent once more; its reference tells
 * the receiver that it is the same.
 */
export class DeliveryWorker {
  readonly #options: DeliveryWorkerOptions
  readonly #capacity = new DeliveryCapacity()
  /** Deliveries that are being claimed, or claimed and not yet recorded. */
  readonly #deliveries = new Set<Promise<void>>()
  readonly #sendable: SendableMessages
  #isStopped = false
  #isWoken = false
  #wakeUp: () => void = () => {}
  #isFailing = false
  /** True if there may be more due than the last look has found. */
  #hasMoreDue = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: DeliveryWorkerOptions) {
    this.#options = options
    this.#sendable = new SendableMessages(options.sender)
  }

  start(): void {
    this.#running = this.#run()
  }

  /** A message that was requested in this process is due now. */
  wake(message: SendableMessage): void {
    this.#sendable.add(message)
    this.#wakeNow()
  }

  #wakeNow(): void {
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
      await this.#look()
      if (!this.#isStopped) await pause(minLookIntervalMs)
      // Without progress there is always a longer pause, whatever the database says is due.
      if (!this.#isWoken && !this.#isStopped) await this.#waitUntilWoken()
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

  /** Begins what is due, up to the capacity, and waits for none of it: a claim that takes long must not delay the others. */
  async #look(): Promise<void> {
    const { reader, now } = this.#options
    try {
      const selections = this.#capacity.selections((kind) => this.#sendable.nextIds(kind, now()))
      if (selections.length === 0) return
      const due = await reader.findDue(now(), maxCandidates, selections, this.#deadline())
      this.#hasMoreDue = due.length === maxCandidates
      if (due.length === 0) this.#isFailing = false
      for (const message of due.flatMap((contact) => dueMessages(contact, now())))
        if (this.#capacity.take(message)) this.#begin(message)
    } catch (cause) {
      this.#reportFailure(cause)
    }
  }

  #reportFailure(cause: unknown): void {
    if (!this.#isFailing) this.#options.observer.workerFailed(cause)
    this.#isFailing = true
  }

  /** Claims and delivers a message, and then releases its capacity. */
  #begin(message: DueMessage): void {
    const ended = this.#traced(message, () => this.#claimAndDeliver(message))
      .catch((cause: unknown) => {
        this.#reportFailure(cause)
        return false
      })
      .then((isDelivered) => {
        this.#capacity.release(message)
        this.#deliveries.delete(ended)
        if (isDelivered) this.#wakeNow()
      })
    this.#deliveries.add(ended)
  }

  /** The work of a delivery, in a span of its own if the Send was traced. */
  #traced<Result>({ kind, traceparent }: DueMessage, work: () => Promise<Result>): Promise<Result> {
    const { tracing } = this.#options
    return tracing && kind ? tracing.runDelivery({ channel: channelOf(kind), traceparent }, work) : work()
  }

  /** False if there was nothing to claim. */
  async #claimAndDeliver(message: DueMessage): Promise<boolean> {
    const { contact, result: claim } = (await this.#claim(message)) ?? {}
    if (!contact || !claim) return false
    if (this.#hasMoreDue) this.#wakeNow()
    if (claim.isExpired) this.#report(message, claim, 'expired')
    else await this.#deliver(contact, claim)
    return true
  }

  /** Without a result, or undefined, if there is nothing to claim: another process was faster, or this one cannot send it. */
  async #claim(message: DueMessage): Promise<Changed<Claim> | undefined> {
    const { contactId } = message
    const canSend: CanSend = (kind, verification) =>
      kind === message.kind && this.#sendable.has({ contactId, kind, verification })
    const decide = (contact: Contact) => claimDelivery(contact, this.#options.now(), canSend)
    try {
      if (message.damage) throw new Failure('INTERNAL', { cause: message.damage })
      const claimed = await this.#change(message, 'ClaimDelivery', decide)
      this.#isFailing = false
      return claimed
    } catch (error) {
      const failure = toFailure(error)
      if (damageReasons.includes(failure.reason)) await this.#park(message, failure.context.cause ?? failure)
      // Others were faster again and again, which passes.
      else if (failure.reason !== 'CONCURRENT_CALL_NOT_SUPPORTED') throw failure
      return undefined
    }
  }

  /** A damaged contact stops no other delivery. It is tried again later: somebody may have repaired it. */
  async #park({ contactId }: ContactKey, cause: unknown): Promise<void> {
    const { writer, observer, tracing, now } = this.#options
    const isParked = await writer.parkDelivery(contactId, now(), addMs(now(), parkMs), this.#deadline())
    if (!isParked) return
    observer.deliveryParked(contactId, cause, tracing?.current())
    this.#wakeNow()
  }

  /** `claimed` is the contact as the claim has stored it. */
  async #deliver(claimed: Contact, claim: Claim): Promise<void> {
    const { verification } = claim
    const { sender, codes, now } = this.#options
    const { id: reference, address: to, expireDate, dueDate: leaseEnd = now() } = verification
    // Storing the claim took so long that the lease could end during the sending, and another process would send as well.
    const isLate = leaseEnd.getTime() - now().getTime() < maxSendMs
    const result: SendResult = isLate
      ? { kind: 'retry', cause: new SendError('LEASE'), mayHaveArrived: false }
      : await sender.send({
          channel: channelOf(claim.kind),
          to,
          code: codes.codeOf(verification),
          expireDate,
          reference,
          name: claimed.name,
          mayHaveArrived: claim.mayHaveArrived,
        })
    await this.#recordUntilStored(claimed, claim, result)
    const { _id: contactId } = claimed
    if (result.kind !== 'retry') this.#sendable.delete({ contactId, kind: claim.kind, verification })
  }

  /**
   * Until it is stored, or the code has expired: a message whose result is known must not be sent again. Meanwhile this process does not claim
   * it.
   */
  async #recordUntilStored(claimed: Contact, claim: Claim, result: SendResult): Promise<void> {
    for (let isReported = false; ; isReported = true)
      try {
        return await this.#record(claimed, claim, result)
      } catch (cause) {
        if (!isReported) this.#reportFailure(cause)
        if (this.#isStopped || this.#options.now() >= claim.verification.expireDate) return
        await pause(pollIntervalMs)
      }
  }

  async #record(claimed: Contact, claim: Claim, result: SendResult): Promise<void> {
    const key = { directoryId: claimed.directoryId, contactId: claimed._id }
    const decide = (contact: Contact) => recordDelivery(contact, claim, result, this.#options.now())
    try {
      const recorded = await this.#change(key, 'RecordDelivery', decide, claimed)
      // Where another process has finished the delivery, the result of this attempt is reported and not the state.
      const outcome = recorded.result ? outcomes[recorded.result.deliveryState] : result.kind
      this.#report(key, claim, outcome, result.kind === 'sent' ? undefined : result.cause)
    } catch (error) {
      if (!(error instanceof Failure && error.reason === 'ENTITY_NOT_EXISTS_CONTACT')) throw error
    }
  }

  #report({ contactId }: ContactKey, claim: Claim, outcome: DeliveryAttempt['outcome'], cause?: SendError): void {
    const channel = channelOf(claim.kind)
    const { attempts: attempt } = claim.verification
    const { code, isOperatorProblem = false } = cause ?? {}
    this.#options.observer.deliveryAttempted({
      contactId,
      channel,
      attempt,
      outcome,
      code,
      isOperatorProblem,
      cause,
      trace: this.#options.tracing?.current(),
    })
  }

  #change<Result>(
    { directoryId, contactId }: ContactKey,
    operation: string,
    decide: (contact: Contact) => Decision<Result>,
    known?: Contact,
  ): Promise<Changed<Result>> {
    const { writer, newRequestId } = this.#options
    const caller = { id: 'delivery-worker', directoryId }
    const call: Call = { requestId: newRequestId(), operation, caller, deadline: this.#deadline() }
    return writer.change(contactId, call, decide, { isWorker: true, ...(known && { known }) })
  }

  #deadline(): Deadline {
    return deadlineIn(stepTimeoutMs, this.#options.processNow)
  }
}

const outcomes = { QUEUED: 'retry', SENT: 'sent', FAILED: 'failed' } as const
