import { vi } from 'vitest'
import type { AppDependencies } from '../../src/app.js'
import { type RunningService, startService } from './running-service.js'
import type { ReceivedSpan } from './trace-collector.js'

export interface TracedOptions {
  /** Settings that differ from those of `startService`. */
  readonly environment?: Readonly<Record<string, string>>
  /** Variables of OpenTelemetry. */
  readonly variables?: Readonly<Record<string, string>>
  readonly dependencies?: Partial<AppDependencies>
}

/** Starts the service with traces that go to the collector at `url`. When it is stopped, all its spans have been sent. */
export async function startTraced(
  url: string,
  { environment = {}, variables = {}, dependencies = {} }: TracedOptions = {},
): Promise<RunningService> {
  // The SDK reads them from the process, while it is set up.
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...variables }
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
  try {
    return await startService({ environment, dependencies: { ...dependencies, traces: true } })
  } finally {
    vi.unstubAllEnvs()
  }
}

/**
 * Spans as text: the roots of traces by the time of their start, and below each span those that belong to it. A line has the kind and the name
 * of a span, and the names of those that it is linked to.
 */
export function asText(spans: readonly ReceivedSpan[]): string {
  const byTime = [...spans].sort((one, other) => Number(one.startTime - other.startTime))
  const names = new Map(spans.map(({ spanId, name }) => [spanId, shortName(name)]))
  const lineOf = ({ kind, name, links }: ReceivedSpan) =>
    [kind, shortName(name), ...links.map(({ spanId }) => `-> ${names.get(spanId)}`)].join(' ')
  const below = (parent: string): string[] =>
    byTime
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .flatMap((span) => [lineOf(span), ...below(span.spanId).map((line) => `  ${line}`)])
  // Below no span that is known: the root of a trace, or the call of a caller that has a span itself.
  const tops = new Set(byTime.map(({ parentSpanId }) => parentSpanId).filter((spanId) => !names.has(spanId)))
  return [...tops]
    .flatMap((top) => (top === '' ? below(top) : ['(a span of the caller)', ...below(top).map((line) => `  ${line}`)]))
    .join('\n')
}

/** The operation alone, of a call. */
const shortName = (name: string) => name.slice(name.lastIndexOf('/') + 1)
