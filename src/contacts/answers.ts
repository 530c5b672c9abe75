import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  Channel,
  DeliveryState,
  type MessageContactSchema,
  MessageContactStatus,
  type MessageContactVerificationSchema,
  MessageType,
  Title,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import {
  type DeleteMessageContactResponseSchema,
  type ListMessageContactsResponseSchema,
  type ListMessageContactVerificationsResponseSchema,
  MessageContactDeletionStatus,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { type Contact, etagOf, statusOf } from './contact.js'
import { type Page, type PageRequest, pageToken } from './pages.js'
import type { VerificationsRequest } from './requests.js'
import type { Waiting } from './verification.js'

/** The door out: contacts and pages as the contract has them. */
export const show = {
  /** For every operation that answers with one contact. */
  contact(contact: Contact, requestId: string) {
    return { requestId, contact: contactMessage(contact) }
  },

  page(
    { contacts, more, totalCount }: Page,
    list: PageRequest,
    requestId: string,
  ): MessageInitShape<typeof ListMessageContactsResponseSchema> {
    const last = contacts.at(-1)
    const nextPageToken = more && last ? pageToken(list, last.name) : ''
    return { requestId, contacts: contacts.map(contactMessage), nextPageToken, totalCount }
  },

  /** A code is under way: until when it is valid, and when another one may be sent. */
  sending(expireDate: Date, nextSendDate: Date, requestId: string) {
    return { requestId, expireDate: timestampFromDate(expireDate), nextSendDate: timestampFromDate(nextSendDate) }
  },

  verifications(
    waiting: readonly Waiting[],
    list: VerificationsRequest,
    requestId: string,
  ): MessageInitShape<typeof ListMessageContactVerificationsResponseSchema> {
    const rest = waiting.slice(waiting.findIndex(({ channel }) => channel === list.after) + 1)
    const page = rest.slice(0, list.size)
    const last = page.at(-1)
    const nextPageToken = last && rest.length > page.length ? pageToken(list, last.channel) : ''
    return { requestId, verifications: page.map(verificationMessage), nextPageToken, totalCount: waiting.length }
  },

  deleted(requestId: string): MessageInitShape<typeof DeleteMessageContactResponseSchema> {
    return { requestId, status: MessageContactDeletionStatus.DELETED }
  },
}

function contactMessage(contact: Contact): MessageInitShape<typeof MessageContactSchema> {
  const { emailVerifyDate, phoneVerifyDate } = contact
  return {
    contactId: contact._id,
    name: contact.name,
    emailAddress: contact.emailAddress,
    phoneNumber: contact.phoneNumber ?? '',
    title: Title[contact.title],
    messageTypes: contact.messageTypes.map((type) => MessageType[type]),
    status: MessageContactStatus[statusOf(contact)],
    createDate: timestampFromDate(contact.createDate),
    updateDate: timestampFromDate(contact.updateDate),
    etag: etagOf(contact),
    ...(emailVerifyDate && { emailVerifyDate: timestampFromDate(emailVerifyDate) }),
    ...(phoneVerifyDate && { phoneVerifyDate: timestampFromDate(phoneVerifyDate) }),
    pendingEmailAddress: contact.pendingEmailAddress ?? '',
    pendingPhoneNumber: contact.pendingPhoneNumber ?? '',
  }
}

function verificationMessage({
  contactId,
  channel,
  address,
  verification,
}: Waiting): MessageInitShape<typeof MessageContactVerificationSchema> {
  return {
    contactId,
    target: address,
    channel: Channel[channel],
    ...(verification && {
      sendDate: timestampFromDate(verification.sendDate),
      expireDate: timestampFromDate(verification.expireDate),
    }),
    triesLeft: verification?.triesLeft ?? 0,
    deliveryState: DeliveryState[verification?.deliveryState ?? 'NOT_SENT'],
  }
}
