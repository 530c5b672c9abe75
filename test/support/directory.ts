import type { MessageInitShape } from '@bufbuild/protobuf'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type {
  CancelMessageContactUpdateRequestSchema,
  ConfirmMessageContactVerificationRequestSchema,
  DeleteMessageContactRequestSchema,
  DeleteMessageContactResponse,
  ListMessageContactsRequestSchema,
  ListMessageContactsResponse,
  ListMessageContactVerificationsRequestSchema,
  ListMessageContactVerificationsResponse,
  SendEmailVerificationForMessageContactResponse,
  SendPhoneVerificationForMessageContactResponse,
  UpdateMessageContactRequestSchema,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { type AddRequest, type Answer, addRequest } from './client.js'
import { type RunningService, uniqueName } from './running-service.js'

export type ListRequest = MessageInitShape<typeof ListMessageContactsRequestSchema>
export type UpdateRequest = MessageInitShape<typeof UpdateMessageContactRequestSchema>
export type DeleteRequest = MessageInitShape<typeof DeleteMessageContactRequestSchema>
export type ConfirmRequest = MessageInitShape<typeof ConfirmMessageContactVerificationRequestSchema>
export type CancelRequest = MessageInitShape<typeof CancelMessageContactUpdateRequestSchema>
export type VerificationsRequest = MessageInitShape<typeof ListMessageContactVerificationsRequestSchema>

/** A directory that no other test uses, and the calls of its caller. Calls reject with Refused. */
export class Directory {
  readonly id = uniqueName('rd')
  readonly #service: RunningService
  readonly #deadlineMs: number | undefined

  /** A service with a test clock needs an infinite `deadlineMs`: clients compute deadlines with the clock of the machine. */
  constructor(service: RunningService, deadlineMs?: number) {
    this.#service = service
    this.#deadlineMs = deadlineMs
  }

  /** Adds the contact of `addRequest`, with these differences. */
  async add(differences: AddRequest = {}): Promise<MessageContact> {
    return contactIn(await this.#service.client.addMessageContact(addRequest(differences), this.#options))
  }

  /** Adds one contact for each name, one after the other: concurrent calls would lose races for slots. */
  async addAll(names: readonly string[], differences: AddRequest = {}): Promise<MessageContact[]> {
    const contacts: MessageContact[] = []
    for (const name of names) contacts.push(await this.add({ name, ...differences }))
    return contacts
  }

  async get(contactId: string): Promise<MessageContact> {
    return contactIn(await this.#service.client.getMessageContact({ contactId }, this.#options))
  }

  async list(request: ListRequest = {}): Promise<ListMessageContactsResponse> {
    return (await this.#service.client.listMessageContacts(request, this.#options)).response
  }

  async update(request: UpdateRequest): Promise<MessageContact> {
    return contactIn(await this.#service.client.updateMessageContact(request, this.#options))
  }

  async remove(request: DeleteRequest): Promise<DeleteMessageContactResponse> {
    return (await this.#service.client.deleteMessageContact(request, this.#options)).response
  }

  /** Requests a code for a mail address. */
  async sendEmail(contactId: string, emailAddress: string): Promise<SendEmailVerificationForMessageContactResponse> {
    const request = { contactId, emailAddress }
    return (await this.#service.client.sendEmailVerificationForMessageContact(request, this.#options)).response
  }

  /** Requests a code for a phone number. */
  async sendSms(contactId: string, phoneNumber: string): Promise<SendPhoneVerificationForMessageContactResponse> {
    const request = { contactId, phoneNumber }
    return (await this.#service.client.sendPhoneVerificationForMessageContact(request, this.#options)).response
  }

  async confirm(request: ConfirmRequest): Promise<MessageContact> {
    return contactIn(await this.#service.client.confirmMessageContactVerification(request, this.#options))
  }

  async cancel(request: CancelRequest): Promise<MessageContact> {
    return contactIn(await this.#service.client.cancelMessageContactUpdate(request, this.#options))
  }

  async verifications(request: VerificationsRequest): Promise<ListMessageContactVerificationsResponse> {
    return (await this.#service.client.listMessageContactVerifications(request, this.#options)).response
  }

  /** The contacts of the directory in the database, by name. */
  stored(): Promise<Contact[]> {
    return this.#service.collection.find({ directoryId: this.id }).sort({ name: 1 }).toArray()
  }

  /** Marks both addresses of a contact as verified, in the database: nothing else changes. */
  async verify({ contactId }: MessageContact, emailVerifyDate: Date, phoneVerifyDate = emailVerifyDate): Promise<void> {
    const $set = { 'email.verifyDate': emailVerifyDate, 'phone.verifyDate': phoneVerifyDate }
    await this.#service.collection.updateOne({ _id: contactId, directoryId: this.id }, { $set })
  }

  get #options() {
    return { directoryId: this.id, ...(this.#deadlineMs !== undefined && { deadlineMs: this.#deadlineMs }) }
  }
}

function contactIn({ response }: Answer<{ readonly contact?: MessageContact | undefined }>): MessageContact {
  return response.contact ?? expect.fail('the answer has no contact')
}

/** The ResourceInfo of a refusal that concerns a contact; `resourceName` as the caller sent it. */
export const contactResource = (resourceName: string, description: string) => ({
  resourceType: 'messagecontacts.v1.MessageContact',
  resourceName,
  owner: '',
  description,
})

/** The details of ENTITY_NOT_EXISTS_CONTACT. */
export const contactNotFound = (contactId: string) => ({
  ResourceInfo: contactResource(contactId, 'This Contact does not exist.'),
})

/** A valid id that no contact has. */
export const unknownContactId = 'c-0000000000000000'
