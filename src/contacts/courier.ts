import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../failure.js'
import { addressOf, type ChannelName, type Contact, type Verification } from './contact.js'
import { type Claim, type Claimed, claimedContact, deliveredContact, type Outcome } from './delivery.js'
import type { Changes } from './store/changes.js'
import type { Patience } from './store/group-commit.js'
import type { ContactKey, Lookups } from './store/lookups.js'

/** A message with a code, ready to be sent. */
export interface Outgoing {
  readonly channel: ChannelName
  readonly to: string
  readonly name: string
  readonly verificationId: string
  readonly expireDate: Date
}

/** What became of a message, for the log. Holds no address. */
export interface Delivered {
  readonly contactId: string
  readonly channel: ChannelName
  readonly attempts: number
  /** QUEUED where it will be tried again. */
  readonly state: Verification['deliveryState']
  readonly cause?: unknown
}

export interface CourierOptions {
  readonly lookups: Lookups
  readonly changes: Changes
  /** Never rejects. */
  readonly send: (message: Outgoing) => Promise<Outcome & { readonly cause?: unknown }>
  readonly now: () => Date
  /** Unique for each step: the writes of a step are known by it. */
  readonly newStepId: () => string
  readonly delivered: (delivered: Delivered) => void
  /** Messages cannot be claimed or marked; told once until they can be again. It goes on by itself. */
  readonly failed: (cause: unknown) => void
}

/** How often it looks for messages that nobody woke it for: those of processes that were killed, and those to be tried again. In milliseconds. */
const everyMs = 1000
/** How many messages one process sends at once. */
const most = 16
/** The longest a step in the database may take, in milliseconds. */
const stepMs = 5000

/**
 * Brings messages under way, in every process: claims what is due, sends it, and marks what became of it. Whoever is killed in between leaves the
 * message to another one when its claim has run out; it is sent once more then, and its reference tells the receiver that it is the same.
 */
export class Courier {
  readonly #options: CourierOptions
  #stopped = false
  #woken = false
  #wake: () => void = () => {}
  #isFailing = false
  #running: Promise<void> = Promise.resolve()
  /** What is claimed and not yet marked. */
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: CourierOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Something is due now. */
  wake(): void {
    this.#woken = true
    this.#wake()
  }

  /** Claims no more; resolves when all that was claimed is marked. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#running
    await Promise.all(this.#underWay)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false
      const goesOn = await this.#deliverDue()
      if (!goesOn && !this.#woken && !this.#stopped) await this.#rest()
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Claims what is due, as far as there is room, and waits for no receiver. True where there may be more. */
  async #deliverDue(): Promise<boolean> {
    const room = most - this.#underWay.size
    if (room <= 0) return false
    try {
      const keys = await this.#options.lookups.due(this.#options.now(), room, this.#patience())
      // All of them have ended before the next look, so that none begins unseen.
      const claims = await Promise.allSettled(keys.map((key) => this.#claim(key)))
      const lost = claims.find((claim) => claim.status === 'rejected')
      if (lost) throw lost.reason
      this.#isFailing = false
      return keys.length > 0
    } catch (cause) {
      this.#fail(cause)
      return false
    }
  }

  #fail(cause: unknown): void {
    if (!this.#isFailing) this.#options.failed(cause)
    this.#isFailing = true
  }

  async #claim(key: ContactKey): Promise<void> {
    const stepId = this.#options.newStepId()
    let claimed: Claimed | undefined
    const contact = await this.#change(key, (found) => {
      claimed = claimedContact(found, stepId, this.#options.now())
      return claimed.contact
    })
    if (!contact || !claimed) return
    if (claimed.late) this.#tell(contact, claimed.late)
    if (claimed.claim) this.#begin(this.#deliver(key, contact.name, claimed.claim))
  }

  #begin(delivery: Promise<void>): void {
    const ended = delivery
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => {
        this.#underWay.delete(ended)
        this.wake()
      })
    this.#underWay.add(ended)
  }

  async #deliver(key: ContactKey, name: string, claim: Claim): Promise<void> {
    const { channel, address: to, verification } = claim
    const { id: verificationId, expireDate } = verification
    const outcome = await this.#options.send({ channel, to, name, verificationId, expireDate })
    await this.#markAgain(key, claim, outcome)
  }

  /** Until it is marked, or the claim has run out: a message whose outcome is known should not be sent again. */
  async #markAgain(key: ContactKey, claim: Claim, outcome: Outcome & { readonly cause?: unknown }): Promise<void> {
    const { dueDate = this.#options.now() } = claim.verification
    for (;;)
      try {
        return await this.#mark(key, claim, outcome)
      } catch (cause) {
        this.#fail(cause)
        if (this.#stopped || this.#options.now() >= dueDate) return
        await pause(everyMs)
      }
  }

  async #mark(key: ContactKey, claim: Claim, outcome: Outcome & { readonly cause?: unknown }): Promise<void> {
    const { now, newStepId } = this.#options
    const stepId = newStepId()
    const contact = await this.#change(key, (found) => deliveredContact(found, claim, outcome, stepId, now()))
    if (contact) this.#tell(contact, claim, outcome.cause)
  }

  /** Undefined where the contact was removed meanwhile. */
  async #change(key: ContactKey, next: (contact: Contact) => Contact): Promise<Contact | undefined> {
    try {
      return await this.#options.changes.change(key, this.#patience(), (contact) => ({ contact: next(contact) }))
    } catch (error) {
      if (error instanceof Failure && error.reason === 'ENTITY_NOT_EXISTS_CONTACT') return undefined
      throw error
    }
  }

  #tell(contact: Contact, { channel, verification: { id } }: Claim, cause?: unknown): void {
    const { verification } = addressOf(contact, channel)
    // Another code was asked for meanwhile, or the address was proved: nobody cares about this one any more.
    if (verification?.id !== id) return
    const { attempts, deliveryState: state } = verification
    this.#options.delivered({ contactId: contact._id, channel, attempts, state, cause })
  }

  #patience(): Patience {
    const deadline = this.#options.now().getTime() + stepMs
    return { deadline, ended: () => this.#options.now().getTime() >= deadline }
  }
}
