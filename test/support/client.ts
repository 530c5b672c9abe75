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
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  type AddMessageContactRequestSchema,
  type AddMessageContactResponseSchema,
  MessageContactService,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { fromStatus, type Refusal, requestIdKey } from '../../src/grpc/status.js'

/** What a call has beside its message. */
export interface CallOptions {
  /** Absent: the service uses its default directory, if it has one. */
  readonly directoryId?: string
  /** From now, in milliseconds. By default 20 seconds, so that no test hangs. */
  readonly deadlineMs?: number
  readonly metadata?: Metadata
  readonly signal?: AbortSignal
}

/** An answer and the request id from its trailers. */
export interface Answer<Response> {
  readonly response: Response
  readonly requestId: string | undefined
}

type AnswerOf<Method extends keyof typeof MessageContactService.method> = Promise<
  Answer<MessageShape<(typeof MessageContactService.method)[Method]['output']>>
>
type RequestOf<Method extends keyof typeof MessageContactService.method> = MessageInitShape<
  (typeof MessageContactService.method)[Method]['input']
>

export type AddRequest = MessageInitShape<typeof AddMessageContactRequestSchema>
export type AddResponse = MessageShape<typeof AddMessageContactResponseSchema>

/** The error of a refused call. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(`${refusal.code} ${refusal.message}`)
    this.refusal = refusal
  }
}

/** A client of the service over a real socket, with the messages of the contract. */
export class ContactsClient {
  readonly #client: Client

  constructor(address: string, options: ChannelOptions = {}, channelCredentials = credentials.createInsecure()) {
    this.#client = new Client(address, channelCredentials, {
      // Without this, clients of one address share a connection.
      'grpc.use_local_subchannel_pool': 1,
      // With TLS, Node warns of a server name that is an IP address.
      'grpc.ssl_target_name_override': 'localhost',
      ...options,
    })
  }

  /** Like all operations, rejects with Refused if the call is refused. */
  addMessageContact(request: AddRequest, options: CallOptions = {}): Promise<Answer<AddResponse>> {
    return this.call(MessageContactService.method.addMessageContact, request, options)
  }

  getMessageContact(request: RequestOf<'getMessageContact'>, options: CallOptions = {}): AnswerOf<'getMessageContact'> {
    return this.call(MessageContactService.method.getMessageContact, request, options)
  }

  listMessageContacts(
    request: RequestOf<'listMessageContacts'>,
    options: CallOptions = {},
  ): AnswerOf<'listMessageContacts'> {
    return this.call(MessageContactService.method.listMessageContacts, request, options)
  }

  updateMessageContact(
    request: RequestOf<'updateMessageContact'>,
    options: CallOptions = {},
  ): AnswerOf<'updateMessageContact'> {
    return this.call(MessageContactService.method.updateMessageContact, request, options)
  }

  deleteMessageContact(
    request: RequestOf<'deleteMessageContact'>,
    options: CallOptions = {},
  ): AnswerOf<'deleteMessageContact'> {
    return this.call(MessageContactService.method.deleteMessageContact, request, options)
  }

  sendEmailVerificationForMessageContact(
    request: RequestOf<'sendEmailVerificationForMessageContact'>,
    options: CallOptions = {},
  ): AnswerOf<'sendEmailVerificationForMessageContact'> {
    return this.call(MessageContactService.method.sendEmailVerificationForMessageContact, request, options)
  }

  sendPhoneVerificationForMessageContact(
    request: RequestOf<'sendPhoneVerificationForMessageContact'>,
    options: CallOptions = {},
  ): AnswerOf<'sendPhoneVerificationForMessageContact'> {
    return this.call(MessageContactService.method.sendPhoneVerificationForMessageContact, request, options)
  }

  confirmMessageContactVerification(
    request: RequestOf<'confirmMessageContactVerification'>,
    options: CallOptions = {},
  ): AnswerOf<'confirmMessageContactVerification'> {
    return this.call(MessageContactService.method.confirmMessageContactVerification, request, options)
  }

  cancelMessageContactUpdate(
    request: RequestOf<'cancelMessageContactUpdate'>,
    options: CallOptions = {},
  ): AnswerOf<'cancelMessageContactUpdate'> {
    return this.call(MessageContactService.method.cancelMessageContactUpdate, request, options)
  }

  listMessageContactVerifications(
    request: RequestOf<'listMessageContactVerifications'>,
    options: CallOptions = {},
  ): AnswerOf<'listMessageContactVerifications'> {
    return this.call(MessageContactService.method.listMessageContactVerifications, request, options)
  }

  close(): void {
    this.#client.close()
  }

  /** Any operation. */
  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: CallOptions = {},
  ): Promise<Answer<MessageShape<Output>>> {
    const bytes = Buffer.from(toBinary(method.input, create(method.input, request)))
    const { response, requestId } = await this.sendBytes(`/${method.parent.typeName}/${method.name}`, bytes, options)
    return { response: fromBinary(method.output, response), requestId }
  }

  /** Sends any bytes to any path, for requests that a correct client cannot make. */
  sendBytes(path: string, bytes: Buffer, options: CallOptions = {}): Promise<Answer<Buffer>> {
    const { directoryId, deadlineMs = 20_000, signal } = options
    const metadata = options.metadata ?? new Metadata()
    if (directoryId !== undefined) metadata.set('x-resource-directory-id', directoryId)
    const unchanged = (bytes: Buffer) => bytes
    return new Promise((resolve, reject) => {
      let response: Buffer | undefined
      let failure: ServiceError | null = null
      const call = this.#client.makeUnaryRequest(
        path,
        unchanged,
        unchanged,
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
        // The callback is called later in the same turn of the event loop.
        setImmediate(() => {
          if (failure || !response) reject(new Refused(fromStatus(status)))
          else resolve({ response, requestId: status.metadata.get(requestIdKey)[0]?.toString() })
        })
      })
    })
  }
}

/** A request that is accepted, with these differences. */
export function addRequest(differences: AddRequest = {}): AddRequest {
  return {
    name: 'Tom',
    emailAddress: 'tom@example.com',
    phoneNumber: '86-13900001234',
    title: Title.TECHNICAL_DIRECTOR,
    messageTypes: [MessageType.ACCOUNT_EXPENSES],
    ...differences,
  }
}
