import {
  create,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import {
  type handleUnaryCall,
  type Metadata,
  type ServerUnaryCall,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { asFailure, Failure, type Reason } from '../failure.js'
import { answerTrailers, toStatus } from './status.js'

/** What an operation knows of its call. `Caller` is whatever `identify` makes of the call's metadata. */
export interface Call<Caller> {
  /** An upper-case UUID, also in the answer's trailers. */
  readonly requestId: string
  readonly caller: Caller
  /** When the answer must be ready, in milliseconds of the epoch: a slice before the client's own deadline. */
  readonly deadline: number
  /** True once there is nobody to answer any more: cancelled, answered, or out of time. */
  ended(): boolean
}

/** One async function for each operation of a service: a missing one does not compile. */
export type Implementation<Service extends Pick<DescService, 'method'>, Caller> = {
  [Name in keyof Service['method']]: (
    request: MessageShape<Service['method'][Name]['input']>,
    call: Call<Caller>,
  ) => Promise<MessageInitShape<Service['method'][Name]['output']>>
}

/** How one call ended, for logs and metrics. Holds nothing that the caller sent. */
export interface Answered {
  /** `/package.Service/Method` */
  readonly path: string
  readonly requestId: string
  readonly reason: Reason | 'OK'
  readonly durationMs: number
  /** The client went away before the answer. */
  readonly cancelled: boolean
  readonly cause?: unknown
}

export interface CallOptions<Caller> {
  /** Tells who calls from the values of a request header; throws a Failure where that cannot be told. */
  readonly identify: (header: (name: string) => readonly string[]) => Caller
  readonly newRequestId: () => string
  /** Milliseconds of the epoch. */
  readonly now: () => number
  readonly mostCallsInFlight: number
  /** The longest a call may take where its client would wait longer, in milliseconds. */
  readonly longestCallMs: number
  readonly observe: (answered: Answered) => void
}

/** Kept of the client's deadline for the way back, in milliseconds: grpc-js answers at the deadline itself, and without details. */
const reserveMs = 20

/** Stands for a request whose bytes are no such message: grpc-js would answer a throwing deserializer with INTERNAL. */
const undecodable = Symbol('undecodable')

type Request = MessageShape<DescMethod['input']> | typeof undecodable
/** An operation with its types forgotten; `Implementation` knew them. */
export type Operation<Caller> = (request: never, call: Call<Caller>) => Promise<Record<string, unknown>>

/** Turns async functions into handlers for grpc-js. Every refusal of a call that reaches a handler is made here. */
export class CallAdapter<Caller> {
  readonly #options: CallOptions<Caller>
  /** Answers of the calls that wait for one. */
  readonly #open = new Set<(outcome: Failure) => void>()
  /** Functions that have not ended, also those whose call was answered at its deadline. */
  #working = 0
  #stopping = false

  constructor(options: CallOptions<Caller>) {
    this.#options = options
  }

  /** What `Server.addService` takes. The functions' types come from the service's descriptor. */
  handlersFor(service: DescService, implementation: Readonly<Record<string, Operation<Caller>>>) {
    const definition: Record<string, ServiceDefinition[string]> = {}
    const handlers: Record<string, handleUnaryCall<Request, Buffer>> = {}
    for (const method of service.methods) {
      const operation = implementation[method.localName]
      if (method.methodKind !== 'unary' || !operation) throw new Error(`${method.name} is not a unary function`)
      const path = `/${service.typeName}/${method.name}`
      definition[method.localName] = methodDefinition(path, method)
      handlers[method.localName] = (grpcCall, callback) => this.#handle(path, method, operation, grpcCall, callback)
    }
    return { definition, handlers }
  }

  /** From now on new calls are refused as SHUTTING_DOWN; those under way go on. */
  refuseNew(): void {
    this.#stopping = true
  }

  /**
   * The refusal of a call that grpc-js ended with a bare `code` before it reached a handler, judged and told like all others.
   * A call with no message, or with two, is UNIMPLEMENTED to grpc-js; it gives no other code that we know of.
   */
  refuseUnhandled(path: string, code: status, metadata: Metadata): StatusObject {
    const requestId = this.#options.newRequestId()
    const { reason, facts } = this.#whyUnhandled(code, metadata)
    this.#options.observe({ path, requestId, reason, durationMs: 0, cancelled: false, cause: facts.cause })
    return toStatus(new Failure(reason), requestId)
  }

  #whyUnhandled(code: status, metadata: Metadata): Failure {
    if (code !== status.UNIMPLEMENTED) return asFailure(new Error(`a bare status ${code}`))
    try {
      this.#admit(metadata)
      return new Failure('MALFORMED_REQUEST')
    } catch (thrown) {
      return asFailure(thrown)
    }
  }

  /** Answers every call that still waits: what its function does from here on, nobody will hear. */
  abandonOpen(): void {
    for (const answer of this.#open) answer(new Failure('OUTCOME_UNKNOWN'))
  }

  /** One call, in this order and for these reasons. */
  #handle(
    path: string,
    method: DescMethod,
    operation: Operation<Caller>,
    grpcCall: ServerUnaryCall<Request, Buffer>,
    callback: sendUnaryData<Buffer>,
  ): void {
    const { newRequestId, now, longestCallMs, observe } = this.#options
    // 1. A request id, so that everything after can name itself.
    const requestId = newRequestId()
    // 2. The clock, before anything can fail, so that refused and crashed calls are told too.
    const startedAt = now()
    const deadline = Math.min(Number(grpcCall.getDeadline()) - reserveMs, startedAt + longestCallMs)
    let answered = false
    // 7. The answer, once: against our own deadline, and against functions that end after it.
    const answer = (outcome: Buffer | Failure) => {
      if (answered) return
      answered = true
      clearTimeout(timer)
      this.#open.delete(answer)
      const failure = outcome instanceof Failure ? outcome : undefined
      const [reason, cause] = failure ? [failure.reason, failure.facts.cause] : (['OK', undefined] as const)
      observe({ path, requestId, reason, durationMs: now() - startedAt, cancelled: grpcCall.cancelled, cause })
      if (outcome instanceof Failure) callback(toStatus(outcome, requestId))
      else callback(null, outcome, answerTrailers(requestId))
    }
    const timer = setTimeout(() => answer(new Failure('OUT_OF_TIME')), Math.max(0, deadline - startedAt))
    this.#open.add(answer)
    const ended = () => answered || grpcCall.cancelled || now() >= deadline
    // 3. The one catch, so that 2 sees a reason and the client never an exception.
    this.#serve(method, operation, grpcCall, { requestId, deadline, ended }).then(answer, (thrown: unknown) =>
      answer(asFailure(thrown)),
    )
  }

  async #serve(
    method: DescMethod,
    operation: Operation<Caller>,
    { request, metadata }: ServerUnaryCall<Request, Buffer>,
    call: Omit<Call<Caller>, 'caller'>,
  ): Promise<Buffer> {
    // 4. Time, so that a call which cannot finish does not start.
    if (call.ended()) throw new Failure('OUT_OF_TIME')
    // 5. Room, and the caller, before the message is looked at, so that strangers learn nothing.
    const caller = this.#admit(metadata)
    if (request === undecodable) throw new Failure('MALFORMED_REQUEST')
    // 6. The function: parse, rule, store, show.
    this.#working += 1
    try {
      const answer = await operation(request as never, { caller, ...call })
      return bufferOf(toBinary(method.output, create(method.output, answer)))
    } finally {
      this.#working -= 1
    }
  }

  /** Throws while there is no room for a call, and where nobody can tell whose it is. */
  #admit(metadata: Metadata): Caller {
    if (this.#stopping) throw new Failure('SHUTTING_DOWN')
    if (this.#working >= this.#options.mostCallsInFlight) throw new Failure('OVERLOADED')
    return this.#options.identify((name) => metadata.get(name).map(String))
  }
}

function methodDefinition(path: string, method: DescMethod): ServiceDefinition[string] {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (request: MessageShape<DescMethod['input']>) => bufferOf(toBinary(method.input, request)),
    requestDeserialize: (bytes: Uint8Array) => decode(method, bytes),
    // Answers are serialized where what they throw is caught.
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Uint8Array) => fromBinary(method.output, bytes),
  }
}

function decode(method: DescMethod, bytes: Uint8Array): Request {
  try {
    // Unknown fields are dropped: kept, they would be memory that a caller decides about.
    return fromBinary(method.input, bytes, { readUnknownFields: false })
  } catch {
    return undecodable
  }
}

/** grpc-js takes nothing but a Buffer. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength)
