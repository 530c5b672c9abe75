import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { parseTraceParent, W3CTraceContextPropagator } from '@opentelemetry/core'
import { errorCatalog } from '../errors/catalog.js'
import {
  type BatchKind,
  type CallEnd,
  type DatabaseCommand,
  type DeliveryAttempt,
  IgnoringObserver,
} from './observer.js'
import type { SpanClock } from './span-clock.js'
import type { BatchTracing, CallTrace, TraceContext, TracedCall, TracedDelivery, Tracing } from './tracing.js'

export interface TracingObserverOptions {
  /** Decides which calls are sampled. */
  readonly calls: Tracer
  /** Samples everything: it is only used for what belongs to a call that is sampled. */
  readonly sampled: Tracer
  readonly clock: SpanClock
}

/** gRPC status codes with which a server has failed. All others are answers to mistakes of callers. */
const failures: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
])

const propagator = new W3CTraceContextPropagator()

/** A repeated `traceparent` is invalid. */
const headers = {
  get(header: TracedCall['header'], name: string) {
    const values = header(name)
    return name === 'traceparent' && values.length > 1 ? undefined : [...values]
  },
  keys: () => [],
}

/**
 * Makes the spans of this process. No attribute contains anything that a caller sent or that is stored, or a text of an error. The names of
 * attributes and spans are those of the OpenTelemetry semantic conventions for RPC and databases, or begin with `messagecontacts.`.
 */
export class TracingObserver extends IgnoringObserver implements Tracing {
  readonly #options: TracingObserverOptions
  readonly #current = new AsyncLocalStorage<TraceContext | undefined>()
  /** Those of calls and deliveries that have not ended and are sampled, by their ids. */
  readonly #spans = new Map<string, Span>()

  constructor(options: TracingObserverOptions) {
    super()
    this.#options = options
  }

  runCall({ requestId, path, rpcSystem, header }: TracedCall, work: (trace: CallTrace) => void): void {
    const method = path.slice(1)
    const attributes = { 'rpc.system.name': rpcSystem, 'rpc.method': method, 'messagecontacts.request_id': requestId }
    const { calls, clock } = this.#options
    const parent = propagator.extract(ROOT_CONTEXT, header, headers)
    const span = calls.startSpan(method, { kind: SpanKind.SERVER, startTime: clock.now(), attributes }, parent)
    const context = span.spanContext()
    const { traceId, spanId } = context
    if (span.isRecording()) this.#spans.set(spanId, span)
    const traceparent = span.isRecording() ? `00-${traceId}-${spanId}-01` : undefined
    this.#current.run(context, () => work({ traceId, spanId, traceparent }))
  }

  override callEnded({ trace, reason, cancelled }: CallEnd): void {
    const span = trace && this.#spans.get(trace.spanId)
    if (!span) return
    this.#spans.delete(trace.spanId)
    const code = reason === 'OK' ? 'OK' : errorCatalog[reason].status
    span.setAttribute('rpc.status_code', code)
    if (reason !== 'OK') span.setAttribute('messagecontacts.reason', reason)
    if (cancelled) span.setAttribute('messagecontacts.cancelled', true)
    if (failures.has(code)) setError(span, code)
    span.end(this.#options.clock.now())
  }

  current(): TraceContext | undefined {
    return this.#current.getStore()
  }

  batches(kind: BatchKind): BatchTracing {
    return { current: () => this.current(), run: (waiting, batch) => this.#runBatch(kind, waiting, batch) }
  }

  /**
   * The span of the batch is in the trace of the first call that is sampled, with the commands, and is linked to all of them. Each of the others
   * has a span of the same length, which is linked to that one.
   */
  async #runBatch<Result>(
    kind: BatchKind,
    waiting: readonly (TraceContext | undefined)[],
    batch: () => Promise<Result>,
  ): Promise<Result> {
    const [first, ...others] = new Set(waiting.filter(isSampled))
    // Not in the context in which it happens to start, which is that of any call.
    if (!first) return this.#current.run(undefined, batch)
    const start = (parent: TraceContext, links: readonly TraceContext[]) =>
      this.#startSpan(
        `batch ${kind}`,
        SpanKind.INTERNAL,
        parent,
        { 'messagecontacts.batch.size': waiting.length },
        links,
      )
    const span = start(first, [first, ...others])
    const shares = others.map((other) => start(other, [span.spanContext()]))
    try {
      return await this.#runIn(span, batch)
    } finally {
      for (const share of shares) share.end(this.#options.clock.now())
    }
  }

  /** Nothing but what belongs to a sampled call is a span: the probes of health and the looks of the delivery worker are none. */
  override databaseCommandEnded({ command, database, collection, durationMs, cause }: DatabaseCommand): void {
    const parent = this.#current.getStore()
    if (!isSampled(parent)) return
    const name = collection === undefined ? command : `${command} ${collection}`
    const attributes = {
      'db.system.name': 'mongodb',
      'db.operation.name': command,
      'db.namespace': database,
      'db.collection.name': collection,
    }
    const endTime = this.#options.clock.now()
    const span = this.#startSpan(name, SpanKind.CLIENT, parent, attributes, [], endTime - durationMs)
    if (cause instanceof Error) {
      const { code } = cause as { code?: unknown }
      if (typeof code === 'number') span.setAttribute('db.response.status_code', String(code))
      setError(span, typeof code === 'number' ? String(code) : cause.constructor.name)
    }
    span.end(endTime)
  }

  async runDelivery<Result>({ channel, traceparent }: TracedDelivery, work: () => Promise<Result>): Promise<Result> {
    const send = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null
    if (!isSampled(send)) return this.#current.run(undefined, work)
    const span = this.#startSpan(
      `deliver ${channel}`,
      SpanKind.CONSUMER,
      undefined,
      { 'messagecontacts.channel': channel },
      [send],
    )
    const { spanId } = span.spanContext()
    this.#spans.set(spanId, span)
    try {
      return await this.#runIn(span, work)
    } finally {
      this.#spans.delete(spanId)
    }
  }

  override deliveryAttempted({ trace, attempt, outcome, code }: DeliveryAttempt): void {
    const span = trace && this.#spans.get(trace.spanId)
    if (!span) return
    span.setAttributes({ 'messagecontacts.delivery.attempt': attempt, 'messagecontacts.delivery.outcome': outcome })
    if (outcome !== 'sent') setError(span, String(code ?? outcome))
  }

  async runSending<Result extends { readonly kind: string }>(
    channel: DeliveryAttempt['channel'],
    send: () => Promise<Result>,
  ): Promise<Result> {
    const parent = this.current()
    if (!isSampled(parent)) return send()
    const span = this.#startSpan(`send ${channel}`, SpanKind.CLIENT, parent, { 'messagecontacts.channel': channel })
    return this.#runIn(span, async () => {
      const result = await send()
      if (result.kind !== 'sent') setError(span, result.kind)
      return result
    })
  }

  #startSpan(
    name: string,
    kind: SpanKind,
    parent: TraceContext | undefined,
    attributes: Attributes,
    linked: readonly TraceContext[] = [],
    startTime = this.#options.clock.now(),
  ): Span {
    const links = linked.map((context): Link => ({ context }))
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
    return this.#options.sampled.startSpan(name, { kind, startTime, attributes, links }, context)
  }

  /** Runs work in a span, which ends with it. */
  async #runIn<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#current.run(span.spanContext(), work)
    } catch (error) {
      setError(span, error instanceof Error ? error.constructor.name : '_OTHER')
      throw error
    } finally {
      span.end(this.#options.clock.now())
    }
  }
}

const isSampled = (context: TraceContext | null | undefined): context is TraceContext =>
  context !== null && context !== undefined && (context.traceFlags & TraceFlags.SAMPLED) !== 0

/** Without a message: that could quote what somebody sent. */
function setError(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type)
}
