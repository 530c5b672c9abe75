import type { Filter } from 'mongodb'
import { Failure, type Reason } from '../../failure.js'
import type { Contact, StatusName } from '../contact.js'
import type { Page, PageRequest } from '../pages.js'
import { contactNotFound } from '../refusals.js'
import type { ContactCollection } from './collection.js'
import { GroupCommit, type GroupCommitOptions, type Patience, withdrawn } from './group-commit.js'

/** Which contact is meant. Both must fit: an id alone finds nothing in another directory. */
export interface ContactKey {
  readonly directoryId: string
  readonly contactId: string
}

/** How contacts are read. What is shown is on a majority: it cannot be rolled back. */
export class Lookups {
  readonly #collection: ContactCollection
  readonly #reads: GroupCommit<ContactKey, Contact | undefined>

  constructor(collection: ContactCollection, groupCommit?: GroupCommitOptions) {
    this.#collection = collection
    this.#reads = new GroupCommit((keys, deadline) => this.#findAll(keys, deadline), groupCommit)
  }

  /** One contact. Refuses with ENTITY_NOT_EXISTS_CONTACT. */
  async get(key: ContactKey, patience: Patience): Promise<Contact> {
    const found = await this.find(key, patience)
    if (!found) throw contactNotFound(key.contactId)
    return found
  }

  /** One contact, if it is there; calls that come at once share a command. Where the database cannot be reached it throws `unreachable`. */
  async find(key: ContactKey, patience: Patience, unreachable?: Reason): Promise<Contact | undefined> {
    const found = await this.#collection.ask(patience, () => this.#reads.submit(key, patience), unreachable)
    if (found === withdrawn) throw new Failure('OUT_OF_TIME')
    return found
  }

  async #findAll(keys: readonly ContactKey[], deadline: number): Promise<readonly (Contact | undefined)[]> {
    const filter = {
      directoryId: { $in: keys.map(({ directoryId }) => directoryId) },
      _id: { $in: keys.map(({ contactId }) => contactId) },
    }
    // In one batch, however many there are.
    const options = { batchSize: keys.length + 1, timeoutMS: this.#collection.timeLimit(deadline) }
    const found = await this.#collection.documents.find(filter, options).toArray()
    const byId = new Map(found.map((contact) => [contact._id, contact]))
    return keys.map(({ directoryId, contactId }) => {
      const contact = byId.get(contactId)
      // The filter lets through what another call of the group asked for in its own directory.
      return contact?.directoryId === directoryId ? contact : undefined
    })
  }

  /**
   * A page of the directory's contacts, by name in the order of the database, which is that of code points: it compares UTF-8.
   * Walks the index from where the page before ended. One command, and one more to count where the page is not the whole list.
   */
  async list(page: PageRequest, patience: Patience): Promise<Page> {
    this.#collection.mustBePrepared()
    const found = await this.#collection.ask(patience, (timeoutMS) =>
      this.#collection.documents
        .find(filterOf(page, page.after), { timeoutMS })
        .sort({ directoryId: 1, name: 1 })
        .limit(page.size + 1)
        .toArray(),
    )
    const more = found.length > page.size
    const isWhole = page.after === undefined && !more
    const totalCount = isWhole
      ? found.length
      : await this.#collection.ask(patience, (timeoutMS) =>
          this.#collection.documents.countDocuments(filterOf(page), { timeoutMS }),
        )
    return { contacts: found.slice(0, page.size), more, totalCount }
  }

  /** Which contacts of all directories have a message due, the longest overdue first, up to `most` of them. */
  async due(now: Date, most: number, patience: Patience): Promise<readonly ContactKey[]> {
    this.#collection.mustBePrepared()
    const projection = { directoryId: 1 }
    const found = await this.#collection.ask(patience, (timeoutMS) =>
      this.#collection.documents
        .find({ deliveryDueDate: { $lte: now } }, { projection, timeoutMS })
        .sort({ deliveryDueDate: 1 })
        .limit(most)
        .toArray(),
    )
    return found.map(({ directoryId, _id: contactId }) => ({ directoryId, contactId }))
  }
}

/** After every character that a name can have. */
const lastCharacter = '\u{10FFFF}'

/** All that the filters let through, or only what comes after a name. */
function filterOf(page: PageRequest, after?: string): Filter<Contact> {
  const { directoryId, title, messageType, status, namePrefix } = page
  const name = {
    ...(namePrefix !== '' && { $gte: namePrefix, $lt: namePrefix + lastCharacter }),
    ...(after !== undefined && { $gt: after }),
  }
  return {
    directoryId,
    ...(Object.keys(name).length > 0 && { name }),
    ...(title && { title }),
    ...(messageType && { messageTypes: messageType }),
    ...(status && inState[status]),
  }
}

/** As `statusOf` has it. Nothing is ever being removed: what is removed is gone at once. */
const inState: Readonly<Record<StatusName, Filter<Contact>>> = {
  ACTIVE: { $or: [{ emailVerifyDate: { $exists: true } }, { phoneVerifyDate: { $exists: true } }] },
  VERIFYING: { emailVerifyDate: { $exists: false }, phoneVerifyDate: { $exists: false } },
  DELETING: { _id: { $in: [] } },
}
