import { setTimeout as pause } from 'node:timers/promises'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { minuteMs } from '../time.js'
import { describeError, type Log } from './log.js'
import { SpanClock } from './span-clock.js'
import { TracingObserver } from './tracing-observer.js'

export interface TraceExportOptions {
  readonly log: Log
  /** Of the service. */
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
}

/** Spans that are made and sent. */
export interface TraceExport {
  readonly observer: TracingObserver
  /** Sends the spans that are still waiting, if the collector takes them within a moment. */
  stop(): Promise<void>
}

/** How long `stop` waits for the collector, in milliseconds. One that is well answers much earlier; for another one nobody should wait. */
const maxFlushMs = 2000

/**
 * Sends spans to a collector by OTLP over HTTP. The SDK reads the variables `OTEL_*`: where to, with which headers, which calls are sampled,
 * how many spans wait at most. This file and the observer are the only ones that load the SDK.
 */
export function startTraceExport({ log, version, now, monotonicNow }: TraceExportOptions): TraceExport {
  const report = lossReport(log, monotonicNow)
  const processor = new BatchSpanProcessor(reported(new OTLPTraceExporter(), report))
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'message-contacts', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }))
  const common = { resource, spanProcessors: [processor] }
  const calls = new BasicTracerProvider(common).getTracer('message-contacts', version)
  const sampled = new BasicTracerProvider({ ...common, sampler: new AlwaysOnSampler() }).getTracer(
    'message-contacts',
    version,
  )
  return {
    observer: new TracingObserver({ calls, sampled, clock: new SpanClock(now, monotonicNow) }),
    async stop() {
      // What could not be sent has been reported.
      const flushed = processor.shutdown().catch(() => {})
      const timeout = pause(maxFlushMs, noAnswer, { ref: false })
      const problem = await Promise.race([flushed, timeout])
      if (problem) report(problem)
    },
  }
}

const noAnswer = Object.assign(new Error('the collector has not answered'), { code: 'ETIMEDOUT' })

type LossReport = (cause: unknown) => void

/** Writes a line to the log when spans are lost, at most once a minute. */
function lossReport(log: Log, monotonicNow: () => number): LossReport {
  let nextReport = Number.NEGATIVE_INFINITY
  return (cause) => {
    if (monotonicNow() < nextReport) return
    nextReport = monotonicNow() + minuteMs
    log.warn({ cause: describeError(cause) }, 'traces not sent')
  }
}

/** The exporter, with a report when it fails. */
function reported(exporter: SpanExporter, report: LossReport): SpanExporter {
  return {
    export(spans, onEnd) {
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) report(result.error)
        onEnd(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
