import { setTimeout } from 'node:timers/promises'
import { type Collection, type IndexDescription, MongoServerError, ReadConcernLevel } from 'mongodb'
import { Failure } from '../failure.js'
import type { Contact, NewContact } from './contact.js'
import { type Insertion, insertionsAfter, isPassing } from './driver-errors.js'
import { GroupCommit, type GroupCommitOptions, type Patience, withdrawn } from './group-commit.js'

export interface StoreOptions {
  /** How many contacts a directory may hold: 1 to 1,000. */
  readonly contactsPerDirectory: number
  /** The longest a command may take, in milliseconds, whatever the deadlines of the calls behind it. */
  readonly commandTimeoutMs: number
  /** Milliseconds of the epoch. */
  readonly now: () => number
  /** A random whole number from 0 to below `sides`. */
  readonly dice: (sides: number) => number
  readonly groupCommit?: GroupCommitOptions
}

/** Found at start: an index of ours that somebody made otherwise. Only a person can mend that. */
export class IndexMismatch extends Error {
  override readonly name = 'IndexMismatch'
}

/**
 * What carries the promises. Every index begins with the directory, which is also the shard key, and has a name of its own,
 * by which a different one in its place is known.
 */
const indexes = [
  { name: 'directory_name', key: { directoryId: 1, name: 1 }, unique: true },
  { name: 'directory_slot', key: { directoryId: 1, slot: 1 }, unique: true },
  {
    name: 'directory_client_token',
    key: { directoryId: 1, clientToken: 1 },
    unique: true,
    partialFilterExpression: { clientToken: { $type: 'string' } },
  },
] as const satisfies readonly IndexDescription[]

/** An insertion whose outcome was looked up where it was uncertain: `absent` where it is not there yet, `unknown` where that failed too. */
type Settled = Exclude<Insertion, { kind: 'uncertain' }> | { readonly kind: 'absent' | 'unknown' }

/** How often a place in the directory may be lost to other calls before the call gives up. */
const mostRaces = 5
/** The database is given this much longer than the caller: its time limit closes a connection, so it is the last net. */
const lastNetMs = 200
/** How long a contact that is seen but not yet confirmed by a majority is waited for before the next look. */
const unconfirmedMs = 20

/** The contacts in MongoDB. One document each; unique indexes and one-document atomicity carry every promise. */
export class ContactStore {
  readonly #collection: Collection<Contact>
  readonly #options: StoreOptions
  readonly #inserts: GroupCommit<Contact, Settled>
  #prepared = false

  constructor(collection: Collection<Contact>, options: StoreOptions) {
    this.#collection = collection
    this.#options = options
    this.#inserts = new GroupCommit((documents, deadline) => this.#insert(documents, deadline), options.groupCommit)
  }

  /**
   * Creates the indexes that are missing. Idempotent, and safe from many processes at once. Until it has succeeded nothing is written.
   * Throws IndexMismatch where one of our names belongs to a different index, or one of our indexes has a different name.
   */
  async prepare(): Promise<void> {
    try {
      await this.#collection.createIndexes([...indexes], { timeoutMS: this.#options.commandTimeoutMs })
    } catch (error) {
      const different = error instanceof MongoServerError && (error.code === 85 || error.code === 86)
      if (different) throw new IndexMismatch(await this.#describeMismatch())
      throw error
    }
    this.#prepared = true
  }

  async #describeMismatch() {
    const found = await this.#collection.listIndexes({ timeoutMS: this.#options.commandTimeoutMs }).toArray()
    const whole = ({ name, key, unique, partialFilterExpression }: Partial<IndexDescription>) =>
      JSON.stringify({ name, key, unique: unique ?? false, partialFilterExpression })
    const sameKey = (one: Partial<IndexDescription>, other: Partial<IndexDescription>) =>
      JSON.stringify(one.key) === JSON.stringify(other.key)
    const names = indexes.filter((ours) =>
      found.some((theirs) => (theirs.name === ours.name || sameKey(theirs, ours)) && whole(theirs) !== whole(ours)),
    )
    return `the collection ${this.#collection.collectionName} has other indexes than this version expects: ${names.map(({ name }) => name).join(', ')}`
  }

  /** Resolves while the database answers. */
  async ping(): Promise<void> {
    await this.#collection.findOne({ directoryId: '', name: '' }, { timeoutMS: this.#options.commandTimeoutMs })
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
    if (!this.#prepared) throw new Failure('DATABASE_UNAVAILABLE')
    let slot = this.#options.dice(this.#options.contactsPerDirectory)
    let unsure = false
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
            unsure = true
            break
          }
          slot = inTheWay.slot
          race += 1
          break
        }
        case 'absent':
          // A late write may still land. The same document again is safe: `_id` lets one of the two through.
          if (unsure) throw new Failure('OUTCOME_UNKNOWN')
          unsure = true
          break
        case 'unsent':
          throw new Failure(unsure ? 'OUTCOME_UNKNOWN' : 'DATABASE_UNAVAILABLE')
        case 'unknown':
          throw new Failure('OUTCOME_UNKNOWN')
        case 'failed':
          throw new Failure('INTERNAL', { cause: insertion.cause })
      }
    }
    throw new Failure(unsure ? 'OUTCOME_UNKNOWN' : 'CONCURRENT_CALL_NOT_SUPPORTED')
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
    const neighbours = await this.#read(patience, (timeoutMS) =>
      this.#collection
        .find({ directoryId }, { projection: { name: 1, slot: 1, clientToken: 1, requestHash: 1 }, timeoutMS })
        .toArray(),
    )
    const own = neighbours.find(({ _id }) => _id === contact._id)
    const repeated = clientToken && neighbours.find((neighbour) => neighbour.clientToken === clientToken)
    if (!own && repeated && repeated.requestHash !== requestHash) throw clientTokenUsed()
    const earlier = own ?? repeated
    if (earlier) {
      const confirmed = await this.#confirmed(directoryId, earlier._id, patience)
      return confirmed ? { earlier: confirmed } : setTimeout(unconfirmedMs, {})
    }
    if (neighbours.some((neighbour) => neighbour.name === name)) throw nameUsed(spelling)
    return { slot: this.#freeSlot(neighbours.map(({ slot }) => slot)) }
  }

  #freeSlot(taken: readonly number[]): number {
    const { contactsPerDirectory, dice } = this.#options
    const occupied = new Set(taken)
    const free = Array.from({ length: contactsPerDirectory }, (_, slot) => slot).filter((slot) => !occupied.has(slot))
    const slot = free.length > 0 ? free[dice(free.length)] : undefined
    if (slot === undefined) throw directoryFull(contactsPerDirectory)
    return slot
  }

  async #confirmed(directoryId: string, _id: string, patience: Patience): Promise<Contact | undefined> {
    const readConcern = { level: ReadConcernLevel.majority }
    const stored = await this.#read(patience, (timeoutMS) =>
      this.#collection.findOne({ _id, directoryId }, { readConcern, timeoutMS }),
    )
    return stored ?? undefined
  }

  /** A read on behalf of one call whose contact was refused, within its time. Where it fails, that contact itself may be what is in the way. */
  async #read<Found>(patience: Patience, read: (timeoutMS: number) => Promise<Found>): Promise<Found> {
    if (patience.ended()) throw new Failure('OUT_OF_TIME')
    try {
      return await read(this.#timeLimit(patience.deadline))
    } catch (cause) {
      throw new Failure(isPassing(cause) ? 'OUTCOME_UNKNOWN' : 'INTERNAL', { cause })
    }
  }

  /** A group's insert in one command, and where outcomes are uncertain one look by their ids. */
  async #insert(documents: readonly Contact[], deadline: number): Promise<readonly Settled[]> {
    try {
      await this.#collection.insertMany(documents, { ordered: false, timeoutMS: this.#timeLimit(deadline) })
      return documents.map(() => ({ kind: 'written' }))
    } catch (error) {
      const insertions = insertionsAfter(error, documents.length)
      const uncertain = documents.filter((_, index) => insertions[index]?.kind === 'uncertain')
      const look = uncertain.length > 0 ? await this.#look(uncertain, deadline) : () => 'unknown' as const
      return insertions.map((insertion, index) =>
        insertion.kind === 'uncertain' ? { kind: look(documents[index]) } : insertion,
      )
    }
  }

  /** What is there of these documents, as a majority sees it. */
  async #look(documents: readonly Contact[], deadline: number) {
    const filter = {
      directoryId: { $in: documents.map(({ directoryId }) => directoryId) },
      _id: { $in: documents.map(({ _id }) => _id) },
    }
    const readConcern = { level: ReadConcernLevel.majority }
    try {
      const options = { projection: { _id: 1 }, readConcern, timeoutMS: this.#timeLimit(deadline) }
      const found = new Set((await this.#collection.find(filter, options).toArray()).map(({ _id }) => _id))
      return (document?: Contact) => (document && found.has(document._id) ? 'written' : 'absent')
    } catch {
      return () => 'unknown' as const
    }
  }

  /** The rest of the caller's time and a little more, capped: a silent database must not hold a place for longer. */
  #timeLimit(deadline: number): number {
    const rest = Math.max(0, deadline - this.#options.now())
    return Math.ceil(Math.min(rest + lastNetMs, this.#options.commandTimeoutMs))
  }
}

const nameUsed = (name: string) =>
  new Failure('INVALID_PARAMETER_NAME_ALREADY_USED', {
    violations: [{ field: 'name', reason: 'INVALID_PARAMETER_NAME_ALREADY_USED' }],
    resource: { type: 'messagecontacts.v1.MessageContact', name },
  })

const clientTokenUsed = () =>
  new Failure('INVALID_PARAMETER_CLIENT_TOKEN', {
    violations: [{ field: 'client_token', reason: 'INVALID_PARAMETER_CLIENT_TOKEN' }],
  })

const directoryFull = (limit: number) =>
  new Failure('LIMIT_EXCEEDED_CONTACTS', { quota: { setting: 'CONTACTS_PER_DIRECTORY', limit } })
