import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { ErrorInfoSchema } from '../../src/gen/google/rpc/error_details_pb.js'
import { type MessageContact, MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { Outcome, SeenContact, SoakRequest } from './ledger.js'

const deadlineMs = 10_000

/** Makes calls over one connection, as any client does. */
export class SoakClient {
  readonly #sessions: Http2SessionManager
  readonly #client: Client<typeof MessageContactService>

  constructor(address: string) {
    const baseUrl = `http://${address}`
    this.#sessions = new Http2SessionManager(baseUrl)
    this.#client = createClient(MessageContactService, createGrpcTransport({ baseUrl, sessionManager: this.#sessions }))
  }

  async call(directoryId: string, request: SoakRequest): Promise<Outcome> {
    try {
      return { kind: 'answered', contacts: await this.#contactsOf(request, directoryId) }
    } catch (error) {
      const failure = ConnectError.from(error)
      const [info] = failure.findDetails(ErrorInfoSchema)
      return { kind: 'refused', reason: info?.reason ?? Code[failure.code] }
    }
  }

  close(): void {
    this.#sessions.abort()
  }

  /** The contacts in the answer. */
  async #contactsOf(request: SoakRequest, directoryId: string): Promise<readonly SeenContact[]> {
    const options = { headers: { 'x-resource-directory-id': directoryId }, timeoutMs: deadlineMs }
    switch (request.operation) {
      case 'add':
        return seen(await this.#client.addMessageContact({ ...fixedFields, ...request }, options))
      case 'update':
        return seen(await this.#client.updateMessageContact({ ...request, updateMask: { paths: ['name'] } }, options))
      case 'delete':
        await this.#client.deleteMessageContact(request, options)
        return []
      case 'send':
        await this.#client.sendPhoneVerificationForMessageContact(request, options)
        return []
      case 'confirm': {
        const target = { case: 'phoneNumber', value: request.phoneNumber } as const
        return seen(await this.#client.confirmMessageContactVerification({ ...request, target }, options))
      }
      case 'get':
        return seen(await this.#client.getMessageContact(request, options))
      case 'list':
        return (await this.#client.listMessageContacts({}, options)).contacts.map(seenContact)
    }
  }
}

const fixedFields = {
  emailAddress: 'tom@example.com',
  title: Title.TECHNICAL_DIRECTOR,
  messageTypes: [MessageType.ACCOUNT_EXPENSES],
}

const seen = ({ contact }: { readonly contact?: MessageContact | undefined }): readonly SeenContact[] =>
  contact ? [seenContact(contact)] : []

const seenContact = (contact: MessageContact): SeenContact => ({
  contactId: contact.contactId,
  name: contact.name,
  phoneNumber: contact.phoneNumber,
  isVerified: contact.phoneVerifyDate !== undefined,
  revision: Number(contact.etag.replaceAll('"', '')),
})
