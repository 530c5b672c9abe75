import type { Collection, Filter, FindOptions } from 'mongodb'
import { Batcher, type BatcherOptions, expired } from '../../database/batcher.js'
import type { Database } from '../../database/database.js'
import { isDecodingError } from '../../database/driver-errors.js'
import { Failure } from '../../errors/failure.js'
import type { Deadline } from '../../time.js'
import type { Contact, ContactStatus, ListedContact } from '../contact.js'
import type { Page, PageRequest } from '../page.js'
import type { ContactSettings } from '../settings.js'
import type { ContactReader, ReadContext } from './reader.js'
import { requireListed } from './stored-contact.js'

/** How many contacts one command reads at most, so that one reply does not block the process for long. */
const maxContactsTogether = 500

/** Of one directory. Converting and encoding a list takes up to some milliseconds. */
const listsPerTurn = 2

/** What a list does not show. Decoding it would be a large part of what a list costs. */
const projection = {
  slot: 0,
  version: 0,
  lastWrite: 0,
  clientToken: 0,
  requestHash: 0,
  deliveryDueDate: 0,
  incorrectCodeDates: 0,
  'email.verification': 0,
  'email.superseded': 0,
  'phone.verification': 0,
  'phone.superseded': 0,
} as const

export interface ListerOptions {
  readonly database: Database
  readonly contacts: Collection<Contact>
  /** Finds the damaged one among contacts that cannot be decoded. */
  readonly reader: ContactReader
  readonly settings: Pick<ContactSettings, 'CONTACTS_PER_DIRECTORY'>
  readonly batching?: BatcherOptions | undefined
}

/** Lists contacts. A majority of the members has what is read: it cannot be rolled back. */
export class ContactLister {
  readonly #options: ListerOptions
  /** Of directories, by their ids. An outcome is all contacts of a directory, by name; undefined if the directory must be read alone. */
  readonly #directories: Batcher<string, readonly ListedContact[] | undefined>

  constructor(options: ListerOptions) {
    this.#options = options
    const { settings, batching } = options
    const maxSize = Math.max(1, Math.floor(maxContactsTogether / maxContacts(settings)))
    const run = (directoryIds: readonly string[], latestTime: number) => this.#findDirectories(directoryIds, latestTime)
    this.#directories = new Batcher(run, (directoryId) => directoryId, {
      maxSize,
      outcomesPerTurn: listsPerTurn,
      ...batching,
    })
  }

  /**
   * A page of the directory's contacts, by name in the order of code points, which is how the database compares UTF-8.
   * Continues in the index where the page before ended. One command, and a second one to count unless the page is the whole list.
   * Lists of whole directories at the same time share a command.
   */
  async list(page: PageRequest, { deadline }: ReadContext): Promise<Page> {
    const found = (await this.#findDirectory(page, deadline)) ?? (await this.#findPage(page, deadline))
    const hasMore = found.length > page.size
    const isWholeList = page.after === undefined && !hasMore
    const { database, contacts } = this.#options
    const totalCount = isWholeList
      ? found.length
      : await database.runCommand(deadline, (timeoutMS) => contacts.countDocuments(pageFilter(page), { timeoutMS }))
    return { contacts: found.slice(0, page.size).map(requireListed), hasMore, totalCount }
  }

  /** All contacts of the directory. Undefined if the page may be less, or the directory must be read alone. */
  async #findDirectory(page: PageRequest, deadline: Deadline): Promise<readonly ListedContact[] | undefined> {
    const { database, settings } = this.#options
    if (page.size < settings.CONTACTS_PER_DIRECTORY || page.after !== undefined || hasFilter(page)) return undefined
    const found = await database.runCommand(deadline, () => this.#directories.submit(page.directoryId, deadline))
    if (found === expired) throw new Failure('DEADLINE_EXCEEDED')
    return found
  }

  async #findDirectories(
    directoryIds: readonly string[],
    latestTime: number,
  ): Promise<readonly (readonly ListedContact[] | undefined)[]> {
    const { database, contacts, settings } = this.#options
    const different = [...new Set(directoryIds)]
    const limit = different.length * maxContacts(settings)
    const options = { projection, batchSize: limit + 1, timeoutMS: database.timeLimitMs(latestTime) }
    try {
      const found = await contacts
        .find({ directoryId: { $in: different } }, options)
        .sort({ directoryId: 1, name: 1 })
        .limit(limit)
        .toArray()
      // A directory may have more than CONTACTS_PER_DIRECTORY, if that was lowered. Then others may be missing here.
      if (found.length === limit) return directoryIds.map(() => undefined)
      const byDirectory = new Map(different.map((directoryId): [string, ListedContact[]] => [directoryId, []]))
      for (const contact of found) byDirectory.get(contact.directoryId)?.push(contact)
      return directoryIds.map((directoryId) => byDirectory.get(directoryId) ?? [])
    } catch (error) {
      if (!isDecodingError(error)) throw error
      return directoryIds.map(() => undefined)
    }
  }

  async #findPage(page: PageRequest, deadline: Deadline): Promise<readonly ListedContact[]> {
    const { database, contacts, reader } = this.#options
    const find = (options: FindOptions) =>
      database.runCommand(deadline, (timeoutMS) =>
        contacts
          .find(pageFilter(page, page.after), { ...options, timeoutMS })
          .sort({ directoryId: 1, name: 1 })
          .limit(page.size + 1)
          .toArray(),
      )
    try {
      return await find({ projection })
    } catch (error) {
      if (!(error instanceof Failure && error.reason === 'INTERNAL')) throw error
      // One of them cannot be decoded: reading each alone finds out which, for the log.
      const ids = await find({ projection: { _id: 1 } })
      const { directoryId } = page
      return Promise.all(ids.map(({ _id }) => reader.get(_id, { caller: { directoryId }, deadline })))
    }
  }
}

/** How many contacts are read of a directory: one more than it has, as a rule. */
const maxContacts = ({ CONTACTS_PER_DIRECTORY }: ListerOptions['settings']) => CONTACTS_PER_DIRECTORY + 1

const hasFilter = ({ title, messageType, status, namePrefix }: PageRequest) =>
  title !== undefined || messageType !== undefined || status !== undefined || namePrefix !== ''

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
