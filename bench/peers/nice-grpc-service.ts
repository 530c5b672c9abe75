import { randomInt, randomUUID } from 'node:crypto'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { type Collection, MongoServerError } from 'mongodb'
import { customAlphabet } from 'nanoid'
import { type CallContext, ServerError, Status } from 'nice-grpc'
import type { Contact, MessageTypeName, TitleName } from '../../src/contacts/contact.js'
import {
  type MessageContactSchema,
  MessageContactStatus,
  MessageType,
  Title,
} from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  type AddMessageContactRequest,
  AddMessageContactResponseSchema,
  type GetMessageContactRequest,
  GetMessageContactResponseSchema,
  type ListMessageContactsRequest,
  ListMessageContactsResponseSchema,
  type UpdateMessageContactRequest,
  UpdateMessageContactResponseSchema,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'

const contactsPerDirectory = 20
const defaultPageSize = 20
const newId = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 16)

/** Four operations as a service without batches has them: validate, one database command, answer. */
export class PeerService {
  readonly #contacts: Collection<Contact>

  constructor(contacts: Collection<Contact>) {
    this.#contacts = contacts
  }

  async addMessageContact(request: AddMessageContactRequest, context: CallContext) {
    const directoryId = directoryOf(context)
    const requestId = randomUUID()
    const contact = newContact(request, directoryId, requestId)
    await this.#contacts.insertOne(contact).catch(refuseDuplicate)
    return create(AddMessageContactResponseSchema, { requestId, contact: messageOf(contact) })
  }

  async getMessageContact({ contactId }: GetMessageContactRequest, context: CallContext) {
    requireMatch('contact_id', contactId, contactIdPattern)
    const contact = await this.#contacts.findOne({ _id: contactId, directoryId: directoryOf(context) })
    return create(GetMessageContactResponseSchema, {
      requestId: randomUUID(),
      contact: messageOf(requireFound(contact)),
    })
  }

  async listMessageContacts({ pageSize }: ListMessageContactsRequest, context: CallContext) {
    if (pageSize < 0) throw invalid('page_size')
    const limit = pageSize || defaultPageSize
    const found = await this.#contacts
      .find({ directoryId: directoryOf(context) })
      .sort({ name: 1 })
      .limit(limit)
      .toArray()
    const page = { contacts: found.map(messageOf), totalCount: found.length }
    return create(ListMessageContactsResponseSchema, { requestId: randomUUID(), ...page })
  }

  async updateMessageContact(request: UpdateMessageContactRequest, context: CallContext) {
    const directoryId = directoryOf(context)
    const requestId = randomUUID()
    requireMatch('contact_id', request.contactId, contactIdPattern)
    const updateDate = new Date()
    const lastWrite = { requestId, operation: 'UpdateMessageContact', caller: directoryId, date: updateDate }
    const update = { $set: { ...changeOf(request), updateDate, lastWrite }, $inc: { revision: 1, version: 1 } }
    const contact = await this.#contacts
      .findOneAndUpdate({ _id: request.contactId, directoryId }, update, { returnDocument: 'after' })
      .catch(refuseDuplicate)
    return create(UpdateMessageContactResponseSchema, { requestId, contact: messageOf(requireFound(contact)) })
  }
}

const contactIdPattern = /^c-[A-Za-z0-9]{16}$/
const patterns = {
  name: /^[A-Za-z\p{Unified_Ideograph}]{2,12}$/u,
  email_address: /^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/,
  phone_number: /^86-1[3-9]\d{9}$/,
}

const invalid = (field: string) => new ServerError(Status.INVALID_ARGUMENT, `${field} is invalid`)

function requireMatch(field: string, text: string, pattern: RegExp): string {
  if (!pattern.test(text)) throw invalid(field)
  return text
}

function directoryOf({ metadata }: CallContext): string {
  return requireMatch('x-resource-directory-id', metadata.get('x-resource-directory-id') ?? '', /^[\w-]{1,64}$/)
}

const requireName = (name: string) => requireMatch('name', name.normalize('NFC'), patterns.name)
const requireEmail = (text: string) => ({ address: requireMatch('email_address', text, patterns.email_address) })
const requirePhone = (text: string) => ({ address: requireMatch('phone_number', text, patterns.phone_number) })

function requireTitle(title: Title): TitleName {
  const name = title === Title.UNSPECIFIED ? undefined : Title[title]
  if (name === undefined) throw invalid('title')
  return name as TitleName
}

function requireTypes(types: readonly MessageType[]): readonly MessageTypeName[] {
  const names = types.map((type) => (type === MessageType.UNSPECIFIED ? undefined : MessageType[type]))
  if (names.length === 0 || names.includes(undefined)) throw invalid('message_types')
  return [...new Set(names)] as MessageTypeName[]
}

function newContact(request: AddMessageContactRequest, directoryId: string, requestId: string): Contact {
  const now = new Date()
  return {
    _id: `c-${newId()}`,
    directoryId,
    slot: randomInt(contactsPerDirectory),
    name: requireName(request.name),
    email: requireEmail(request.emailAddress),
    phone: requirePhone(request.phoneNumber),
    title: requireTitle(request.title),
    messageTypes: requireTypes(request.messageTypes),
    createDate: now,
    updateDate: now,
    revision: 1,
    version: 1,
    lastWrite: { requestId, operation: 'AddMessageContact', caller: directoryId, date: now },
  }
}

/** The fields that the mask names. */
function changeOf(request: UpdateMessageContactRequest): Partial<Contact> {
  const paths = request.updateMask?.paths ?? []
  if (paths.length === 0) throw invalid('update_mask')
  return {
    ...(paths.includes('name') && { name: requireName(request.name) }),
    ...(paths.includes('email_address') && { email: requireEmail(request.emailAddress) }),
    ...(paths.includes('phone_number') && { phone: requirePhone(request.phoneNumber) }),
    ...(paths.includes('title') && { title: requireTitle(request.title) }),
    ...(paths.includes('message_types') && { messageTypes: requireTypes(request.messageTypes) }),
  }
}

/** For a name or a slot that is used. */
function refuseDuplicate(error: unknown): never {
  if (error instanceof MongoServerError && error.code === 11000)
    throw new ServerError(Status.ALREADY_EXISTS, 'the name is already used')
  throw error
}

function requireFound(contact: Contact | null): Contact {
  if (!contact) throw new ServerError(Status.NOT_FOUND, 'there is no such contact')
  return contact
}

function messageOf({ _id, email, phone, ...contact }: Contact): MessageInitShape<typeof MessageContactSchema> {
  const isActive = email.verifyDate !== undefined || phone?.verifyDate !== undefined
  return {
    contactId: _id,
    name: contact.name,
    emailAddress: email.address,
    phoneNumber: phone?.address ?? '',
    title: Title[contact.title],
    messageTypes: contact.messageTypes.map((type) => MessageType[type]),
    status: isActive ? MessageContactStatus.ACTIVE : MessageContactStatus.VERIFYING,
    createDate: timestampFromDate(contact.createDate),
    updateDate: timestampFromDate(contact.updateDate),
    etag: `"${contact.revision}"`,
    ...(email.verifyDate && { emailVerifyDate: timestampFromDate(email.verifyDate) }),
    ...(phone?.verifyDate && { phoneVerifyDate: timestampFromDate(phone.verifyDate) }),
    pendingEmailAddress: email.pending ?? '',
    pendingPhoneNumber: phone?.pending ?? '',
  }
}
