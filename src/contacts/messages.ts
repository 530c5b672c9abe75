import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { Violation } from '../failure.js'
import {
  type MessageContactSchema,
  MessageContactStatus,
  MessageType,
  Title,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import {
  type AddMessageContactRequest,
  type DeleteMessageContactRequest,
  type DeleteMessageContactResponseSchema,
  type GetMessageContactRequest,
  type ListMessageContactsRequest,
  type ListMessageContactsResponseSchema,
  MessageContactDeletionStatus,
  type UpdateMessageContactRequest,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { type Change, type Contact, type Details, etagOf, statusOf } from './contact.js'
import {
  bad,
  every,
  type FieldRules,
  good,
  type Parsed,
  parseClientToken,
  parseContactId,
  parseEmailAddress,
  parseMessageTypeFilter,
  parseMessageTypes,
  parseName,
  parseNamePrefix,
  parsePageSize,
  parsePhoneNumber,
  parseStatusFilter,
  parseTitle,
  parseTitleFilter,
} from './fields.js'
import { type Filters, lastNameIn, type Page, type PageRequest, pageToken } from './pages.js'

/** The door in: what each request means. Each parse throws one Failure with every violation, in the request's field order. */
// Long, because it is a list: one function for each operation.
export function createParsers(rules: FieldRules) {
  return {
    addMessageContact(request: AddMessageContactRequest): Details & { clientToken: string | undefined } {
      return every({
        name: parseName(request.name),
        emailAddress: parseEmailAddress(request.emailAddress),
        phoneNumber: parsePhoneNumber(request.phoneNumber, rules),
        title: parseTitle(request.title),
        messageTypes: parseMessageTypes(request.messageTypes),
        clientToken: parseClientToken(request.clientToken),
      })
    },

    getMessageContact({ contactId }: GetMessageContactRequest): { contactId: string } {
      return every({ contactId: parseContactId(contactId) })
    },

    listMessageContacts(request: ListMessageContactsRequest, directoryId: string): PageRequest {
      const filters = {
        title: parseTitleFilter(request.title),
        messageType: parseMessageTypeFilter(request.messageType),
        status: parseStatusFilter(request.status),
        namePrefix: parseNamePrefix(request.namePrefix),
      }
      const size = parsePageSize(request.pageSize)
      const after = parsePageToken(request.pageToken, directoryId, filters)
      return { directoryId, ...every({ size, after, ...filters }) }
    },

    updateMessageContact(request: UpdateMessageContactRequest): ContactUpdate {
      const paths = request.updateMask?.paths ?? []
      const asked = fieldsToChange(request, paths)
      const ifAsked = <Value>(field: WritableField, parse: () => Parsed<Value>) =>
        asked.has(field) ? parse() : good(undefined)
      const { contactId, etag, name, emailAddress, phoneNumber, title, messageTypes } = every({
        contactId: parseContactId(request.contactId),
        name: ifAsked('name', () => parseName(request.name)),
        emailAddress: ifAsked('email_address', () => parseEmailAddress(request.emailAddress)),
        phoneNumber: ifAsked('phone_number', () => orTakenAway(parsePhoneNumber(request.phoneNumber, rules))),
        title: ifAsked('title', () => parseTitle(request.title)),
        messageTypes: ifAsked('message_types', () => parseMessageTypes(request.messageTypes)),
        updateMask: parseUpdateMask(paths),
        etag: good(request.etag),
      })
      return { contactId, etag, change: { name, emailAddress, phoneNumber, title, messageTypes } }
    },

    deleteMessageContact({ contactId, etag }: DeleteMessageContactRequest): { contactId: string; etag: string } {
      return every({ contactId: parseContactId(contactId), etag: good(etag) })
    },
  }
}

/** What UpdateMessageContact asks for. */
export interface ContactUpdate {
  readonly contactId: string
  readonly change: Change
  /** Empty where the caller does not care what the contact is now. */
  readonly etag: string
}

/** Bound to the filters beside it: those that are unlawful belong to no token. */
function parsePageToken(
  token: string,
  directoryId: string,
  filters: { readonly [Name in keyof Filters]-?: Parsed<Filters[Name]> },
): Parsed<string | undefined> {
  if (token === '') return good(undefined)
  const { title, messageType, status, namePrefix } = filters
  const after =
    'value' in title && 'value' in messageType && 'value' in status && 'value' in namePrefix
      ? lastNameIn(token, {
          directoryId,
          title: title.value,
          messageType: messageType.value,
          status: status.value,
          namePrefix: namePrefix.value,
        })
      : undefined
  return after === undefined ? bad('page_token', 'INVALID_PARAMETER_PAGE_TOKEN') : good(after)
}

/** What callers may write, by its path in a mask. */
const writableFields = ['name', 'email_address', 'phone_number', 'title', 'message_types'] as const
type WritableField = (typeof writableFields)[number]
const everyField = '*'

/** The fields of the mask; without one, those that are filled in. */
function fieldsToChange(request: UpdateMessageContactRequest, paths: readonly string[]): ReadonlySet<WritableField> {
  const filledIn: Readonly<Record<WritableField, boolean>> = {
    name: request.name !== '',
    email_address: request.emailAddress !== '',
    phone_number: request.phoneNumber !== '',
    title: request.title !== Title.UNSPECIFIED,
    message_types: request.messageTypes.length > 0,
  }
  const isMeant = (field: WritableField) =>
    paths.length === 0 ? filledIn[field] : paths.includes(field) || paths.includes(everyField)
  return new Set(writableFields.filter(isMeant))
}

function parseUpdateMask(paths: readonly string[]): Parsed<undefined> {
  const reason = 'INVALID_PARAMETER_UPDATE_MASK'
  const violations: Violation[] = []
  if (paths.includes(everyField) && paths.some((path) => path !== everyField))
    violations.push({ field: 'update_mask', reason })
  const known: readonly string[] = [...writableFields, everyField]
  paths.forEach((path, index) => {
    if (!known.includes(path)) violations.push({ field: `update_mask.paths[${index}]`, reason })
  })
  return violations.length > 0 ? { violations } : good(undefined)
}

const orTakenAway = (parsed: Parsed<string | undefined>): Parsed<string | null> =>
  'value' in parsed ? good(parsed.value ?? null) : parsed

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
