import type { SpanContext } from '@opentelemetry/api'
import type { BatchKind, DeliveryAttempt, TraceIds } from './observer.js'

/** The span that work belongs to. Only the tracing looks into it. */
export type TraceContext = SpanContext

/** A call that arrived. */
export interface TracedCall {
  readonly requestId: string
  /** `/package.Service/Method` */
  readonly path: string
  readonly rpcSystem: RpcSystem
  /** All values of a request header; `name` in lower case. */
  readonly header: (name: string) => readonly string[]
}

/** The protocol of a call, by its name in the conventions of OpenTelemetry. */
export type RpcSystem = 'grpc' | 'connectrpc'

/** What a call knows of its own span. */
export interface CallTrace extends TraceIds {
  /** The span in the form of the header `traceparent`, by which later work is linked to the call. Undefined if the call is not sampled. */
  readonly traceparent: string | undefined
}

/** A delivery that begins. */
export interface TracedDelivery {
  readonly channel: DeliveryAttempt['channel']
  /** Of the Send that asked for it. Read from the database as it is, so it may be anything. */
  readonly traceparent: unknown
}

/** Follows the calls that wait in a batcher into their batches. */
export interface BatchTracing {
  /** What the present work belongs to, for `run`. */
  current(): TraceContext | undefined
  /** Runs a batch for the work that waits for it. */
  run<Result>(waiting: readonly (TraceContext | undefined)[], batch: () => Promise<Result>): Promise<Result>
}

/**
 * Knows which span work belongs to, while it runs and in all that it starts. An observer is not enough for that: it is only given what has
 * happened. The span of a call ends when the observer gets the end of the call; every other one ends with its work.
 */
export interface Tracing {
  runCall(call: TracedCall, work: (trace: CallTrace) => void): void
  /** What the present work belongs to. */
  current(): TraceContext | undefined
  batches(kind: BatchKind): BatchTracing
  /** Runs the work without a span if the delivery has no valid `traceparent`. */
  runDelivery<Result>(delivery: TracedDelivery, work: () => Promise<Result>): Promise<Result>
  /** Hands a message to the mail server or the SMS gateway. */
  runSending<Result extends { readonly kind: string }>(
    channel: DeliveryAttempt['channel'],
    send: () => Promise<Result>,
  ): Promise<Result>
}
