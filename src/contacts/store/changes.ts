import { setTimeout } from 'node:timers/promises'
import { Failure } from '../../failure.js'
import { type Contact, expectEtag, revisionOf } from '../contact.js'
import type { ContactCollection } from './collection.js'
import { afterSingleWrite, type SingleWrite } from './driver-errors.js'
import type { Patience } from './group-commit.js'
import type { ContactKey, Lookups } from './lookups.js'
import { contactNotFound, nameUsed } from './refusals.js'

/** How often a change may be overtaken by others before its call gives up. */
const mostRaces = 5
/** Whoever lost a race waits for up to so many milliseconds, longer each time, so that not all of them meet again. */
const afterRaceMs = 10
/** No contact has it: what an etag stands for that is none. */
const noRevision = 0

/** An attempt that may have landed unheard of, or may still land. */
interface Unsure {
  readonly attempt: Contact
  readonly cause: unknown
}

type NotWritten = Exclude<SingleWrite, { kind: 'written' } | { kind: 'missed' }>

/** How contacts are changed and removed. Each step is one write of one document, under the condition that nobody came between. */
export class Changes {
  readonly #collection: ContactCollection
  readonly #lookups: Lookups
  readonly #dice: (sides: number) => number

  constructor(collection: ContactCollection, lookups: Lookups, dice: (sides: number) => number) {
    this.#collection = collection
    this.#lookups = lookups
    this.#dice = dice
  }

  /**
   * Reads a contact, lets `decide` make the next state of it, and writes that, unless it is the very same contact. Where somebody was faster it is read
   * and decided again. Whatever `decide` throws is the answer. The next state bears the `changeRequestId` of its call, by which its write is known.
   *
   * Refuses with ENTITY_NOT_EXISTS_CONTACT, INVALID_PARAMETER_NAME_ALREADY_USED (naming the contact `spelling`, as its caller did),
   * CONCURRENT_CALL_NOT_SUPPORTED where others were faster again and again, DATABASE_UNAVAILABLE where surely nothing was written,
   * and OUTCOME_UNKNOWN where that cannot be told.
   */
  async change(
    key: ContactKey,
    patience: Patience,
    decide: (contact: Contact) => Contact,
    spelling: string,
  ): Promise<Contact> {
    this.#collection.mustBePrepared()
    let attempt: Contact | undefined
    let unsure: Unsure | undefined
    for (let race = 0; race < mostRaces; ) {
      const contact = await this.#find(key, patience, unsure)
      // Also where it was said to have missed: the driver repeats by itself, and what has landed is in the way of its own repeat
      // on a server that does not know the two for one.
      if (attempt && contact.changeRequestId === attempt.changeRequestId) return contact
      unsure = stillUnsure(unsure, contact)
      const next = decide(contact)
      if (next === contact) return contact
      attempt = next
      const write = await this.#replace(contact, next, patience)
      if (write.kind === 'written') return next
      if (write.kind === 'missed') {
        race += 1
        await setTimeout(this.#dice(afterRaceMs * race))
      } else unsure = unsureAfter(write, next, unsure, spelling)
    }
    throw unsure ? unknown(unsure) : new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
  }

  /**
   * Removes a contact, with its name, place and token; where `etag` is not empty, only in that state. Refuses with ENTITY_NOT_EXISTS_CONTACT, ETAG_MISMATCH,
   * DATABASE_UNAVAILABLE where surely nothing was removed, and OUTCOME_UNKNOWN where that cannot be told.
   */
  async remove(key: ContactKey, etag: string, patience: Patience): Promise<void> {
    const first = await this.#delete(key, etag, patience)
    const unsure = first.kind === 'uncertain'
    // To remove it again is safe, and the answer to that tells.
    const write = unsure ? await this.#delete(key, etag, patience) : first
    switch (write.kind) {
      case 'written':
        return
      case 'missed':
      case 'nameTaken':
        return this.#whyMissed(key, etag, patience, unsure)
      case 'uncertain':
      case 'unsent':
        throw new Failure(unsure ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE', { cause: write.cause })
      case 'failed':
        throw new Failure('INTERNAL', { cause: write.cause })
    }
  }

  /** Throws why nothing was there to remove in that state, unless it was removed by the attempt of which nothing was heard. */
  async #whyMissed(key: ContactKey, etag: string, patience: Patience, unsure: boolean): Promise<void> {
    const contact = etag === '' ? undefined : await this.#look(key, patience, unsure)
    if (contact) {
      expectEtag(contact, etag)
      // A majority still has what is being removed: by another call, or by the attempt of which nothing was heard.
      throw new Failure(unsure ? 'OUTCOME_UNKNOWN' : 'CONCURRENT_CALL_NOT_SUPPORTED')
    }
    if (!unsure) throw contactNotFound(key.contactId)
  }

  async #find(key: ContactKey, patience: Patience, unsure: Unsure | undefined): Promise<Contact> {
    const contact = await this.#look(key, patience, unsure !== undefined)
    if (contact) return contact
    // Before the contact was removed, others may have seen what the attempt made of it.
    throw unsure ? unknown(unsure) : contactNotFound(key.contactId)
  }

  #look(key: ContactKey, patience: Patience, unsure: boolean): Promise<Contact | undefined> {
    return this.#lookups.find(key, patience, unsure ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE')
  }

  #replace({ _id, directoryId, revision }: Contact, next: Contact, patience: Patience): Promise<SingleWrite> {
    return this.#write(patience, async (timeoutMS) => {
      const { matchedCount } = await this.#collection.documents.replaceOne({ _id, directoryId, revision }, next, {
        timeoutMS,
      })
      return matchedCount
    })
  }

  #delete({ directoryId, contactId }: ContactKey, etag: string, patience: Patience): Promise<SingleWrite> {
    const inState = etag === '' ? {} : { revision: revisionOf(etag) ?? noRevision }
    return this.#write(patience, async (timeoutMS) => {
      const filter = { _id: contactId, directoryId, ...inState }
      const { deletedCount } = await this.#collection.documents.deleteOne(filter, { timeoutMS })
      return deletedCount
    })
  }

  /** One write of one document, within the call's time; `command` gives how many documents it found. */
  async #write(patience: Patience, command: (timeoutMS: number) => Promise<number>): Promise<SingleWrite> {
    if (patience.ended()) throw new Failure('OUT_OF_TIME')
    try {
      const found = await command(this.#collection.timeLimit(patience.deadline))
      return { kind: found > 0 ? 'written' : 'missed' }
    } catch (error) {
      return afterSingleWrite(error)
    }
  }
}

const unknown = ({ cause }: Unsure) => new Failure('OUTCOME_UNKNOWN', { cause })

/** What is open after a write that was neither carried out nor overtaken. Throws the answer where nothing is, or where it stays open. */
function unsureAfter(write: NotWritten, attempt: Contact, unsure: Unsure | undefined, spelling: string): Unsure {
  switch (write.kind) {
    case 'nameTaken':
      throw nameUsed(spelling)
    case 'failed':
      throw new Failure('INTERNAL', { cause: write.cause })
    case 'unsent':
      throw new Failure(unsure ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE', { cause: write.cause })
    case 'uncertain':
      if (unsure) throw new Failure('OUTCOME_UNKNOWN', { cause: write.cause })
      return { attempt, cause: write.cause }
  }
}

/** What a contact that another call changed last tells of an attempt. Throws OUTCOME_UNKNOWN where that tells nothing. */
function stillUnsure(unsure: Unsure | undefined, { revision }: Contact): Unsure | undefined {
  if (!unsure || revision < unsure.attempt.revision) return unsure
  // The attempt may be one of several changes since.
  if (revision > unsure.attempt.revision) throw unknown(unsure)
  // Another change has its revision: the attempt did not land, and cannot any more.
  return undefined
}
