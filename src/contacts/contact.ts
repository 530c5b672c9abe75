import { createHash } from 'node:crypto'
import { Failure } from '../failure.js'
import type { MessageContactStatus, MessageType, Title } from '../gen/messagecontacts/v1/message_contact_pb.js'

/** The contract's titles, message types and states by name: what is stored can be read without the contract at hand. */
export type TitleName = Exclude<keyof typeof Title, 'UNSPECIFIED'>
export type MessageTypeName = Exclude<keyof typeof MessageType, 'UNSPECIFIED'>
export type StatusName = Exclude<keyof typeof MessageContactStatus, 'UNSPECIFIED'>

/** What a caller says about a person, checked and normalized. */
export interface Details {
  readonly name: string
  readonly emailAddress: string
  /** Absent only where the service runs with PHONE_NUMBER=optional. */
  readonly phoneNumber?: string | undefined
  readonly title: TitleName
  /** At least one, each once, in the order of the contract's enum. */
  readonly messageTypes: readonly MessageTypeName[]
}

/** A contact: what the rules think about, and what the database keeps, in one shape. */
export interface Contact extends Details {
  /** The contact's id, under the name the database has for it. */
  readonly _id: string
  readonly directoryId: string
  /** Its place among those the directory may hold. The store gives it out. */
  readonly slot: number
  readonly createDate: Date
  readonly updateDate: Date
  /** 1 at first, one more with every change. */
  readonly revision: number
  /** The call that changed it last: after a broken connection it tells whose write is there. Absent until the first change. */
  readonly changeRequestId?: string | undefined
  /** When the address was proved: it is in effect from then on. */
  readonly emailVerifyDate?: Date | undefined
  readonly phoneVerifyDate?: Date | undefined
  /** A new address that waits behind the one in effect. */
  readonly pendingEmailAddress?: string | undefined
  readonly pendingPhoneNumber?: string | undefined
  /** The token the contact was added with, and what the request said: a repeat is known by both. */
  readonly clientToken?: string | undefined
  readonly requestHash?: string | undefined
}

/** What the service adds to what the caller says. */
export interface Origin {
  readonly contactId: string
  readonly directoryId: string
  readonly now: Date
  readonly clientToken?: string | undefined
}

/** A contact that has no place yet. */
export type NewContact = Omit<Contact, 'slot'>

/** A contact at its beginning: neither address is in effect. */
export function newContact(details: Details, { contactId, directoryId, now, clientToken }: Origin): NewContact {
  // Field by field: an object that grows after a spread costs a hundred times as much, and this is every call's.
  return {
    _id: contactId,
    directoryId,
    name: details.name,
    emailAddress: details.emailAddress,
    phoneNumber: details.phoneNumber,
    title: details.title,
    messageTypes: details.messageTypes,
    createDate: now,
    updateDate: now,
    revision: 1,
    clientToken,
    requestHash: clientToken === undefined ? undefined : hashOf(details),
  }
}

/** Equal for requests that mean the same, whatever they looked like. */
function hashOf({ name, emailAddress, phoneNumber, title, messageTypes }: Details): string {
  return createHash('sha256')
    .update(JSON.stringify([name, emailAddress, phoneNumber, title, messageTypes]))
    .digest('base64url')
}

/** What a caller wants otherwise; what is absent stays as it is. */
export interface Change {
  readonly name?: string | undefined
  readonly emailAddress?: string | undefined
  /** `null` takes the number away. */
  readonly phoneNumber?: string | null | undefined
  readonly title?: TitleName | undefined
  readonly messageTypes?: readonly MessageTypeName[] | undefined
}

/** What the service adds to a change. */
export interface ChangeOrigin {
  readonly requestId: string
  readonly now: Date
}

/** The contact after a change: one revision further, or the very same contact where nothing changes. */
export function changedContact(contact: Contact, change: Change, { requestId, now }: ChangeOrigin): Contact {
  const email = changedAddress(
    { address: contact.emailAddress, verifyDate: contact.emailVerifyDate, pending: contact.pendingEmailAddress },
    change.emailAddress,
  )
  const phone = changedAddress(
    { address: contact.phoneNumber, verifyDate: contact.phoneVerifyDate, pending: contact.pendingPhoneNumber },
    change.phoneNumber,
  )
  const after: Contact = {
    ...contact,
    name: change.name ?? contact.name,
    emailAddress: email.address ?? contact.emailAddress,
    emailVerifyDate: email.verifyDate,
    pendingEmailAddress: email.pending,
    phoneNumber: phone.address,
    phoneVerifyDate: phone.verifyDate,
    pendingPhoneNumber: phone.pending,
    title: change.title ?? contact.title,
    messageTypes: change.messageTypes ?? contact.messageTypes,
    updateDate: now,
    revision: contact.revision + 1,
    changeRequestId: requestId,
  }
  return saysTheSame(contact, after) ? contact : after
}

/** One of a contact's two addresses, and what waits behind it. */
interface Address {
  readonly address: string | undefined
  /** Set while the address is in effect. */
  readonly verifyDate: Date | undefined
  readonly pending: string | undefined
}

/**
 * A new address waits behind one that is in effect, and replaces one that is not. Set back to the present one, it drops the pending one.
 * `null` takes all of it away: that needs nobody's proof.
 */
function changedAddress(present: Address, asked: string | null | undefined): Address {
  if (asked === undefined) return present
  if (asked === null) return { address: undefined, verifyDate: undefined, pending: undefined }
  if (asked === present.address) return { ...present, pending: undefined }
  return present.verifyDate
    ? { ...present, pending: asked }
    : { address: asked, verifyDate: undefined, pending: undefined }
}

function saysTheSame(one: Contact, other: Contact): boolean {
  const said = (contact: Contact) => {
    const { name, emailAddress, phoneNumber, title, messageTypes, pendingEmailAddress, pendingPhoneNumber } = contact
    return JSON.stringify([
      name,
      emailAddress,
      phoneNumber,
      title,
      messageTypes,
      pendingEmailAddress,
      pendingPhoneNumber,
    ])
  }
  return said(one) === said(other)
}

/** Active as soon as one of the addresses is in effect. */
export function statusOf(contact: Contact): StatusName {
  return contact.emailVerifyDate || contact.phoneVerifyDate ? 'ACTIVE' : 'VERIFYING'
}

/** Changes with every change of the contact and with nothing else; quoted as RFC 7232 asks. */
export function etagOf(contact: Contact): string {
  return `"${contact.revision}"`
}

/** The revision that an etag stands for. Undefined where it is none that a contact could have. */
export function revisionOf(etag: string): number | undefined {
  const [, digits] = /^"([1-9]\d{0,14})"$/.exec(etag) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** Throws ETAG_MISMATCH where a caller made a decision for another state of the contact. An empty etag is none. */
export function expectEtag(contact: Contact, etag: string): void {
  if (etag !== '' && etag !== etagOf(contact)) throw new Failure('ETAG_MISMATCH')
}
