import { create, type DescMethod, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import {
  Metadata,
  type Server,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import type { CallPipeline, IncomingCall } from '../calls/pipeline.js'
import type { Route } from '../calls/service.js'
import { Failure } from '../errors/failure.js'
import { type ClientCertificate, namesOf } from '../network/client-certificates.js'
import { answerTrailers, isRefusal, toStatus } from './status.js'

/** Gives the client certificate of the connection of a call, if it has one. */
export type CertificateOf = (call: ServerInterceptingCallInterface) => ClientCertificate | undefined

/** What the pipeline needs of a call of grpc-js. */
interface GrpcCall {
  readonly metadata: Metadata
  readonly cancelled: boolean
  readonly getDeadline: () => Date | number
}

/** Lets grpc-js serve the operations of services: every call of them goes through the pipeline. */
export class GrpcAdapter {
  readonly #pipeline: CallPipeline
  readonly #routes: ReadonlyMap<string, Route>

  readonly #certificateOf: CertificateOf
  /** PUBLIC_DOCS_URL. */
  readonly #docsUrl: string | undefined
  /** The client certificates of calls that have begun. An interceptor learns the connection of a call, its handler does not. */
  readonly #certificates = new WeakMap<Metadata, ClientCertificate>()

  constructor(routes: readonly Route[], pipeline: CallPipeline, certificateOf: CertificateOf, docsUrl?: string) {
    this.#pipeline = pipeline
    this.#certificateOf = certificateOf
    this.#docsUrl = docsUrl
    this.#routes = new Map(routes.map((route) => [route.path, route]))
  }

  addToServer(server: Server): void {
    for (const [path, route] of this.#routes) {
      const handler = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
        this.#handle(
          route,
          call,
          () => decodeRequest(route.method, call.request),
          ({ requestId, encoded, failure }) =>
            failure
              ? callback(toStatus(failure, requestId, this.#docsUrl))
              : callback(null, encoded, answerTrailers(requestId)),
        )
      // The pipeline decodes and encodes: errors of these functions would be answered by grpc-js, without details.
      server.register(path, handler, unchanged, unchanged, 'unary')
    }
  }

  /** grpc-js itself ends a call with no message or with two, before any handler. Here such a call goes through the pipeline too. */
  intercept(path: string, call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const route = this.#routes.get(path)
    if (!route) return new ServerInterceptingCall(call)
    const onMetadata = (metadata: Metadata) => {
      const certificate = this.#certificateOf(call)
      if (certificate) this.#certificates.set(metadata, certificate)
    }
    return new UnaryCall(call, onMetadata, (sent, received, next) => {
      if (sent.code === status.OK || isRefusal(sent.metadata)) return next(sent)
      const bare = failureOf(sent.code)
      const decode = () => {
        throw bare
      }
      this.#handle(route, received, decode, ({ requestId, failure }) =>
        next(toStatus(failure ?? bare, requestId, this.#docsUrl)),
      )
    })
  }

  #handle(
    route: Route,
    call: GrpcCall,
    decode: IncomingCall<Buffer>['decode'],
    answer: IncomingCall<Buffer>['answer'],
  ): void {
    const { method } = route
    this.#pipeline.handle<Buffer>(route, {
      rpcSystem: 'grpc',
      header: (name) => call.metadata.get(name).map(String),
      certificate: () => namesOf(this.#certificates.get(call.metadata)),
      clientDeadline: Number(call.getDeadline()),
      isCancelled: () => call.cancelled,
      decode,
      encode: (result) => bufferOf(toBinary(method.output, create(method.output, result))),
      answer,
    })
  }
}

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]
type SentStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]
/** Decides what is sent instead of a status, and passes that to `next`. */
type OnStatus = (sent: SentStatus, call: GrpcCall, next: (status: SentStatus) => void) => void

/**
 * A call whose status can be replaced before it is sent. It passes everything else on at once: the interceptors of grpc-js, which may wait
 * at each step, would cost more.
 */
class UnaryCall extends ServerInterceptingCall implements GrpcCall {
  readonly #call: ServerInterceptingCallInterface
  readonly #onMetadata: (metadata: Metadata) => void
  readonly #onStatus: OnStatus
  metadata = noMetadata
  cancelled = false

  constructor(call: ServerInterceptingCallInterface, onMetadata: (metadata: Metadata) => void, onStatus: OnStatus) {
    super(call)
    this.#call = call
    this.#onMetadata = onMetadata
    this.#onStatus = onStatus
  }

  override start(listener: Listener): void {
    this.#call.start({
      onReceiveMetadata: (metadata) => {
        this.metadata = metadata
        this.#onMetadata(metadata)
        listener.onReceiveMetadata(metadata)
      },
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => {
        this.cancelled = true
        listener.onCancel()
      },
    })
  }

  override sendMetadata(metadata: Metadata): void {
    this.#call.sendMetadata(metadata)
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#call.sendMessage(message, callback)
  }

  override sendStatus(sent: SentStatus): void {
    this.#onStatus(sent, this, (replaced) => this.#call.sendStatus(replaced))
  }
}

/** Before the metadata of a call has arrived. */
const noMetadata = new Metadata()

/** Why grpc-js ended a call with a bare status. It uses UNIMPLEMENTED for no message and for two, and no other code that we know of. */
function failureOf(code: status): Failure {
  if (code === status.UNIMPLEMENTED) return new Failure('MALFORMED_REQUEST')
  return new Failure('INTERNAL', { cause: new Error(`grpc-js ended the call with status ${code}`) })
}

/** Unknown fields are dropped: their size in memory would be up to the client. */
const decodeRequest = ({ input }: DescMethod, bytes: Buffer): Message =>
  fromBinary(input, bytes, { readUnknownFields: false })

/** The same memory as a Buffer, which is all that grpc-js accepts. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength)

const unchanged = (bytes: Buffer) => bytes
