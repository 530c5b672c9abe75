import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { SpanClock } from '../../src/telemetry/span-clock.js'
import type { CallTrace } from '../../src/telemetry/tracing.js'
import { TracingObserver } from '../../src/telemetry/tracing-observer.js'

/** The name of the method of a call that is traced for a test. */
export const method = 'messagecontacts.v1.MessageContactService/GetMessageContact'

/** A tracing whose spans stay in memory. */
export class RecordedSpans {
  readonly #exporter = new InMemorySpanExporter()
  readonly tracing: TracingObserver
  #calls = 0

  constructor() {
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)]
    const sampler = new ParentBasedSampler({ root: new AlwaysOnSampler() })
    this.tracing = new TracingObserver({
      calls: new BasicTracerProvider({ spanProcessors, sampler }).getTracer('test'),
      sampled: new BasicTracerProvider({ spanProcessors, sampler: new AlwaysOnSampler() }).getTracer('test'),
      clock: new SpanClock(Date.now, () => performance.now()),
    })
  }

  /** Begins a call with these headers and runs `work` in it. Gives its ids. */
  call<Result>(
    work: () => Result,
    headers: Readonly<Record<string, string | readonly string[]>> = {},
  ): { readonly trace: CallTrace; readonly result: Result } {
    this.#calls += 1
    const call = {
      requestId: `r-${this.#calls}`,
      path: `/${method}`,
      rpcSystem: 'grpc',
      header: (name: string) => [headers[name] ?? []].flat(),
    } as const
    const made: { trace: CallTrace; result: Result }[] = []
    this.tracing.runCall(call, (trace) => made.push({ trace, result: work() }))
    const [only] = made
    if (!only) throw new Error('the work was not run')
    return only
  }

  /** The spans that have ended, in the order of their ends. */
  ended() {
    return this.#exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      spanId: span.spanContext().spanId,
      traceId: span.spanContext().traceId,
      parent: span.parentSpanContext?.spanId,
      traceState: span.spanContext().traceState?.serialize(),
      attributes: span.attributes,
      links: span.links.map(({ context }) => context.spanId),
      status: span.status,
    }))
  }
}
