import { createHash } from 'node:crypto'
import { Failure } from '../failure.js'
import type {
  Channel,
  DeliveryState,
  MessageContactStatus,
  MessageType,
  Title,
} from '../gen/messagecontacts/v1/message_contact_pb.js'

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
  /** 1 at first, one more with every change that callers see. */
  readonly revision: number
  /** One more with every write, also of what callers do not see: nobody may come between. Absent until the first. */
  readonly version?: number | undefined
  /** The call, or the step of a delivery, that wrote it last: after a broken connection it tells whose write is there. Absent until the first. */
  readonly changeRequestId?: string | undefined
  /** When the address was proved: it is in effect from then on. */
  readonly emailVerifyDate?: Date | undefined
  readonly phoneVerifyDate?: Date | undefined
  /** A new address that waits behind the one in effect. */
  readonly pendingEmailAddress?: string | undefined
  readonly pendingPhoneNumber?: string | undefined
  /** The code that the waiting address is proved with. Absent until one is asked for. */
  readonly emailVerification?: Verification | undefined
  readonly phoneVerification?: Verification | undefined
  /** When wrong codes were given, the last of them. */
  readonly wrongCodeDates?: readonly Date[] | undefined
  /** The earliest `dueDate` of the two verifications: the deliveries look for it. Absent where nothing is to be sent. */
  readonly deliveryDueDate?: Date | undefined
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

/** What a rule makes of a contact. Where it refuses, the contact is written all the same: a wrong code is a refusal and a change. */
export interface Decision {
  readonly contact: Contact
  readonly refuse?: Failure
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
export function changedContact(contact: Contact, change: Change, origin: ChangeOrigin): Contact {
  const after = {
    ...contact,
    ...addressFields.EMAIL.write(changedAddress(addressOf(contact, 'EMAIL'), change.emailAddress)),
    ...addressFields.PHONE.write(changedAddress(addressOf(contact, 'PHONE'), change.phoneNumber)),
    name: change.name ?? contact.name,
    title: change.title ?? contact.title,
    messageTypes: change.messageTypes ?? contact.messageTypes,
  }
  return saysTheSame(contact, after) ? contact : seen(contact, after, origin)
}

/** What becomes of a contact that callers see otherwise from now on. */
export function seen(before: Contact, after: Contact, { requestId, now }: ChangeOrigin): Contact {
  return { ...unseen(before, after, requestId), revision: before.revision + 1, updateDate: now }
}

/** What becomes of a contact of which something changes that callers do not see. */
export function unseen(before: Contact, after: Contact, changeRequestId: string): Contact {
  const due = [after.emailVerification?.dueDate, after.phoneVerification?.dueDate].filter((date) => date !== undefined)
  return {
    ...after,
    version: (before.version ?? 0) + 1,
    changeRequestId,
    deliveryDueDate: due.length > 0 ? new Date(Math.min(...due.map(Number))) : undefined,
  }
}

/** A contact has an address of each kind, or none. */
export type ChannelName = Exclude<keyof typeof Channel, 'UNSPECIFIED'>

/** One of a contact's two addresses, and what waits behind it. */
export interface Address {
  readonly address: string | undefined
  /** Set while the address is in effect. */
  readonly verifyDate: Date | undefined
  readonly pending: string | undefined
  /** The code for the one that waits: for `pending`, or for `address` while that is not in effect. */
  readonly verification: Verification | undefined
}

/** A code that was asked for, and the message that brings it. */
export interface Verification {
  /** 16 hexadecimal digits, random: together with a secret it makes the code, which is nowhere stored. */
  readonly id: string
  readonly sendDate: Date
  readonly expireDate: Date
  readonly triesLeft: number
  readonly deliveryState: Exclude<keyof typeof DeliveryState, 'UNSPECIFIED' | 'NOT_SENT'>
  /** How often the message was begun to be sent. */
  readonly attempts: number
  /** When it is to be sent, or tried again; while it is being sent, when whoever does so has failed. Absent where it needs no more sending. */
  readonly dueDate?: Date | undefined
}

/** Where a contact keeps its addresses. */
const addressFields = {
  EMAIL: {
    read: (contact: Contact): Address => ({
      address: contact.emailAddress,
      verifyDate: contact.emailVerifyDate,
      pending: contact.pendingEmailAddress,
      verification: contact.emailVerification,
    }),
    write: ({ address = '', verifyDate, pending, verification }: Address) => ({
      emailAddress: address,
      emailVerifyDate: verifyDate,
      pendingEmailAddress: pending,
      emailVerification: verification,
    }),
  },
  PHONE: {
    read: (contact: Contact): Address => ({
      address: contact.phoneNumber,
      verifyDate: contact.phoneVerifyDate,
      pending: contact.pendingPhoneNumber,
      verification: contact.phoneVerification,
    }),
    write: ({ address, verifyDate, pending, verification }: Address) => ({
      phoneNumber: address,
      phoneVerifyDate: verifyDate,
      pendingPhoneNumber: pending,
      phoneVerification: verification,
    }),
  },
} as const satisfies Record<ChannelName, object>

export const addressOf = (contact: Contact, channel: ChannelName): Address => addressFields[channel].read(contact)

/** The same contact with another address of that kind. */
export const withAddress = (contact: Contact, channel: ChannelName, address: Address): Contact => ({
  ...contact,
  ...addressFields[channel].write(address),
})

/** The address that waits for its proof. */
export const waitingIn = ({ address, verifyDate, pending }: Address): string | undefined =>
  verifyDate ? pending : address

/**
 * A new address waits behind one that is in effect, and replaces one that is not. Set back to the present one, it drops the pending one.
 * `null` takes all of it away: that needs nobody's proof. A code for what waits no longer is worth nothing.
 */
function changedAddress(present: Address, asked: string | null | undefined): Address {
  const { address, verifyDate, pending, verification } = present
  const nothing = { verifyDate: undefined, pending: undefined, verification: undefined }
  if (asked === undefined) return present
  if (asked === null) return { ...nothing, address: undefined }
  if (!verifyDate) return { ...nothing, address: asked, verification: asked === address ? verification : undefined }
  if (asked === pending) return present
  return { ...nothing, address, verifyDate, pending: asked === address ? undefined : asked }
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
