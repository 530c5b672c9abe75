import { setTimeout as pause } from 'node:timers/promises'
import type { Collection } from 'mongodb'
import type { Call } from '../../calls/call.js'
import { stampOf } from '../../calls/write-stamp.js'
import type { BatcherOptions } from '../../database/batcher.js'
import { type Progress, type Step, writeConditionally } from '../../database/conditional-write.js'
import type { Database } from '../../database/database.js'
import type { WriteOutcome } from '../../database/driver-errors.js'
import { WriteBatcher } from '../../database/write-batcher.js'
import { Failure } from '../../errors/failure.js'
import type { Deadline } from '../../time.js'
import {
  type Contact,
  type Decision,
  deliveryDueDateOf,
  requireEtag,
  revisionOf,
  type WriteDecision,
} from '../contact.js'
import { contactNotFound, nameAlreadyUsed } from '../refusals.js'
import { ChangeQueue } from './change-queue.js'
import type { ContactKey, ContactReader } from './reader.js'

/** After a lost race a change waits for up to this many milliseconds times the number of races, so that not all of them meet again. */
const raceWaitMs = 10
/** No contact has this revision. It stands for an etag that no contact can have. */
const noRevision = 0

/** A contact after a change, and what the rule gave beside it. */
export interface Changed<Result> {
  readonly contact: Contact
  readonly result: Result | undefined
}

interface ChangeAttempt<Result> extends Changed<Result> {
  readonly refusal: Failure | undefined
}

export interface ChangeOptions {
  /** The name as the caller sent it, for INVALID_PARAMETER_NAME_ALREADY_USED. */
  readonly requestedName?: string
  /** True for changes of the delivery worker, which go before those of callers. */
  readonly isWorker?: boolean
  /** The contact as this caller has just read or written it. Spares a read, unless somebody has changed it since. */
  readonly known?: Contact
}

export interface WriterOptions {
  readonly database: Database
  readonly contacts: Collection<Contact>
  readonly reader: ContactReader
  /** A random whole number, at least 0 and less than `max`. */
  readonly randomInt: (max: number) => number
  readonly batching?: BatcherOptions | undefined
}

/**
 * Changes and removes contacts. Each step is one write of one document, on the condition that nobody else wrote it meanwhile. Writes at the same
 * time share a command.
 */
export class ContactWriter {
  readonly #options: WriterOptions
  readonly #writes: WriteBatcher<Contact>
  readonly #queue = new ChangeQueue()

  constructor(options: WriterOptions) {
    this.#options = options
    this.#writes = new WriteBatcher(options.database, options.contacts, options.batching)
  }

  /**
   * Reads a contact, lets `decide` make its next state, and stores that with a new version and a write stamp. If somebody else was faster,
   * reads and decides again. Whatever `decide` throws is the answer; so is the refusal of a decision, once the state is stored.
   *
   * Refuses with ENTITY_NOT_EXISTS_CONTACT, INVALID_PARAMETER_NAME_ALREADY_USED (with `requestedName`),
   * CONCURRENT_CALL_NOT_SUPPORTED if others were faster again and again, DATABASE_UNAVAILABLE if nothing was written for certain,
   * and OUTCOME_UNKNOWN.
   */
  change<Result>(
    contactId: string,
    call: Call,
    decide: (contact: Contact) => Decision<Result>,
    { requestedName = '', isWorker = false, known }: ChangeOptions = {},
  ): Promise<Changed<Result>> {
    const key = { directoryId: call.caller.directoryId, contactId }
    return this.#queue.run(key, isWorker, () =>
      writeConditionally<ChangeAttempt<Result>, Changed<Result>>({
        prepare: (progress) => this.#prepareChange(contactId, call, decide, progress, known),
        write: ({ contact }) => this.#replace(contact, call.deadline, requestedName),
        resultOf: ({ contact, result, refusal }) => {
          if (refusal) throw refusal
          return { contact, result }
        },
      }),
    )
  }

  async #prepareChange<Result>(
    contactId: string,
    call: Call,
    decide: (contact: Contact) => Decision<Result>,
    progress: Progress<ChangeAttempt<Result>>,
    known: Contact | undefined,
  ): Promise<Step<ChangeAttempt<Result>, Changed<Result>>> {
    const { races, lost, open } = progress
    if (lost) await pause(this.#options.randomInt(raceWaitMs * races))
    const contact = progress.wasRead || !known ? await this.#read(contactId, call, progress) : known
    if (!contact) return { kind: 'wait' }
    progress.wasRead = true
    if (open && isWritten(open.attempt.contact, contact)) return { kind: 'written', attempt: open.attempt }
    // Somebody was faster, and a majority does not have that yet: a decision about the same state would lose again.
    if (lost && contact.version < lost.contact.version) return { kind: 'wait' }
    if (open) {
      const { attempt, cause } = open
      if (contact.version < attempt.contact.version) return { kind: 'write', attempt }
      // The attempt may be one of several writes since.
      if (contact.version > attempt.contact.version) throw new Failure('OUTCOME_UNKNOWN', { cause })
      // Another write has this version: the attempt was not written, and cannot be any more.
      progress.open = undefined
    }
    const decision = decide(contact)
    const done = { kind: 'done', result: { contact, result: undefined } } as const
    if (decision.kind === 'skip') return done
    if (decision.kind === 'unchanged') return (await this.#isCurrent(contact, call)) ? done : { kind: 'wait' }
    const { result, refusal } = decision
    return { kind: 'write', attempt: { contact: this.#nextState(contact, decision, call), result, refusal } }
  }

  /**
   * The contact as a majority has it. Undefined if it must be read again: after an election the new primary may show an older state for a moment,
   * in which a contact that this call has already seen does not exist yet.
   */
  async #read(contactId: string, call: Call, { wasRead }: Progress<unknown>): Promise<Contact | undefined> {
    const { reader } = this.#options
    const key = { directoryId: call.caller.directoryId, contactId }
    const contact = await reader.find(key, call.deadline)
    if (contact) return contact
    if (wasRead && (await this.#matches(key, call))) return undefined
    throw contactNotFound(contactId)
  }

  /** True if no write came between: a read alone may show an older state for a moment after an election. */
  #isCurrent({ _id, directoryId, version }: Contact, call: Call): Promise<boolean> {
    return this.#matches({ directoryId, contactId: _id }, call, { version })
  }

  /** Whether the contact exists, in that state: a write that changes nothing, which a majority confirms. */
  async #matches({ directoryId, contactId }: ContactKey, { deadline }: Call, state = {}): Promise<boolean> {
    const filter = { _id: contactId, directoryId, ...state }
    const update = { $set: { directoryId } }
    const outcome = await this.#writes.write({ kind: 'update', filter, update }, deadline)
    if (outcome.kind === 'written' || outcome.kind === 'unmatched') return outcome.kind === 'written'
    // It changes nothing, so it can be repeated, as often as the driver repeats it.
    return this.#options.database.runCommand(deadline, async (timeoutMS) => {
      const { matchedCount } = await this.#options.contacts.updateOne(filter, update, { timeoutMS })
      return matchedCount > 0
    })
  }

  #nextState(before: Contact, { contact, isVisible }: WriteDecision<unknown>, call: Call): Contact {
    const lastWrite = stampOf(call, this.#options.database.now())
    return {
      ...contact,
      revision: isVisible ? before.revision + 1 : before.revision,
      // Never before the last change, whatever the clocks of the database's members say.
      updateDate: isVisible ? laterOf(before.updateDate, lastWrite.date) : before.updateDate,
      version: before.version + 1,
      deliveryDueDate: deliveryDueDateOf(contact),
      lastWrite,
    }
  }

  /**
   * Removes a contact with its name, slot and client token; with an etag, only in that state.
   * Refuses with ENTITY_NOT_EXISTS_CONTACT, ETAG_MISMATCH, CONCURRENT_CALL_NOT_SUPPORTED, DATABASE_UNAVAILABLE if nothing was removed
   * for certain, and OUTCOME_UNKNOWN.
   */
  remove(contactId: string, etag: string, call: Call): Promise<void> {
    return writeConditionally<'removal', void>({
      prepare: (progress) => this.#prepareRemoval(contactId, etag, call, progress),
      write: () => this.#delete(contactId, etag, call),
      resultOf: () => {},
    })
  }

  async #prepareRemoval(
    contactId: string,
    etag: string,
    { caller: { directoryId }, deadline }: Call,
    { lost, open }: Progress<'removal'>,
  ): Promise<Step<'removal', void>> {
    // Repeating a removal is safe, because ids are never used twice.
    if (!lost) return { kind: 'write', attempt: 'removal' }
    const contact = await this.#options.reader.find({ directoryId, contactId }, deadline)
    if (!contact && open) return { kind: 'written', attempt: 'removal' }
    if (!contact) throw contactNotFound(contactId)
    requireEtag(contact, etag)
    // A majority still has what is being removed, by another call or by the open attempt.
    return { kind: 'write', attempt: 'removal' }
  }

  /**
   * Puts a delivery that is due at `now` aside until `until`, whatever else is in the document: it cannot be read, or its delivery cannot
   * be claimed. False if it is not due any more, because another process has done that.
   */
  async parkDelivery(contactId: string, now: Date, until: Date, deadline: Deadline): Promise<boolean> {
    // Not by the directory, which may be what is damaged.
    const filter = { _id: contactId, deliveryDueDate: { $lte: now } }
    const update = { $set: { deliveryDueDate: until } }
    return this.#options.database.runCommand(deadline, async (timeoutMS) => {
      const { modifiedCount } = await this.#options.contacts.updateOne(filter, update, { timeoutMS })
      return modifiedCount > 0
    })
  }

  async #replace(contact: Contact, deadline: Deadline, requestedName: string): Promise<WriteOutcome> {
    const { _id, directoryId, version } = contact
    const filter = { _id, directoryId, version: version - 1 }
    const outcome = await this.#writes.write({ kind: 'update', filter, update: contact }, deadline)
    // Of what a change writes, only the name is in a unique index.
    if (outcome.kind === 'duplicate') throw nameAlreadyUsed(requestedName)
    return outcome
  }

  #delete(contactId: string, etag: string, { caller: { directoryId }, deadline }: Call): Promise<WriteOutcome> {
    const state = etag === '' ? {} : { revision: revisionOf(etag) ?? noRevision }
    return this.#writes.write({ kind: 'delete', filter: { _id: contactId, directoryId, ...state } }, deadline)
  }
}

const laterOf = (one: Date, other: Date) => (one > other ? one : other)

const isWritten = (attempted: Contact, stored: Contact) =>
  stored.version === attempted.version && stored.lastWrite.requestId === attempted.lastWrite.requestId
