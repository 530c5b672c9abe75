import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { pageToken } from '../calls/paging.js'
import {
  type MessageContact,
  type MessageContactSchema,
  MessageContactStatus,
  MessageType,
  Title,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import {
  type DeleteMessageContactResponseSchema,
  type ListMessageContactsResponseSchema,
  MessageContactDeletionStatus,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { etagOf, type ListedContact, statusOf } from './contact.js'
import { listOf, type Page, type PageRequest } from './page.js'

/** For every operation that answers with one contact. */
export function contactResponse(contact: ListedContact, requestId: string) {
  return { requestId, contact: contactMessage(contact) }
}

export function listResponse(
  { contacts, hasMore, totalCount }: Page,
  list: PageRequest,
  requestId: string,
): MessageInitShape<typeof ListMessageContactsResponseSchema> {
  const last = contacts.at(-1)
  const nextPageToken = hasMore && last ? pageToken(listOf(list), last.name) : ''
  return { requestId, contacts: contacts.map(contactMessage), nextPageToken, totalCount }
}

export function deleteResponse(requestId: string): MessageInitShape<typeof DeleteMessageContactResponseSchema> {
  return { requestId, status: MessageContactDeletionStatus.DELETED }
}

/** Every field of the message, so that a new one cannot be forgotten here. */
type ContactMessage = {
  readonly [Name in keyof Omit<MessageContact, '$typeName' | '$unknown'>]-?:
    | MessageInitShape<typeof MessageContactSchema>[Name]
    | undefined
}

function contactMessage(contact: ListedContact) {
  const { email, phone } = contact
  const message: ContactMessage = {
    contactId: contact._id,
    name: contact.name,
    emailAddress: email.address,
    phoneNumber: phone?.address,
    title: Title[contact.title],
    messageTypes: contact.messageTypes.map((type) => MessageType[type]),
    status: MessageContactStatus[statusOf(contact)],
    createDate: timestampFromDate(contact.createDate),
    updateDate: timestampFromDate(contact.updateDate),
    etag: etagOf(contact),
    emailVerifyDate: email.verifyDate && timestampFromDate(email.verifyDate),
    phoneVerifyDate: phone?.verifyDate && timestampFromDate(phone.verifyDate),
    pendingEmailAddress: email.pending,
    pendingPhoneNumber: phone?.pending,
  }
  return message as MessageInitShape<typeof MessageContactSchema>
}
