import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf'
import type { Authenticate, Credentials } from '../access/authenticate.js'
import { authorize } from '../access/authorize.js'
import type { Caller, Identity } from '../access/caller.js'
import type { CallerLimits } from '../access/caller-limits.js'
import type { Reason } from '../errors/catalog.js'
import { Failure, toFailure } from '../errors/failure.js'
import { ShortLivedSet } from '../short-lived-set.js'
import type { Observer } from '../telemetry/observer.js'
import type { CallTrace, TracedCall, Tracing } from '../telemetry/tracing.js'
import type { Deadline } from '../time.js'
import { FairShare } from './fair-share.js'
import { LateRefusals } from './late-refusals.js'
import type { Route } from './service.js'
import type { CallSettings } from './settings.js'

/** A call as a transport hands it over. `Encoded` is what the transport sends as an answer. */
export interface IncomingCall<Encoded> extends Credentials, Pick<TracedCall, 'rpcSystem'> {
  /** When the client stops waiting, in milliseconds since the epoch; Infinity if it does not say. */
  readonly clientDeadline: number
  readonly isCancelled: () => boolean
  /** The request message. Throws if the bytes are not such a message, or a Failure with a better reason. */
  readonly decode: () => Message
  /** Turns an operation's result into an answer. What it throws is INTERNAL. */
  readonly encode: (result: MessageInitShape<DescMessage>) => Encoded
  /** Called exactly once, also if the client has gone. */
  readonly answer: (answer: Answer<Encoded>) => void
}

/** Every answer carries its request id. */
export type Answer<Encoded> =
  | { readonly requestId: string; readonly encoded: Encoded; readonly failure?: undefined }
  | { readonly requestId: string; readonly encoded?: undefined; readonly failure: Failure }

export interface PipelineOptions {
  readonly settings: CallSettings
  readonly authenticate: Authenticate
  readonly callerLimits: Pick<CallerLimits, 'enter' | 'leave'>
  /** Resolves once calls can be served, but after so many milliseconds at the latest. */
  readonly readyWithin: (timeoutMs: number) => Promise<void>
  readonly newRequestId: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly observer: Observer
  /** Without it, nothing is traced. */
  readonly tracing?: Pick<Tracing, 'runCall'> | undefined
}

/** Kept of the client's deadline for the answer to travel, in milliseconds: at the deadline itself transports answer without details. */
const deadlineReserveMs = 20

/** How long a call after the start waits for the first answer of the database, in milliseconds; at most half of its time. */
const maxReadyMs = 2000

/**
 * How many calls of one directory work at the same time in a process. Enough for one directory to use the whole process; few enough to delay
 * the calls of others hardly.
 */
const maxRunningPerDirectory = 32

/** A call on its way through the pipeline. */
interface CallInProgress {
  readonly route: Route
  readonly requestId: string
  readonly trace: CallTrace | undefined
  readonly deadline: Deadline
  /** Known once the caller is authenticated. */
  identity?: Identity
  /** Known once the call may be served. */
  caller?: Caller
  /** Known once the operation has found it out. */
  contactId?: string
}

/** Takes every call from its arrival to its answer, for any transport. `handle`, `#handle`, `#run` and `#serve` list the steps in order. */
export class CallPipeline {
  readonly #options: PipelineOptions
  readonly #fairShare: FairShare
  readonly #lateRefusals: LateRefusals
  /** Answers the calls that are still open. */
  readonly #open = new ShortLivedSet<(failure: Failure) => void>()
  /** Calls admitted whose work has not ended, including those that were answered at their deadline. */
  #inFlight = 0
  #stopping = false

  constructor(options: PipelineOptions) {
    this.#options = options
    const { settings, now } = options
    const maxWaiting = Math.ceil(settings.MAX_CALLS_IN_FLIGHT / 4)
    this.#fairShare = new FairShare({ maxRunning: maxRunningPerDirectory, maxWaiting })
    this.#lateRefusals = new LateRefusals({ maxDelayed: settings.MAX_CALLS_IN_FLIGHT, now })
  }

  handle<Encoded>(route: Route, incoming: IncomingCall<Encoded>): void {
    const { newRequestId, tracing } = this.#options
    // 1. The request id and the span, so that everything after it can be traced.
    const requestId = newRequestId()
    if (!tracing) {
      this.#handle(route, incoming, requestId)
      return
    }
    const { rpcSystem, header } = incoming
    const call = { requestId, path: route.path, rpcSystem, header }
    tracing.runCall(call, (trace) => this.#handle(route, incoming, requestId, trace))
  }

  #handle<Encoded>(route: Route, incoming: IncomingCall<Encoded>, requestId: string, trace?: CallTrace): void {
    const { settings, now, observer } = this.#options
    const { clientDeadline, isCancelled } = incoming
    const { path } = route
    // 2. The clock and the start of observation, so that refused and crashed calls are observed too.
    const startTime = now()
    observer.callStarted({ requestId, path, trace })
    const time = Math.min(clientDeadline - deadlineReserveMs, startTime + settings.MAX_CALL_SECONDS * 1000)
    let answered = false
    const deadline = { time, isExpired: () => answered || isCancelled() || now() >= time }
    const call: CallInProgress = { route, requestId, trace, deadline }

    // 11. The answer, the audit and the end of observation, once: the deadline and the operation compete for it.
    const end = (answer: Answer<Encoded>) => {
      if (answered) return
      answered = true
      clearTimeout(timer)
      removeOpen()
      const { failure } = answer
      const durationMs = now() - startTime
      const { reason = 'OK', context: { cause, quota } = {} } = failure ?? {}
      const cancelled = isCancelled()
      observer.callEnded({ requestId, path, trace, reason, durationMs, cancelled, limit: quota?.setting, cause })
      this.#audit(call, reason)
      incoming.answer(answer)
    }
    const fail = (failure: Failure) => end({ requestId, failure })
    let refusal: Failure | undefined
    const timer = setTimeout(() => fail(refusal ?? new Failure('DEADLINE_EXCEEDED')), Math.max(0, time - startTime))
    const removeOpen = this.#open.add(fail)

    // 10. The only catch, so that observers see a reason and clients never see an exception. What was refused because of a limit may wait, until the deadline at most.
    this.#run(call, incoming).then(
      (encoded) => end({ requestId, encoded }),
      (thrown: unknown) => {
        refusal = toFailure(thrown)
        this.#lateRefusals.refuse(refusal, deadline, fail)
      },
    )
  }

  async #run<Encoded>(call: CallInProgress, incoming: IncomingCall<Encoded>): Promise<Encoded> {
    const { authenticate, callerLimits, readyWithin, now } = this.#options
    const { deadline, route } = call
    // 3. Admission, before any work is done.
    this.#admit(deadline)
    this.#inFlight += 1
    try {
      // 4. Who calls, before the message is looked at, so that strangers learn nothing about it.
      call.identity = await authenticate(incoming)
      // 5. Whether the caller may do this, and in which directory.
      const caller = authorize(call.identity, route.permission, incoming)
      // 6. The share of the caller.
      callerLimits.enter(call.identity, caller)
      try {
        call.caller = caller
        // 7. The start of the service, so that the first call after the port opens is not refused; and the share of the directory.
        await readyWithin(Math.min(maxReadyMs, (deadline.time - now()) / 2))
        return await this.#fairShare.run(caller.directoryId, () => this.#serve(call, caller, incoming))
      } finally {
        callerLimits.leave(caller)
      }
    } finally {
      this.#inFlight -= 1
    }
  }

  async #serve<Encoded>(call: CallInProgress, caller: Caller, incoming: IncomingCall<Encoded>): Promise<Encoded> {
    const { requestId, trace, deadline, route } = call
    // Authentication and waiting may take long: a call that was already answered must not reach the operation.
    if (deadline.isExpired()) throw new Failure('DEADLINE_EXCEEDED')
    // 8. The message.
    const request = decode(incoming)
    // 9. The operation: parse, decide, store, respond.
    const result = await route.operation(request, {
      requestId,
      traceparent: trace?.traceparent,
      operation: route.method.name,
      caller,
      deadline,
      noteContact(contactId) {
        call.contactId = contactId
      },
    })
    // Here, because an answer that cannot be encoded is INTERNAL.
    return incoming.encode(result)
  }

  /** Reports every call that may have written, and every one that was denied. */
  #audit({ requestId, trace, route, identity, caller, contactId }: CallInProgress, result: Reason | 'OK'): void {
    const mayHaveWritten = caller !== undefined && route.permission.isWrite
    if (!identity || !(mayHaveWritten || result === 'PERMISSION_DENIED')) return
    const { id: callerId, via } = identity
    const operation = route.method.name
    const directoryId = caller?.directoryId
    this.#options.observer.callAudited({ requestId, operation, callerId, via, directoryId, contactId, result, trace })
  }

  #admit(deadline: Deadline): void {
    if (this.#stopping) throw new Failure('SHUTTING_DOWN')
    if (this.#inFlight >= this.#options.settings.MAX_CALLS_IN_FLIGHT) throw new Failure('OVERLOADED')
    if (deadline.isExpired()) throw new Failure('DEADLINE_EXCEEDED')
  }

  /** From now on new calls are refused as SHUTTING_DOWN; open calls continue, and refusals are no longer delayed. */
  refuseNewCalls(): void {
    this.#stopping = true
    this.#lateRefusals.stop()
  }

  /** Answers every open call with OUTCOME_UNKNOWN: the process ends before their work does. */
  abandonOpenCalls(): void {
    for (const fail of this.#open) fail(new Failure('OUTCOME_UNKNOWN'))
  }
}

function decode({ decode }: Pick<IncomingCall<unknown>, 'decode'>): Message {
  try {
    return decode()
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('MALFORMED_REQUEST')
  }
}
