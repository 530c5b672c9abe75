import type { Collection } from 'mongodb'
import type { Call } from '../../calls/call.js'
import { stampOf } from '../../calls/write-stamp.js'
import { Batcher, type BatcherOptions, expired } from '../../database/batcher.js'
import { type Progress, type Step, writeConditionally } from '../../database/conditional-write.js'
import type { Database } from '../../database/database.js'
import type { WriteOutcome } from '../../database/driver-errors.js'
import { insertBatch } from '../../database/insert-batch.js'
import { Failure } from '../../errors/failure.js'
import type { Deadline } from '../../time.js'
import type { Contact, NewContact } from '../contact.js'
import { nameAlreadyUsed } from '../refusals.js'
import type { ContactSettings } from '../settings.js'
import { SlotReservations } from './slot-reservations.js'
import { requireContact, storedContact } from './stored-contact.js'
import type { TakenByContact, TakenReader } from './taken-reader.js'

export interface InserterOptions {
  readonly database: Database
  readonly contacts: Collection<Contact>
  readonly taken: TakenReader
  readonly settings: Pick<ContactSettings, 'CONTACTS_PER_DIRECTORY'>
  /** A random whole number, at least 0 and less than `max`. */
  readonly randomInt: (max: number) => number
  readonly batching?: BatcherOptions | undefined
}

/** How many full directories are remembered. */
const maxFull = 10_000

/** Adds contacts: slots, client tokens, and attempts with an unknown outcome. */
export class ContactInserter {
  readonly #options: InserterOptions
  readonly #inserts: Batcher<Contact, WriteOutcome>
  readonly #slots: SlotReservations
  /** Directories that were full when they were last read. An add to one of them begins with a read, because an insert would cost more. */
  readonly #full = new Set<string>()

  constructor(options: InserterOptions) {
    this.#options = options
    const { database, contacts, batching } = options
    this.#inserts = new Batcher(
      (batch, latestTime) => insertBatch(database, contacts, batch, latestTime),
      ({ directoryId }) => directoryId,
      batching,
    )
    this.#slots = new SlotReservations(options.randomInt)
  }

  /**
   * Adds a contact, or gives the one that an earlier call with the same client token added.
   *
   * Refuses with INVALID_PARAMETER_CLIENT_TOKEN, INVALID_PARAMETER_NAME_ALREADY_USED (with `requestedName`, the name as the caller sent it)
   * and LIMIT_EXCEEDED_CONTACTS, in this order of precedence; with CONCURRENT_CALL_NOT_SUPPORTED if others were faster again and again,
   * with DATABASE_UNAVAILABLE if nothing was written for certain, and with OUTCOME_UNKNOWN.
   */
  async add(contact: NewContact, call: Call, requestedName: string): Promise<Contact> {
    const lastWrite = stampOf(call, this.#options.database.now())
    const { directoryId } = contact
    let reserved: number | undefined
    const release = (isTaken: boolean) => {
      if (reserved !== undefined) this.#slots.release(directoryId, reserved, isTaken)
      reserved = undefined
    }
    const attemptWithout = (taken: ReadonlySet<number>): Step<Contact, Contact> => {
      release(false)
      const slot = this.#reserveSlot(directoryId, taken)
      reserved = slot
      return { kind: 'write', attempt: storedContact(contact, slot, lastWrite) }
    }
    const adding = writeConditionally<Contact, Contact>({
      prepare: async ({ lost, open }: Progress<Contact>) => {
        // Not again: the first copy may be written late and be removed before the second one, which would bring the contact back under its id.
        if (open) throw new Failure('OUTCOME_UNKNOWN', { cause: open.cause })
        // The contact itself may be what was refused its own repetition.
        if (!lost && !this.#full.has(directoryId)) return attemptWithout(new Set())
        return this.#afterRead(contact, call, requestedName, attemptWithout, lost !== undefined)
      },
      write: (attempt) => this.#insert(attempt, call),
      resultOf: (attempt) => attempt,
    })
    try {
      const added = await adding
      release(true)
      return added
    } finally {
      release(false)
    }
  }

  /**
   * Finds out why a unique index refused the contact, or would. Which index it is does not matter: one read of the directory's names, slots and
   * tokens answers all questions. A contact that is given as the result is read again with majority.
   */
  async #afterRead(
    contact: NewContact,
    call: Call,
    requestedName: string,
    attemptWithout: (taken: ReadonlySet<number>) => Step<Contact, Contact>,
    isAfterInsert: boolean,
  ): Promise<Step<Contact, Contact>> {
    const { directoryId, name, clientToken, requestHash } = contact
    const unavailable = isAfterInsert ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE'
    const needsConfirmation = !isAfterInsert
    const others = await this.#options.taken.find(directoryId, {
      deadline: call.deadline,
      unavailable,
      needsConfirmation,
    })
    const own = others.find(({ _id }) => _id === contact._id)
    const withToken = clientToken && others.find((other) => other.clientToken === clientToken)
    if (!own && withToken && withToken.requestHash !== requestHash) throw clientTokenUsed()
    const existing = own ?? withToken
    if (existing) return this.#confirmed(existing, call)
    if (others.some((other) => other.name === name)) throw nameAlreadyUsed(requestedName)
    return attemptWithout(new Set(others.map(({ slot }) => slot)))
  }

  /** A contact that exists, as the result once a majority has it. */
  async #confirmed({ _id, directoryId }: TakenByContact, { deadline }: Call): Promise<Step<Contact, Contact>> {
    const contact = await this.#options.database.runCommand(
      deadline,
      (timeoutMS) => this.#options.contacts.findOne({ _id, directoryId }, { timeoutMS }),
      'OUTCOME_UNKNOWN',
    )
    // After an election a read may show an older state for a moment: the contact may have been removed since.
    const isCurrent = contact && (await this.#isCurrent(contact, deadline))
    return isCurrent ? { kind: 'done', result: requireContact(contact) } : { kind: 'wait' }
  }

  /** A write that changes nothing, which a majority confirms. */
  #isCurrent({ _id, directoryId, version }: Contact, deadline: Deadline): Promise<boolean> {
    const { database, contacts } = this.#options
    return database.runCommand(
      deadline,
      async (timeoutMS) => {
        const filter = { _id, directoryId, version }
        const { matchedCount } = await contacts.updateOne(filter, { $set: { directoryId } }, { timeoutMS })
        return matchedCount > 0
      },
      'OUTCOME_UNKNOWN',
    )
  }

  #reserveSlot(directoryId: string, taken: ReadonlySet<number>): number {
    const limit = this.#options.settings.CONTACTS_PER_DIRECTORY
    const slot = this.#slots.reserve(directoryId, limit, taken)
    if (slot !== undefined) {
      this.#full.delete(directoryId)
      return slot
    }
    if (this.#full.size >= maxFull) this.#full.clear()
    this.#full.add(directoryId)
    throw directoryFull(limit)
  }

  async #insert(contact: Contact, { deadline }: Call): Promise<WriteOutcome> {
    this.#options.database.requireUsable(deadline)
    const outcome = await this.#inserts.submit(contact, deadline)
    if (outcome === expired) throw new Failure('DEADLINE_EXCEEDED')
    return outcome
  }
}

const clientTokenUsed = () =>
  new Failure('INVALID_PARAMETER_CLIENT_TOKEN', {
    violations: [{ field: 'client_token', reason: 'INVALID_PARAMETER_CLIENT_TOKEN' }],
  })

const directoryFull = (limit: number) =>
  new Failure('LIMIT_EXCEEDED_CONTACTS', {
    quota: {
      subject: 'resource directory',
      setting: 'CONTACTS_PER_DIRECTORY' satisfies keyof ContactSettings,
      limit,
    },
  })
