import { createHash } from 'node:crypto'
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

/** Active as soon as one of the addresses is in effect. */
export function statusOf(contact: Contact): StatusName {
  return contact.emailVerifyDate || contact.phoneVerifyDate ? 'ACTIVE' : 'VERIFYING'
}

/** Changes with every change of the contact and with nothing else; quoted as RFC 7232 asks. */
export function etagOf(contact: Contact): string {
  return `"${contact.revision}"`
}
