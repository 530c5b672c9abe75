import { randomUUID } from 'node:crypto'
import type { Db } from 'mongodb'
import { type Contact, newContact } from '../src/contacts/contact.js'
import { newDirectory } from './operations.js'

/** As many as a directory may hold, and as a page has by default. */
export const contactsPerDirectory = 20

const details = {
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: 'TECHNICAL_DIRECTOR',
  messageTypes: ['ACCOUNT_EXPENSES'],
} as const

/**
 * Contacts that are there before anything is measured, in full directories, as the service writes them.
 * Neighbours in the list are of different directories, so that calls which gather are, too.
 */
export async function prepareContacts(database: Db, directories: number): Promise<readonly Contact[]> {
  const directoryIds = Array.from({ length: directories }, newDirectory)
  const slots = Array.from({ length: contactsPerDirectory }, (_, slot) => slot)
  const contacts = slots.flatMap((slot) => directoryIds.map((directoryId) => preparedContact(directoryId, slot)))
  await collectionOf(database).insertMany(contacts, { ignoreUndefined: true })
  return contacts
}

/** The same, each with a mail address of its own to which a code was sent. */
export async function prepareVerifications(database: Db, directories: number): Promise<readonly Contact[]> {
  const contacts = await prepareContacts(database, directories)
  const verifying = contacts.map((contact, index): Contact => {
    const id = index.toString(16).padStart(16, '0')
    const sendDate = new Date()
    const expireDate = new Date(sendDate.getTime() + 24 * 60 * 60 * 1000)
    return {
      ...contact,
      emailAddress: `tom.${contact._id.slice(2)}@example.com`,
      emailVerification: { id, sendDate, expireDate, triesLeft: 5, deliveryState: 'SENT', attempts: 1 },
    }
  })
  const updates = verifying.map(({ _id, emailAddress, emailVerification }) => ({
    updateOne: { filter: { _id }, update: { $set: { emailAddress, emailVerification } } },
  }))
  await collectionOf(database).bulkWrite(updates, { ordered: false, ignoreUndefined: true })
  return verifying
}

/** How often the contacts of a database have been changed, all of them together. */
export async function changesIn(database: Db): Promise<number> {
  const changes = { _id: null, changes: { $sum: { $subtract: ['$revision', 1] } } }
  const [sum] = await collectionOf(database)
    .aggregate<{ changes: number }>([{ $group: changes }])
    .toArray()
  return sum?.changes ?? 0
}

const collectionOf = (database: Db) => database.collection<Contact>('message_contacts')

function preparedContact(directoryId: string, slot: number): Contact {
  const contactId = `c-${randomUUID().replaceAll('-', '').slice(0, 16)}`
  const name = `Tom${String.fromCharCode('A'.charCodeAt(0) + slot)}`
  return { slot, ...newContact({ ...details, name }, { contactId, directoryId, now: new Date() }) }
}
