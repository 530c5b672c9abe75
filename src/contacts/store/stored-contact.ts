import { type Address, addressKinds } from '../../addresses/address.js'
import type { WriteStamp } from '../../calls/write-stamp.js'
import { MessageType, Title } from '../../gen/messagecontacts/v1/message_contact_pb.js'
import type { Contact, ListedContact, NewContact } from '../contact.js'

/** A document that is not in the shape in which contacts are stored: somebody has edited it, or it is damaged. */
export class DamagedContactError extends Error {
  override readonly name = 'DamagedContactError'
  readonly documentId: string

  constructor(documentId: string, options?: ErrorOptions) {
    super('the stored contact is damaged', options)
    this.documentId = documentId
  }
}

/** The document of a new contact. */
export const storedContact = (contact: NewContact, slot: number, lastWrite: WriteStamp): Contact => ({
  slot,
  lastWrite,
  ...contact,
})

/** The document as a contact. Throws DamagedContactError if it is none. */
export function requireContact(document: Contact): Contact {
  const { version, lastWrite, incorrectCodeDates } = document
  const isValid =
    isListed(document) &&
    Number.isInteger(version) &&
    typeof lastWrite?.requestId === 'string' &&
    addressKinds.every((kind) => hasVerifications(document[kind])) &&
    (incorrectCodeDates === undefined || isDates(incorrectCodeDates))
  if (!isValid) throw new DamagedContactError(String(document._id))
  return document
}

/** The document, which may lack what lists do not show. Throws DamagedContactError if the rest is not that of a contact. */
export function requireListed(document: ListedContact): ListedContact {
  if (!isListed(document)) throw new DamagedContactError(String(document._id))
  return document
}

function isListed(document: ListedContact): boolean {
  const { directoryId, name, title, messageTypes, createDate, updateDate, revision, email, phone } = document
  return (
    typeof directoryId === 'string' &&
    typeof name === 'string' &&
    isNameIn(Title, title) &&
    Array.isArray(messageTypes) &&
    messageTypes.every((type) => isNameIn(MessageType, type)) &&
    isDate(createDate) &&
    isDate(updateDate) &&
    Number.isInteger(revision) &&
    isListedAddress(email) &&
    (phone === undefined || isListedAddress(phone))
  )
}

const isListedAddress = (value: ListedContact['email']) =>
  typeof value?.address === 'string' &&
  isOptionalDate(value.verifyDate) &&
  (value.pending === undefined || typeof value.pending === 'string')

/** The rest of an address whose listed part is valid. */
const hasVerifications = (value: Address | undefined) =>
  value === undefined ||
  ((value.verification === undefined || isVerification(value.verification)) &&
    (value.superseded === undefined || (Array.isArray(value.superseded) && value.superseded.every(isSuperseded))))

const isSuperseded = (value: NonNullable<Address['superseded']>[number]) =>
  typeof value?.id === 'string' && typeof value.address === 'string' && isDate(value.expireDate)

function isVerification(value: NonNullable<Address['verification']>): boolean {
  return (
    typeof value.id === 'string' &&
    typeof value.deliveryState === 'string' &&
    isDate(value.sendDate) &&
    isDate(value.expireDate) &&
    Number.isInteger(value.attemptsRemaining) &&
    Number.isInteger(value.attempts) &&
    isOptionalDate(value.dueDate)
  )
}

/** Without its reverse side: an enum also has its numbers as keys. */
const isNameIn = (numbers: Readonly<Record<string, string | number>>, name: unknown) =>
  typeof name === 'string' && Object.hasOwn(numbers, name) && typeof numbers[name] === 'number'

/** The database has dates that JavaScript does not have. */
const isDate = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime())
const isOptionalDate = (value: unknown) => value === undefined || isDate(value)
const isDates = (value: unknown) => Array.isArray(value) && value.every(isDate)
