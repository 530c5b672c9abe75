import type { Collection, Filter } from 'mongodb'
import type { Call } from '../../calls/call.js'
import { Batcher, type BatcherOptions, expired } from '../../database/batcher.js'
import type { Database } from '../../database/database.js'
import type { Reason } from '../../errors/catalog.js'
import { Failure } from '../../errors/failure.js'
import type { Deadline } from '../../time.js'
import type { Contact, ContactStatus } from '../contact.js'
import type { Page, PageRequest } from '../page.js'
import { contactNotFound } from '../refusals.js'

/** Both must match: a contact is not found by its id in another directory. */
export interface ContactKey {
  readonly directoryId: string
  readonly contactId: string
}

/** Reads contacts. A majority of the members has what is read: it cannot be rolled back. */
export class ContactReader {
  readonly #database: Database
  readonly #contacts: Collection<Contact>
  readonly #reads: Batcher<ContactKey, Contact | undefined>

  constructor(database: Database, contacts: Collection<Contact>, batching?: BatcherOptions) {
    this.#database = database
    this.#contacts = contacts
    this.#reads = new Batcher((keys, latestTime) => this.#findBatch(keys, latestTime), batching)
  }

  /** A contact of the caller's directory. Refuses with ENTITY_NOT_EXISTS_CONTACT. */
  async get(contactId: string, { caller: { directoryId }, deadline }: Call): Promise<Contact> {
    const contact = await this.find({ directoryId, contactId }, deadline)
    if (!contact) throw contactNotFound(contactId)
    return contact
  }

  /** A contact, if it exists. Reads at the same time share a command. Refuses with `unavailable` if the database cannot be reached. */
  async find(key: ContactKey, deadline: Deadline, unavailable?: Reason): Promise<Contact | undefined> {
    const contact = await this.#database.runCommand(deadline, () => this.#reads.submit(key, deadline), unavailable)
    if (contact === expired) throw new Failure('DEADLINE_EXCEEDED')
    return contact
  }

  async #findBatch(keys: readonly ContactKey[], latestTime: number): Promise<readonly (Contact | undefined)[]> {
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
      return contact?.directoryId === directoryId ? contact : undefined
    })
  }

  /**
   * A page of the directory's contacts, by name in the order of code points, which is how the database compares UTF-8.
   * Continues in the index where the page before ended. One command, and a second one to count unless the page is the whole list.
   */
  async list(page: PageRequest, { deadline }: Call): Promise<Page> {
    const found = await this.#database.runCommand(deadline, (timeoutMS) =>
      this.#contacts
        .find(pageFilter(page, page.after), { timeoutMS })
        .sort({ directoryId: 1, name: 1 })
        .limit(page.size + 1)
        .toArray(),
    )
    const hasMore = found.length > page.size
    const isWholeList = page.after === undefined && !hasMore
    const totalCount = isWholeList
      ? found.length
      : await this.#database.runCommand(deadline, (timeoutMS) =>
          this.#contacts.countDocuments(pageFilter(page), { timeoutMS }),
        )
    return { contacts: found.slice(0, page.size), hasMore, totalCount }
  }

  /** The contacts of all directories with a delivery that is due at `now`, the longest overdue first; at most `max`. */
  async findDue(now: Date, max: number, deadline: Deadline): Promise<readonly ContactKey[]> {
    const projection = { directoryId: 1 }
    const found = await this.#database.runCommand(deadline, (timeoutMS) =>
      this.#contacts
        .find({ deliveryDueDate: { $lte: now } }, { projection, timeoutMS })
        .sort({ deliveryDueDate: 1 })
        .limit(max)
        .toArray(),
    )
    return found.map(({ directoryId, _id: contactId }) => ({ directoryId, contactId }))
  }
}

/** Sorts after every character that a name can have. */
const maxCharacter = '\u{10FFFF}'

/** Everything that matches the filters, or only what comes after a name. */
function pageFilter(page: PageRequest, after?: string): Filter<Contact> {
  const { directoryId, title, messageType, status, namePrefix } = page
  const name = {
    ...(namePrefix !== '' && { $gte: namePrefix, $lt: namePrefix + maxCharacter }),
    ...(after !== undefined && { $gt: after }),
  }
  return {
    directoryId,
    ...(Object.keys(name).length > 0 && { name }),
    ...(title && { title }),
    ...(messageType && { messageTypes: messageType }),
    ...(status && statusFilters[status]),
  }
}

/** Must agree with `statusOf`. No contact is DELETING: a deletion is immediate. */
const statusFilters: Readonly<Record<ContactStatus, Filter<Contact>>> = {
  ACTIVE: { $or: [{ 'email.verifyDate': { $exists: true } }, { 'phone.verifyDate': { $exists: true } }] },
  VERIFYING: { 'email.verifyDate': { $exists: false }, 'phone.verifyDate': { $exists: false } },
  DELETING: { _id: { $in: [] } },
}
