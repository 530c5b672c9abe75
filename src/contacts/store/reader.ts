import type { Collection, Document, Filter, FindOptions } from 'mongodb'
import { type AddressKind, addressKinds } from '../../addresses/address.js'
import type { Call } from '../../calls/call.js'
import { Batcher, type BatcherOptions, expired } from '../../database/batcher.js'
import type { Database } from '../../database/database.js'
import { isDecodingError } from '../../database/driver-errors.js'
import type { Reason } from '../../errors/catalog.js'
import { Failure } from '../../errors/failure.js'
import type { Deadline } from '../../time.js'
import type { Contact } from '../contact.js'
import { contactNotFound } from '../refusals.js'
import { DamagedContactError, requireContact } from './stored-contact.js'

/** Both must match: a contact is not found by its id in another directory. */
export interface ContactKey {
  readonly directoryId: string
  readonly contactId: string
}

/** What a read needs of its call. */
export interface ReadContext {
  readonly caller: Pick<Call['caller'], 'directoryId'>
  readonly deadline: Deadline
}

/** A contact that was read; or why it cannot be read. Empty if it does not exist. */
interface Found {
  readonly contact?: Contact
  readonly error?: unknown
}

/** What the delivery worker must know of a contact to choose it. Read from the database as it is, so any part may be missing. */
export type DueContact = ContactKey &
  Pick<Partial<Contact>, 'email' | 'phone' | 'deliveryDueDate'> & {
    /** Why nothing but its id can be read. */
    readonly damage?: DamagedContactError
  }

/** Which messages of one kind the delivery worker looks for. */
export interface DueSelection {
  readonly kind: AddressKind
  /** Only the messages of these verifications, and those whose code has expired. Undefined: all. */
  readonly onlyIds: readonly string[] | undefined
  readonly withoutDirectoryIds: readonly string[]
  /** Not to these mail domains. */
  readonly withoutDomains: readonly string[]
}

/** Reads contacts. A majority of the members has what is read: it cannot be rolled back. */
export class ContactReader {
  readonly #database: Database
  readonly #contacts: Collection<Contact>
  readonly #reads: Batcher<ContactKey, Found>

  constructor(database: Database, contacts: Collection<Contact>, batching?: BatcherOptions) {
    this.#database = database
    this.#contacts = contacts
    this.#reads = new Batcher(
      (keys, latestTime) => this.#findBatch(keys, latestTime),
      ({ directoryId }) => directoryId,
      batching,
    )
  }

  /** A contact of the caller's directory. Refuses with ENTITY_NOT_EXISTS_CONTACT. */
  async get(contactId: string, { caller: { directoryId }, deadline }: ReadContext): Promise<Contact> {
    const contact = await this.find({ directoryId, contactId }, deadline)
    if (!contact) throw contactNotFound(contactId)
    return contact
  }

  /** A contact, if it exists. Reads at the same time share a command. Refuses with `unavailable` if the database cannot be reached. */
  async find(key: ContactKey, deadline: Deadline, unavailable?: Reason): Promise<Contact | undefined> {
    return this.#database.runCommand(
      deadline,
      async () => {
        const found = await this.#reads.submit(key, deadline)
        if (found === expired) throw new Failure('DEADLINE_EXCEEDED')
        if (found.error) throw found.error
        return found.contact
      },
      unavailable,
    )
  }

  /** If the batch cannot be decoded because of one damaged contact, each is read alone, so that only its own reader is told. */
  async #findBatch(keys: readonly ContactKey[], latestTime: number): Promise<readonly Found[]> {
    try {
      return await this.#findTogether(keys, latestTime)
    } catch (cause) {
      if (!isDecodingError(cause)) throw cause
      const [key] = keys
      if (key && keys.length === 1) return [{ error: new DamagedContactError(key.contactId, { cause }) }]
      return Promise.all(keys.map((key) => this.#findAlone(key, latestTime)))
    }
  }

  async #findAlone(key: ContactKey, latestTime: number): Promise<Found> {
    try {
      const [found] = await this.#findBatch([key], latestTime)
      return found ?? {}
    } catch (error) {
      return { error }
    }
  }

  async #findTogether(keys: readonly ContactKey[], latestTime: number): Promise<readonly Found[]> {
    const filter = {
      directoryId: { $in: keys.map(({ directoryId }) => directoryId) },
      _id: { $in: keys.map(({ contactId }) => contactId) },
    }
    // One reply, however many contacts there are.
    const options = { batchSize: keys.length + 1, timeoutMS: this.#database.timeLimitMs(latestTime) }
    const contacts = await this.#contacts.find(filter, options).toArray()
    const byId = new Map(contacts.map((contact) => [contact._id, contact]))
    return keys.map(({ directoryId, contactId }) => {
      const contact = byId.get(contactId)
      // The filter also matches an id that another call of the batch asked for in its own directory.
      return contact?.directoryId === directoryId ? checked(contact) : {}
    })
  }

  /** The contacts with a delivery that is due at `now` and selected, the longest overdue first; at most `max`. */
  async findDue(
    now: Date,
    max: number,
    selections: readonly DueSelection[],
    deadline: Deadline,
  ): Promise<readonly DueContact[]> {
    const find = (options: FindOptions) =>
      this.#database.runCommand(deadline, (timeoutMS) =>
        this.#contacts
          .find(dueFilter(now, selections), { ...options, timeoutMS })
          .sort({ deliveryDueDate: 1 })
          .limit(max)
          .toArray(),
      )
    try {
      return (await find({ projection: dueProjection })).map(toDueContact)
    } catch (error) {
      if (!isInternal(error)) throw error
      // A damaged contact among them must not stop the delivery of the others, even if its id is what is damaged.
      const ids = await find({ projection: { _id: 1 }, enableUtf8Validation: false })
      const found = await Promise.all(ids.map(({ _id }) => this.#findDueAlone(_id, deadline)))
      return found.filter((contact) => contact !== undefined)
    }
  }

  /** For how many seconds the delivery that has been due longest is due; 0 if none is. */
  async findOldestDueSeconds(deadline: Deadline): Promise<number> {
    const now = this.#database.now()
    const [oldest] = await this.#database.runCommand(deadline, (timeoutMS) =>
      this.#contacts
        .find({ deliveryDueDate: { $lte: now } }, { projection: { deliveryDueDate: 1 }, timeoutMS })
        .sort({ deliveryDueDate: 1 })
        .limit(1)
        .toArray(),
    )
    return oldest?.deliveryDueDate ? (now.getTime() - oldest.deliveryDueDate.getTime()) / 1000 : 0
  }

  /** Undefined if it was removed. */
  async #findDueAlone(contactId: string, deadline: Deadline): Promise<DueContact | undefined> {
    try {
      const found = await this.#database.runCommand(deadline, (timeoutMS) =>
        this.#contacts.findOne({ _id: contactId }, { projection: dueProjection, timeoutMS }),
      )
      return found ? toDueContact(found) : undefined
    } catch (error) {
      if (!isInternal(error)) throw error
      const damage = new DamagedContactError(contactId, { cause: error.context.cause })
      return { contactId, directoryId: '', damage }
    }
  }
}

/** Only what says which message is due, and for which Send, because the worker reads many more contacts than it can begin. */
const dueProjection: Document = {
  directoryId: 1,
  deliveryDueDate: 1,
  ...Object.fromEntries(
    addressKinds.flatMap((kind) => [
      [`${kind}.verification.address`, 1],
      [`${kind}.verification.dueDate`, 1],
      [`${kind}.verification.traceparent`, 1],
    ]),
  ),
}

const toDueContact = ({ _id: contactId, ...contact }: Contact): DueContact => ({ contactId, ...contact })

const isInternal = (error: unknown): error is Failure => error instanceof Failure && error.reason === 'INTERNAL'

/**
 * What is due by the contact's own date, and is selected or due by no verification: then the date is wrong, or the contact damaged.
 * The rest is left out here and not afterwards, so that what cannot be sent now does not hide what can.
 */
function dueFilter(now: Date, selections: readonly DueSelection[]): Filter<Contact> {
  const selected = selections.map(({ kind, onlyIds, withoutDirectoryIds, withoutDomains }) => ({
    [`${kind}.verification.dueDate`]: { $lte: now },
    ...(onlyIds && {
      $or: [{ [`${kind}.verification.id`]: { $in: onlyIds } }, { [`${kind}.verification.expireDate`]: { $lte: now } }],
    }),
    ...(withoutDirectoryIds.length > 0 && { directoryId: { $nin: withoutDirectoryIds } }),
    ...(withoutDomains.length > 0 && { [`${kind}.verification.address`]: { $not: domainPattern(withoutDomains) } }),
  }))
  const dueByNone = Object.fromEntries(
    addressKinds.map((kind) => [`${kind}.verification.dueDate`, { $not: { $lte: now } }]),
  )
  return { deliveryDueDate: { $lte: now }, $or: [...selected, dueByNone] }
}

/** Matches mail addresses of these domains, which are in lower case and in their ASCII form. */
const domainPattern = (domains: readonly string[]) =>
  new RegExp(`@(${domains.map((domain) => domain.replaceAll(/[^a-z0-9]/g, '\\$&')).join('|')})$`)

function checked(document: Contact): Found {
  try {
    return { contact: requireContact(document) }
  } catch (error) {
    return { error }
  }
}
