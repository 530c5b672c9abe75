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
import { type AddRequest, type Answer, addRequest } from '../client.js'
import { type RunningService, uniqueName } from './running-service.js'

export type ListRequest = MessageInitShape<typeof ListMessageContactsRequestSchema>
export type UpdateRequest = MessageInitShape<typeof UpdateMessageContactRequestSchema>
export type DeleteRequest = MessageInitShape<typeof DeleteMessageContactRequestSchema>
export type ConfirmRequest = MessageInitShape<typeof ConfirmMessageContactVerificationRequestSchema>
export type CancelRequest = MessageInitShape<typeof CancelMessageContactUpdateRequestSchema>
export type VerificationsRequest = MessageInitShape<typeof ListMessageContactVerificationsRequestSchema>

/** A directory of its own, and the calls of a caller whose it is. */
export class Directory {
  readonly id = uniqueName('rd')
  readonly #service: RunningService
  readonly #deadlineMs: number | undefined

  /** A service with a clock of its own needs an infinite `deadlineMs`: a call brings its deadline in the time of the machine. */
  constructor(service: RunningService, deadlineMs?: number) {
    this.#service = service
    this.#deadlineMs = deadlineMs
  }

  /** A contact as `addRequest` has it, but for what is given otherwise. */
  async add(otherwise: AddRequest = {}): Promise<MessageContact> {
    return contactIn(await this.#service.client.addMessageContact(addRequest(otherwise), this.#facts))
  }

  /** One contact for each name, one after the other: all at once would lose races for places. */
  async addAll(names: readonly string[], otherwise: AddRequest = {}): Promise<MessageContact[]> {
    const contacts: MessageContact[] = []
    for (const name of names) contacts.push(await this.add({ name, ...otherwise }))
    return contacts
  }

  async get(contactId: string): Promise<MessageContact> {
    return contactIn(await this.#service.client.getMessageContact({ contactId }, this.#facts))
  }

  async list(request: ListRequest = {}): Promise<ListMessageContactsResponse> {
    return (await this.#service.client.listMessageContacts(request, this.#facts)).response
  }

  async update(request: UpdateRequest): Promise<MessageContact> {
    return contactIn(await this.#service.client.updateMessageContact(request, this.#facts))
  }

  async remove(request: DeleteRequest): Promise<DeleteMessageContactResponse> {
    return (await this.#service.client.deleteMessageContact(request, this.#facts)).response
  }

  /** Sends a code to a mail address. */
  async sendMail(contactId: string, emailAddress: string): Promise<SendEmailVerificationForMessageContactResponse> {
    const request = { contactId, emailAddress }
    return (await this.#service.client.sendEmailVerificationForMessageContact(request, this.#facts)).response
  }

  /** Sends a code to a phone number. */
  async sendText(contactId: string, phoneNumber: string): Promise<SendPhoneVerificationForMessageContactResponse> {
    const request = { contactId, phoneNumber }
    return (await this.#service.client.sendPhoneVerificationForMessageContact(request, this.#facts)).response
  }

  async confirm(request: ConfirmRequest): Promise<MessageContact> {
    return contactIn(await this.#service.client.confirmMessageContactVerification(request, this.#facts))
  }

  async cancel(request: CancelRequest): Promise<MessageContact> {
    return contactIn(await this.#service.client.cancelMessageContactUpdate(request, this.#facts))
  }

  /** What waits for proof. */
  async waiting(request: VerificationsRequest): Promise<ListMessageContactVerificationsResponse> {
    return (await this.#service.client.listMessageContactVerifications(request, this.#facts)).response
  }

  /** What the database holds of it, by name. */
  stored(): Promise<Contact[]> {
    return this.#service.collection.find({ directoryId: this.id }).sort({ name: 1 }).toArray()
  }

  /** Both addresses of a contact are in effect from then on, as if their owners had proved them. */
  async prove({ contactId }: MessageContact, emailVerifyDate: Date, phoneVerifyDate = emailVerifyDate): Promise<void> {
    const proved = { $set: { emailVerifyDate, phoneVerifyDate } }
    await this.#service.collection.updateOne({ _id: contactId, directoryId: this.id }, proved)
  }

  get #facts() {
    return { directoryId: this.id, ...(this.#deadlineMs !== undefined && { deadlineMs: this.#deadlineMs }) }
  }
}

function contactIn({ response }: Answer<{ readonly contact?: MessageContact | undefined }>): MessageContact {
  return response.contact ?? expect.fail('there is no contact in the answer')
}

/** The ResourceInfo of a refusal that speaks of a contact, by what its caller called it. */
export const contactResource = (resourceName: string, description: string) => ({
  resourceType: 'messagecontacts.v1.MessageContact',
  resourceName,
  owner: '',
  description,
})

/** The details of ENTITY_NOT_EXISTS_CONTACT. */
export const notThere = (contactId: string) => ({
  ResourceInfo: contactResource(contactId, 'The contact does not exist.'),
})

/** A lawful id that no contact has. */
export const nobodysId = 'c-0000000000000000'
