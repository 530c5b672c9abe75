import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { type ChannelOptions, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { MessageType, Title } from '../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  type AddMessageContactRequestSchema,
  type AddMessageContactResponseSchema,
  MessageContactService,
} from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { fromStatus, type Refusal, requestIdKey } from '../src/rpc/status.js'

/** What a call is made with beside its message. */
export interface CallFacts {
  /** By default none: the service falls back to its own default directory, if it has one. */
  readonly directoryId?: string
  /** From now on, in milliseconds. By default 20 seconds, so that no test hangs for ever. */
  readonly deadlineMs?: number
  readonly metadata?: Metadata
  readonly signal?: AbortSignal
}

/** An answer, with the request id that its trailers name. */
export interface Answer<Response> {
  readonly response: Response
  readonly requestId: string | undefined
}

type Answers<Method extends keyof typeof MessageContactService.method> = Promise<
  Answer<MessageShape<(typeof MessageContactService.method)[Method]['output']>>
>
type Asks<Method extends keyof typeof MessageContactService.method> = MessageInitShape<
  (typeof MessageContactService.method)[Method]['input']
>

export type AddRequest = MessageInitShape<typeof AddMessageContactRequestSchema>
export type AddResponse = MessageShape<typeof AddMessageContactResponseSchema>

/** A refused call: what the client got. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(`${refusal.code} ${refusal.message}`)
    this.refusal = refusal
  }
}

/** A client of the service over a real socket, in terms of the contract. */
export class ContactsClient {
  readonly #client: Client

  constructor(address: string, options: ChannelOptions = {}) {
    // A channel of its own: otherwise clients of one address share their connection.
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    })
  }

  /** Rejects with Refused where the call is refused. */
  addMessageContact(request: AddRequest, facts: CallFacts = {}): Promise<Answer<AddResponse>> {
    return this.call(MessageContactService.method.addMessageContact, request, facts)
  }

  getMessageContact(request: Asks<'getMessageContact'>, facts: CallFacts = {}): Answers<'getMessageContact'> {
    return this.call(MessageContactService.method.getMessageContact, request, facts)
  }

  listMessageContacts(request: Asks<'listMessageContacts'>, facts: CallFacts = {}): Answers<'listMessageContacts'> {
    return this.call(MessageContactService.method.listMessageContacts, request, facts)
  }

  updateMessageContact(request: Asks<'updateMessageContact'>, facts: CallFacts = {}): Answers<'updateMessageContact'> {
    return this.call(MessageContactService.method.updateMessageContact, request, facts)
  }

  deleteMessageContact(request: Asks<'deleteMessageContact'>, facts: CallFacts = {}): Answers<'deleteMessageContact'> {
    return this.call(MessageContactService.method.deleteMessageContact, request, facts)
  }

  sendEmailVerificationForMessageContact(
    request: Asks<'sendEmailVerificationForMessageContact'>,
    facts: CallFacts = {},
  ): Answers<'sendEmailVerificationForMessageContact'> {
    return this.call(MessageContactService.method.sendEmailVerificationForMessageContact, request, facts)
  }

  sendPhoneVerificationForMessageContact(
    request: Asks<'sendPhoneVerificationForMessageContact'>,
    facts: CallFacts = {},
  ): Answers<'sendPhoneVerificationForMessageContact'> {
    return this.call(MessageContactService.method.sendPhoneVerificationForMessageContact, request, facts)
  }

  confirmMessageContactVerification(
    request: Asks<'confirmMessageContactVerification'>,
    facts: CallFacts = {},
  ): Answers<'confirmMessageContactVerification'> {
    return this.call(MessageContactService.method.confirmMessageContactVerification, request, facts)
  }

  cancelMessageContactUpdate(
    request: Asks<'cancelMessageContactUpdate'>,
    facts: CallFacts = {},
  ): Answers<'cancelMessageContactUpdate'> {
    return this.call(MessageContactService.method.cancelMessageContactUpdate, request, facts)
  }

  listMessageContactVerifications(
    request: Asks<'listMessageContactVerifications'>,
    facts: CallFacts = {},
  ): Answers<'listMessageContactVerifications'> {
    return this.call(MessageContactService.method.listMessageContactVerifications, request, facts)
  }

  close(): void {
    this.#client.close()
  }

  /** Any operation. */
  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    facts: CallFacts = {},
  ): Promise<Answer<MessageShape<Output>>> {
    const bytes = Buffer.from(toBinary(method.input, create(method.input, request)))
    const { response, requestId } = await this.sendBytes(`/${method.parent.typeName}/${method.name}`, bytes, facts)
    return { response: fromBinary(method.output, response), requestId }
  }

  /** Any bytes to any path, for what a well-meant client cannot send. */
  sendBytes(path: string, bytes: Buffer, facts: CallFacts = {}): Promise<Answer<Buffer>> {
    const { directoryId, deadlineMs = 20_000, signal } = facts
    const metadata = facts.metadata ?? new Metadata()
    if (directoryId !== undefined) metadata.set('x-resource-directory-id', directoryId)
    const asIs = (value: Buffer) => value
    return new Promise((resolve, reject) => {
      let response: Buffer | undefined
      let failure: ServiceError | null = null
      const call = this.#client.makeUnaryRequest(
        path,
        asIs,
        asIs,
        bytes,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error, value) => {
          failure = error
          response = value
        },
      )
      signal?.addEventListener('abort', () => call.cancel())
      call.on('status', (status) => {
        // The callback comes in the same turn, after the status.
        setImmediate(() => {
          if (failure || !response) reject(new Refused(fromStatus(status)))
          else resolve({ response, requestId: status.metadata.get(requestIdKey)[0]?.toString() })
        })
      })
    })
  }
}

/** A request that is accepted, but for what is given otherwise. */
export function addRequest(otherwise: AddRequest = {}): AddRequest {
  return {
    name: 'Tom',
    emailAddress: 'tom@example.com',
    phoneNumber: '86-13900001234',
    title: Title.TECHNICAL_DIRECTOR,
    messageTypes: [MessageType.ACCOUNT_EXPENSES],
    ...otherwise,
  }
}
