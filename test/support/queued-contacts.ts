import { randomBytes } from 'node:crypto'
import type { Collection } from 'mongodb'
import type { AddressKind, Verification } from '../../src/addresses/address.js'
import { type Contact, newContact } from '../../src/contacts/contact.js'

/** A contact to store, and which of its messages are due. */
export interface QueuedContact {
  readonly directoryId: string
  readonly emailAddress: string
  readonly phoneNumber: string
  readonly due: readonly AddressKind[]
  /** Of the Send, whatever is stored. */
  readonly traceparent?: unknown
}

/**
 * Stores contacts whose messages are due since a minute ago, so that the delivery worker finds them before all others. Stored directly,
 * because hundreds of calls would take long. Gives the contact ids.
 */
export async function storeQueued(
  collection: Collection<Contact>,
  contacts: readonly QueuedContact[],
): Promise<readonly string[]> {
  const documents = contacts.map(documentOf)
  await collection.insertMany(documents, { ignoreUndefined: true })
  return documents.map(({ _id }) => _id)
}

function documentOf(
  { directoryId, emailAddress, phoneNumber, due, traceparent }: QueuedContact,
  index: number,
): Contact {
  const now = new Date()
  const dueDate = new Date(now.getTime() - 60_000)
  const contactId = `c-${randomBytes(8).toString('hex')}`
  const name = [...String(index)].map((digit) => 'ABCDEFGHIJ'[Number(digit)]).join('')
  const fields = { name: `Tom${name}`, emailAddress, phoneNumber, title: 'CEO', messageTypes: [] } as const
  const lastWrite = { requestId: contactId, operation: 'AddMessageContact', caller: directoryId, date: now }
  const queued = (kind: AddressKind, address: string) =>
    due.includes(kind) ? { address, verification: queuedVerification(address, dueDate, traceparent) } : { address }
  return {
    ...newContact(fields, { contactId, directoryId, now, clientToken: undefined }),
    slot: index,
    email: queued('email', emailAddress),
    phone: queued('phone', phoneNumber),
    deliveryDueDate: dueDate,
    lastWrite,
  }
}

const queuedVerification = (address: string, dueDate: Date, traceparent: unknown): Verification => ({
  id: randomBytes(8).toString('hex'),
  address,
  sendDate: dueDate,
  expireDate: new Date(dueDate.getTime() + 30 * 60_000),
  attemptsRemaining: 5,
  deliveryState: 'QUEUED',
  attempts: 0,
  dueDate,
  traceparent: traceparent as Verification['traceparent'],
})
