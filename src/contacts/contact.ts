import { createHash } from 'node:crypto'
import { type Address, addressKinds, changedAddress, verificationOf } from '../addresses/address.js'
import type { WriteStamp } from '../calls/write-stamp.js'
import { Failure } from '../errors/failure.js'
import type { MessageContactStatus, MessageType, Title } from '../gen/messagecontacts/v1/message_contact_pb.js'

/** Titles, message types and states are stored by name, so that the database can be read without the contract. */
export type TitleName = Exclude<keyof typeof Title, 'UNSPECIFIED'>
export type MessageTypeName = Exclude<keyof typeof MessageType, 'UNSPECIFIED'>
export type ContactStatus = Exclude<keyof typeof MessageContactStatus, 'UNSPECIFIED'>

/** What callers may write, checked and normalized. The names are those of the request fields. */
export interface WritableFields {
  readonly name: string
  readonly emailAddress: string
  /** Undefined for none, which only PHONE_NUMBER=optional allows. */
  readonly phoneNumber: string | undefined
  readonly title: TitleName
  /** At least one, each once, in the order that the caller gave. */
  readonly messageTypes: readonly MessageTypeName[]
}

/** A contact, in the shape in which it is stored. */
export interface Contact extends Omit<WritableFields, 'emailAddress' | 'phoneNumber'> {
  /** The contact id. */
  readonly _id: string
  readonly directoryId: string
  /** Its place in the directory's limit, 0 to CONTACTS_PER_DIRECTORY - 1. */
  readonly slot: number
  readonly email: Address
  readonly phone?: Address | undefined
  readonly createDate: Date
  readonly updateDate: Date
  /** 1 at first, and one more with every change that callers see. The etag shows it. */
  readonly revision: number
  /** 1 at first, and one more with every write. The condition of the next write. */
  readonly version: number
  readonly lastWrite: WriteStamp
  /** When the latest incorrect codes were given, in order. */
  readonly incorrectCodeDates?: readonly Date[] | undefined
  /** The earliest `dueDate` of the verifications: the delivery worker looks for it. Absent if nothing is to be sent. */
  readonly deliveryDueDate?: Date | undefined
  /** The client token that the contact was added with, and a hash of the request: a repetition must have both. */
  readonly clientToken?: string | undefined
  readonly requestHash?: string | undefined
}

/** What callers see of an address in a contact. */
type ListedAddress = Pick<Address, 'address' | 'verifyDate' | 'pending'>

/** What callers see of a contact. */
export interface ListedContact
  extends Pick<
    Contact,
    '_id' | 'directoryId' | 'name' | 'title' | 'messageTypes' | 'createDate' | 'updateDate' | 'revision'
  > {
  readonly email: ListedAddress
  readonly phone?: ListedAddress | undefined
}

/** A contact id is the prefix and random characters of the alphabet, 95 bits of entropy. */
export const contactIdFormat = {
  prefix: 'c-',
  alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  length: 16,
} as const
export const contactIdPattern = new RegExp(
  `^${contactIdFormat.prefix}[${contactIdFormat.alphabet}]{${contactIdFormat.length}}$`,
)

/** What the service adds to a new contact. */
export interface NewContactOptions {
  readonly contactId: string
  readonly directoryId: string
  readonly now: Date
  readonly clientToken: string | undefined
}

/** A contact before it has a slot and a write stamp. */
export type NewContact = Omit<Contact, 'slot' | 'lastWrite'>

/** A new contact: no address is verified. */
export function newContact(fields: WritableFields, options: NewContactOptions): NewContact {
  const { contactId, directoryId, now, clientToken } = options
  // Field by field: an object that grows after a spread is much slower to build, and every Add builds one.
  return {
    _id: contactId,
    directoryId,
    name: fields.name,
    email: { address: fields.emailAddress },
    phone: fields.phoneNumber === undefined ? undefined : { address: fields.phoneNumber },
    title: fields.title,
    messageTypes: fields.messageTypes,
    createDate: now,
    updateDate: now,
    revision: 1,
    version: 1,
    clientToken,
    requestHash: clientToken === undefined ? undefined : hashOf(fields),
  }
}

/** Equal for requests that are equal after normalization, in whatever order they list message types. */
function hashOf(fields: WritableFields): string {
  const unordered = { ...fields, messageTypes: [...fields.messageTypes].sort() }
  const sorted = Object.entries(unordered).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url')
}

/** What a rule decides about a contact. */
export type Decision<Result = undefined> =
  /** The caller's answer is the contact as it is. */
  | { readonly kind: 'unchanged' }
  /** There is nothing to do, and nobody to answer. */
  | { readonly kind: 'skip' }
  | WriteDecision<Result>

export interface WriteDecision<Result = undefined> {
  readonly kind: 'write'
  /** The next state. Version, write stamp and what else depends on the write itself is added when it is stored. */
  readonly contact: Contact
  /** True if callers see the change: it makes a new revision. */
  readonly isVisible: boolean
  /** What the rule gives beside the contact, once it is written. */
  readonly result?: Result
  /** Thrown once the state is written: an incorrect code is both a refusal and a change. */
  readonly refusal?: Failure
}

/** What a caller wants to change. A field that is absent stays as it is. */
export type ContactChange = Partial<WritableFields>

/** The contact after a caller's change. */
export function changeContact(contact: Contact, change: ContactChange): Decision {
  const { emailAddress, phoneNumber, ...plainChange } = change
  const after: Contact = {
    ...contact,
    ...plainChange,
    email: emailAddress === undefined ? contact.email : changedAddress(contact.email, emailAddress),
    phone: 'phoneNumber' in change ? changedPhone(contact.phone, phoneNumber) : contact.phone,
  }
  const isUnchanged =
    after.email === contact.email &&
    after.phone === contact.phone &&
    Object.entries(plainChange).every(([name, value]) => isEqual(value, contact[name as keyof typeof plainChange]))
  return isUnchanged ? { kind: 'unchanged' } : { kind: 'write', contact: after, isVisible: true }
}

/** A phone number that is removed takes its pending number with it: that needs no verification. */
const changedPhone = (current: Address | undefined, requested: string | undefined) =>
  requested === undefined ? undefined : changedAddress(current, requested)

const isEqual = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** When the contact's next delivery is due. */
export function deliveryDueDateOf(contact: Contact): Date | undefined {
  const dueDates = addressKinds.flatMap((kind) => {
    const address = contact[kind]
    const verification = address && verificationOf(address)
    return (verification?.deliveryState === 'QUEUED' && verification.dueDate) || []
  })
  return dueDates.length > 0 ? new Date(Math.min(...dueDates.map(Number))) : undefined
}

/** Active as soon as one address is verified. */
export function statusOf({ email, phone }: Pick<ListedContact, 'email' | 'phone'>): ContactStatus {
  return email.verifyDate || phone?.verifyDate ? 'ACTIVE' : 'VERIFYING'
}

/** Quoted as RFC 9110 asks. */
export function etagOf(contact: Pick<Contact, 'revision'>): string {
  return `"${contact.revision}"`
}

/** The revision that an etag stands for; undefined if no contact can have such an etag. */
export function revisionOf(etag: string): number | undefined {
  const [, digits] = /^"([1-9]\d{0,14})"$/.exec(etag) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** Gives the contact back. Throws ETAG_MISMATCH if the caller expects another revision; an empty etag expects none. */
export function requireEtag(contact: Contact, etag: string): Contact {
  if (etag !== '' && etag !== etagOf(contact)) throw new Failure('ETAG_MISMATCH')
  return contact
}
