import { setTimeout } from 'node:timers/promises'
import { ReadConcernLevel } from 'mongodb'
import { Failure } from '../../failure.js'
import type { Contact, NewContact } from '../contact.js'
import { nameUsed } from '../refusals.js'
import type { ContactCollection } from './collection.js'
import { type Insertion, insertionsAfter } from './driver-errors.js'
import { GroupCommit, type GroupCommitOptions, type Patience, withdrawn } from './group-commit.js'

export interface AdditionsOptions {
  /** How many contacts a directory may hold: 1 to 1,000. */
  readonly contactsPerDirectory: number
  /** A random whole number from 0 to below `sides`. */
  readonly dice: (sides: number) => number
  readonly groupCommit?: GroupCommitOptions | undefined
}

/** An insertion whose outcome was looked up where it was uncertain: `absent` where it is not there yet, `unknown` where that failed too. */
type Settled =
  | Exclude<Insertion, { kind: 'uncertain' }>
  | { readonly kind: 'absent' | 'unknown'; readonly cause: unknown }

/** How often a place in the directory may be lost to other calls before the call gives up. */
const mostRaces = 5
/** How long a contact that is seen but not yet confirmed by a majority is waited for before the next look. */
const unconfirmedMs = 20

/** How contacts come into the database: places, tokens, and attempts of which nothing was heard. */
export class Additions {
  readonly #collection: ContactCollection
  readonly #options: AdditionsOptions
  readonly #inserts: GroupCommit<Contact, Settled>

  constructor(collection: ContactCollection, options: AdditionsOptions) {
    this.#collection = collection
    this.#options = options
    this.#inserts = new GroupCommit((documents, deadline) => this.#insert(documents, deadline), options.groupCommit)
  }

  /**
   * Adds a contact, or gives the one that an earlier call with the same client token added.
   *
   * Acknowledged contacts are on a majority of the members, in their journals. Refuses with INVALID_PARAMETER_CLIENT_TOKEN,
   * INVALID_PARAMETER_NAME_ALREADY_USED (naming the contact `spelling`, as its caller did) and LIMIT_EXCEEDED_CONTACTS, in this order of precedence,
   * with CONCURRENT_CALL_NOT_SUPPORTED where others were faster again and again, with DATABASE_UNAVAILABLE where surely nothing was written,
   * and with OUTCOME_UNKNOWN where that cannot be told.
   *
   * The id is the contact's own from the first attempt on: after a broken connection it tells whether the write happened.
   */
  async add(contact: NewContact, patience: Patience, spelling: string): Promise<Contact> {
    this.#collection.mustBePrepared()
    let slot = this.#options.dice(this.#options.contactsPerDirectory)
    /** Set as soon as an attempt may have landed unheard of: what made it so. */
    let unsure: { readonly cause: unknown } | undefined
    for (let race = 0; race < mostRaces; ) {
      const placed = { slot, ...contact }
      const insertion = await this.#inserts.submit(placed, patience)
      if (insertion === withdrawn) throw new Failure('OUT_OF_TIME')
      switch (insertion.kind) {
        case 'written':
          return placed
        case 'refused': {
          const inTheWay = await this.#inTheWay(contact, patience, spelling)
          if (inTheWay.earlier) return inTheWay.earlier
          if (inTheWay.slot === undefined) {
            unsure ??= { cause: undefined }
            break
          }
          slot = inTheWay.slot
          race += 1
          break
        }
        case 'absent':
          // A late write may still land. The same document again is safe: `_id` lets one of the two through.
          if (unsure) throw new Failure('OUTCOME_UNKNOWN', { cause: insertion.cause })
          unsure = insertion
          break
        case 'unsent':
          throw new Failure(unsure ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE', { cause: insertion.cause })
        case 'unknown':
          throw new Failure('OUTCOME_UNKNOWN', { cause: insertion.cause })
        case 'failed':
          throw new Failure('INTERNAL', { cause: insertion.cause })
      }
    }
    throw unsure ? new Failure('OUTCOME_UNKNOWN', unsure) : new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
  }

  /**
   * Why an index refused a contact. Which index it was does not matter: the directory's names, slots and tokens are read once, and tell it all.
   * Gives the contact that an earlier attempt or an earlier call left there, or the slot to try next; throws every other answer.
   *
   * This read sees what the indexes see, confirmed by a majority or not. That is enough to refuse. What is acknowledged is read again with majority:
   * until it is there, neither is given, after a moment, and the same slot is tried again. No race is lost by that.
   */
  async #inTheWay(
    contact: NewContact,
    patience: Patience,
    spelling: string,
  ): Promise<{ earlier?: Contact; slot?: number }> {
    const { directoryId, name, clientToken, requestHash } = contact
    const readConcern = { level: ReadConcernLevel.local }
    const projection = { name: 1, slot: 1, clientToken: 1, requestHash: 1 }
    const neighbours = await this.#read(patience, (timeoutMS) =>
      this.#collection.documents.find({ directoryId }, { projection, readConcern, timeoutMS }).toArray(),
    )
    const own = neighbours.find(({ _id }) => _id === contact._id)
    const repeated = clientToken && neighbours.find((neighbour) => neighbour.clientToken === clientToken)
    if (!own && repeated && repeated.requestHash !== requestHash) throw clientTokenUsed()
    const earlier = own ?? repeated
    if (earlier) {
      const { _id } = earlier
      const confirmed = await this.#read(patience, (timeoutMS) =>
        this.#collection.documents.findOne({ _id, directoryId }, { timeoutMS }),
      )
      return confirmed ? { earlier: confirmed } : setTimeout(unconfirmedMs, {})
    }
    if (neighbours.some((neighbour) => neighbour.name === name)) throw nameUsed(spelling)
    return { slot: this.#freeSlot(neighbours.map(({ slot }) => slot)) }
  }

  /** Where it fails, the contact itself may be what was in its way. */
  #read<Found>(patience: Patience, command: (timeoutMS: number) => Promise<Found>): Promise<Found> {
    return this.#collection.ask(patience, command, 'OUTCOME_UNKNOWN')
  }

  #freeSlot(taken: readonly number[]): number {
    const { contactsPerDirectory, dice } = this.#options
    const occupied = new Set(taken)
    const free = Array.from({ length: contactsPerDirectory }, (_, slot) => slot).filter((slot) => !occupied.has(slot))
    const slot = free.length > 0 ? free[dice(free.length)] : undefined
    if (slot === undefined) throw directoryFull(contactsPerDirectory)
    return slot
  }

  /** A group's insert in one command, and where outcomes are uncertain one look by their ids. */
  async #insert(documents: readonly Contact[], deadline: number): Promise<readonly Settled[]> {
    const timeoutMS = this.#collection.timeLimit(deadline)
    try {
      await this.#collection.documents.insertMany(documents, { ordered: false, timeoutMS })
      return documents.map(() => ({ kind: 'written' }))
    } catch (error) {
      const insertions = insertionsAfter(error, documents.length)
      const uncertain = documents.filter((_, index) => insertions[index]?.kind === 'uncertain')
      const kind = uncertain.length > 0 ? await this.#look(uncertain, deadline) : () => 'unknown' as const
      return insertions.map((insertion, index) => {
        if (insertion.kind !== 'uncertain') return insertion
        const settled = kind(documents[index])
        return settled === 'written' ? { kind: settled } : { kind: settled, cause: insertion.cause }
      })
    }
  }

  /** What is there of these documents, as a majority sees it. */
  async #look(documents: readonly Contact[], deadline: number) {
    const filter = {
      directoryId: { $in: documents.map(({ directoryId }) => directoryId) },
      _id: { $in: documents.map(({ _id }) => _id) },
    }
    try {
      const options = { projection: { _id: 1 }, timeoutMS: this.#collection.timeLimit(deadline) }
      const found = new Set((await this.#collection.documents.find(filter, options).toArray()).map(({ _id }) => _id))
      return (document?: Contact) => (document && found.has(document._id) ? 'written' : 'absent')
    } catch {
      return () => 'unknown' as const
    }
  }
}

const clientTokenUsed = () =>
  new Failure('INVALID_PARAMETER_CLIENT_TOKEN', {
    violations: [{ field: 'client_token', reason: 'INVALID_PARAMETER_CLIENT_TOKEN' }],
  })

const directoryFull = (limit: number) =>
  new Failure('LIMIT_EXCEEDED_CONTACTS', {
    quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit },
  })
