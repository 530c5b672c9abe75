import { setTimeout } from 'node:timers/promises'
import type { Filter } from 'mongodb'
import { Failure } from '../../failure.js'
import { type Contact, type Decision, expectEtag, revisionOf } from '../contact.js'
import { contactNotFound, nameUsed } from '../refusals.js'
import type { ContactCollection } from './collection.js'
import { afterSingleWrite, type SingleWrite } from './driver-errors.js'
import type { Patience } from './group-commit.js'
import type { ContactKey, Lookups } from './lookups.js'

/** How often a change may be overtaken by others before its call gives up. */
const mostRaces = 5
/** Whoever lost a race waits for up to so many milliseconds, longer each time, so that not all of them meet again. */
const afterRaceMs = 10
/** How long a version that is seen but not yet confirmed by a majority is waited for before the next look. */
const unconfirmedMs = 20
/** No contact has it: what an etag stands for that is none. */
const noRevision = 0

/** An attempt that may have landed unheard of, or may still land. */
interface Unsure {
  readonly attempt: Decision
  readonly cause: unknown
}

type NotWritten = Exclude<SingleWrite, { kind: 'written' } | { kind: 'missed' }>

/** How contacts are changed and removed. Each step is one write of one document, under the condition that nobody came between. */
export class Changes {
  readonly #collection: ContactCollection
  readonly #lookups: Lookups
  readonly #dice: (sides: number) => number
  /** The end of the last change of each contact that has one under way, by its id. */
  readonly #turns = new Map<string, Promise<void>>()

  constructor(collection: ContactCollection, lookups: Lookups, dice: (sides: number) => number) {
    this.#collection = collection
    this.#lookups = lookups
    this.#dice = dice
  }

  /**
   * Reads a contact, lets `decide` make the next state of it, and writes that, unless it is the very same contact. Where somebody was faster it is read
   * and decided again. Whatever `decide` throws is the answer, and so is a refusal that it gives beside the next state, once that is written.
   * The next state bears the `changeRequestId` of its call, by which its write is known.
   *
   * Refuses with ENTITY_NOT_EXISTS_CONTACT, INVALID_PARAMETER_NAME_ALREADY_USED (naming the contact `spelling`, as its caller did),
   * CONCURRENT_CALL_NOT_SUPPORTED where others were faster again and again, DATABASE_UNAVAILABLE where surely nothing was written,
   * and OUTCOME_UNKNOWN where that cannot be told.
   */
  async change(
    key: ContactKey,
    patience: Patience,
    decide: (contact: Contact) => Decision,
    spelling = '',
  ): Promise<Contact> {
    this.#collection.mustBePrepared()
    return this.#inTurn(key.contactId, () => this.#change(key, patience, decide, spelling))
  }

  /** One change of a contact at a time in this process: they would only overtake each other. */
  #inTurn(contactId: string, change: () => Promise<Contact>): Promise<Contact> {
    const turn = (this.#turns.get(contactId) ?? Promise.resolve()).then(change)
    const end = turn.then(
      () => {},
      () => {},
    )
    this.#turns.set(contactId, end)
    void end.then(() => {
      if (this.#turns.get(contactId) === end) this.#turns.delete(contactId)
    })
    return turn
  }

  async #change(
    key: ContactKey,
    patience: Patience,
    decide: (contact: Contact) => Decision,
    spelling: string,
  ): Promise<Contact> {
    let attempt: Decision | undefined
    let missed: Contact | undefined
    let unsure: Unsure | undefined
    for (let race = 0; race < mostRaces; ) {
      const contact = await this.#find(key, patience, unsure)
      // Also where it was said to have missed: the driver repeats by itself, and what has landed is in the way of its own repeat
      // on a server that does not know the two for one.
      if (attempt && contact.changeRequestId === attempt.contact.changeRequestId)
        return answerOf({ ...attempt, contact })
      if (missed && contact.version === missed.version) {
        // Somebody was faster, and a majority does not have that yet: to decide about the same state again would only miss again.
        await setTimeout(unconfirmedMs)
        continue
      }
      unsure = stillUnsure(unsure, contact)
      const next = decide(contact)
      if (next.contact === contact) return answerOf(next)
      attempt = next
      const write = await this.#replace(contact, next.contact, patience)
      if (write.kind === 'written') return answerOf(next)
      if (write.kind === 'missed') {
        race += 1
        missed = contact
        await setTimeout(this.#dice(afterRaceMs * race))
      } else unsure = unsureAfter(write, next, unsure, spelling)
    }
    throw unsure ? outcomeUnknown(unsure) : new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
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
    throw unsure ? outcomeUnknown(unsure) : contactNotFound(key.contactId)
  }

  #look(key: ContactKey, patience: Patience, unsure: boolean): Promise<Contact | undefined> {
    return this.#lookups.find(key, patience, unsure ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE')
  }

  #replace({ _id, directoryId, revision, version }: Contact, next: Contact, patience: Patience): Promise<SingleWrite> {
    return this.#write(patience, async (timeoutMS) => {
      // `null` fits a contact that has no version yet. The revision as well: processes that know no versions raise that alone.
      const filter = { _id, directoryId, revision, version: version ?? null } as Filter<Contact>
      return (await this.#collection.documents.replaceOne(filter, next, { timeoutMS })).matchedCount
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

/** A decision that is written, or has nothing to write. */
function answerOf({ contact, refuse }: Decision): Contact {
  if (refuse) throw refuse
  return contact
}

const outcomeUnknown = ({ cause }: Unsure) => new Failure('OUTCOME_UNKNOWN', { cause })

/** What is open after a write that was neither carried out nor overtaken. Throws the answer where nothing is, or where it stays open. */
function unsureAfter(write: NotWritten, attempt: Decision, unsure: Unsure | undefined, spelling: string): Unsure {
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
function stillUnsure(unsure: Unsure | undefined, { version = 0 }: Contact): Unsure | undefined {
  const { version: attempted = 0 } = unsure?.attempt.contact ?? {}
  if (!unsure || version < attempted) return unsure
  // The attempt may be one of several changes since.
  if (version > attempted) throw outcomeUnknown(unsure)
  // Another change has its version: the attempt did not land, and cannot any more.
  return undefined
}
