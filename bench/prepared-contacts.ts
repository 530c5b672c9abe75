import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { type Contact, newContact } from '../src/contacts/contact.js'
import { contactsName } from '../src/contacts/store/collection.js'
import { storedContact } from '../src/contacts/store/stored-contact.js'
import type { LoadResult } from './load.js'
import { newDirectory } from './operations.js'

/** The default limit of a directory, and the default size of a page. */
export const contactsPerDirectory = 20

const details = {
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: 'TECHNICAL_DIRECTOR',
  messageTypes: ['ACCOUNT_EXPENSES'],
} as const

/**
 * Stores contacts in full directories, in the shape in which the service stores them. Neighbours in the list are in different directories,
 * so that the calls of a batch are too.
 */
export async function prepareContacts(database: Db, directories: number): Promise<readonly Contact[]> {
  const contacts = newContacts(directories)
  await store(database, contacts)
  return contacts
}

/** Over how many mail domains addresses are spread. To one domain the service sends only a few mails at a time. */
const domains = 20

/** Stores contacts whose mail addresses are all different and have been sent a code. */
export async function prepareVerifications(database: Db, directories: number): Promise<readonly Contact[]> {
  const sendDate = new Date()
  const expireDate = new Date(sendDate.getTime() + 24 * 60 * 60 * 1000)
  const contacts = newContacts(directories).map((contact, index): Contact => {
    const id = index.toString(16).padStart(16, '0')
    const address = `tom.${contact._id.slice(2)}@d${index % domains}.example`
    const delivered = { attemptsRemaining: 5, deliveryState: 'SENT', attempts: 1 } as const
    return {
      ...contact,
      email: { address, verification: { id, address, sendDate, expireDate, ...delivered } },
    }
  })
  await store(database, contacts)
  return contacts
}

const store = (database: Db, contacts: readonly Contact[]) =>
  collectionOf(database).insertMany(contacts, { ignoreUndefined: true })

function newContacts(directories: number): readonly Contact[] {
  const directoryIds = Array.from({ length: directories }, newDirectory)
  const slots = Array.from({ length: contactsPerDirectory }, (_, slot) => slot)
  return slots.flatMap((slot) => directoryIds.map((directoryId) => newPreparedContact(directoryId, slot)))
}

/** Stores contacts in full directories whose phone numbers are all different. */
export async function preparePhones(database: Db, directories: number): Promise<readonly Contact[]> {
  const contacts = await prepareContacts(database, directories)
  const phones = contacts.map((contact, index): Contact => {
    return { ...contact, phone: { address: `86-139${String(index).padStart(8, '0')}` } }
  })
  const updates = phones.map(({ _id, phone }) => ({ updateOne: { filter: { _id }, update: { $set: { phone } } } }))
  await collectionOf(database).bulkWrite(updates, { ordered: false, ignoreUndefined: true })
  return phones
}

/** The number of changes of all contacts in a database. */
async function countChanges(database: Db): Promise<number> {
  const changes = { _id: null, changes: { $sum: { $subtract: ['$revision', 1] } } }
  const [sum] = await collectionOf(database)
    .aggregate<{ changes: number }>([{ $group: changes }])
    .toArray()
  return sum?.changes ?? 0
}

/** Throws if a call of `run` changed nothing: it would write nothing, and make the row cheaper than it is. */
export async function requireChanges(database: Db, run: () => Promise<LoadResult>): Promise<LoadResult> {
  const before = await countChanges(database)
  const result = await run()
  const changes = (await countChanges(database)) - before
  if (changes !== result.calls) throw new Error(`${result.calls} calls made ${changes} changes`)
  return result
}

/** Resolves when no contact has a message to be sent. */
export async function untilDelivered(database: Db): Promise<void> {
  const queued = { deliveryDueDate: { $exists: true } }
  while ((await collectionOf(database).findOne(queued)) !== null) await pause(deliveryCheckMs)
}

const deliveryCheckMs = 50

export const collectionOf = (database: Db) => database.collection<Contact>(contactsName)

/** A contact as the service stores it. */
export function newPreparedContact(directoryId: string, slot: number): Contact {
  const contactId = `c-${randomUUID().replaceAll('-', '').slice(0, 16)}`
  const name = `Tom${String.fromCharCode('A'.charCodeAt(0) + slot)}`
  const now = new Date()
  const lastWrite = { requestId: contactId, operation: 'AddMessageContact', caller: directoryId, date: now }
  const contact = newContact({ ...details, name }, { contactId, directoryId, now, clientToken: undefined })
  return storedContact(contact, slot, lastWrite)
}
