import { SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import type { Reason } from '../../../src/errors/catalog.js'
import type { DatabaseCommand } from '../../../src/telemetry/observer.js'
import type { CallTrace } from '../../../src/telemetry/tracing.js'
import { method, RecordedSpans } from '../../support/recorded-spans.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const sampled = `00-${traceId}-${spanId}-01`
const notSampled = `00-${traceId}-${spanId}-00`
const nothing = () => {}
const command: DatabaseCommand = { command: 'find', database: 'd', collection: 'c', outcome: 'ok', durationMs: 1 }

function end({ tracing }: RecordedSpans, trace: CallTrace, reason: Reason | 'OK' = 'OK', cancelled = false): void {
  tracing.callEnded({ requestId: 'r-1', path: `/${method}`, trace, reason, durationMs: 1, cancelled })
}

describe('a call with a parent', () => {
  test('is in its trace', () => {
    const spans = new RecordedSpans()
    const { trace } = spans.call(nothing, { traceparent: sampled, tracestate: ['one=1', 'two=2'] })
    end(spans, trace)
    expect(trace).toEqual({ traceId, spanId: trace.spanId, traceparent: `00-${traceId}-${trace.spanId}-01` })
    expect(spans.ended()).toEqual([
      {
        name: method,
        traceId,
        spanId: trace.spanId,
        parent: spanId,
        traceState: 'one=1,two=2',
        attributes: {
          'rpc.system.name': 'grpc',
          'rpc.method': method,
          'messagecontacts.request_id': 'r-1',
          'rpc.status_code': 'OK',
        },
        links: [],
        status: { code: SpanStatusCode.UNSET },
      },
    ])
  })

  test('has no span if that is not sampled, and neither has its work', async () => {
    const spans = new RecordedSpans()
    const { trace, result } = spans.call(
      () => {
        spans.tracing.databaseCommandEnded(command)
        return spans.tracing.batches('read').run([spans.tracing.current()], async () => {
          spans.tracing.databaseCommandEnded(command)
        })
      },
      { traceparent: notSampled },
    )
    await result
    end(spans, trace)
    expect(trace).toEqual({ traceId, spanId: expect.stringMatching(/^[0-9a-f]{16}$/), traceparent: undefined })
    expect(spans.ended()).toEqual([])
  })

  test.each([
    ['of another form', 'hello'],
    ['empty', ''],
    ['without a version', `ff-${traceId}-${spanId}-01`],
    ['in upper case', sampled.toUpperCase()],
    ['with an invalid trace', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['with an invalid span', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['that is too long', `${sampled}-x`],
    ['that is repeated', [sampled, sampled]],
    ['that contains something else', `00-${traceId}-${spanId}-01\r\nx: 1`],
    ['that is very long', `00-${'a'.repeat(30_000)}-${spanId}-01`],
  ])('%s begins a trace of its own', (_, traceparent) => {
    const spans = new RecordedSpans()
    const { trace } = spans.call(nothing, { traceparent, tracestate: 'one=1' })
    end(spans, trace)
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(spans.ended()).toMatchObject([{ traceId: trace.traceId, parent: undefined, traceState: undefined }])
    expect(trace.traceId).not.toBe(traceId)
  })

  test('keeps no more of its state than the standard allows', () => {
    const spans = new RecordedSpans()
    const tracestate = Array.from({ length: 100 }, (_, index) => `key${index}=${'x'.repeat(100)}`)
    const { trace } = spans.call(nothing, { traceparent: sampled, tracestate })
    end(spans, trace)
    expect(spans.ended()[0]?.traceState?.length).toBeLessThanOrEqual(512)
  })
})

describe('the end of a call', () => {
  const cases: readonly (readonly [Reason, string, boolean])[] = [
    ['INVALID_PARAMETER_NAME', 'INVALID_ARGUMENT', false],
    ['UNAUTHENTICATED', 'UNAUTHENTICATED', false],
    ['THROTTLED', 'RESOURCE_EXHAUSTED', false],
    ['INTERNAL', 'INTERNAL', true],
    ['DATABASE_UNAVAILABLE', 'UNAVAILABLE', true],
    ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', true],
  ]
  test.each(cases)('with the reason %s has the status code %s', (reason, code, isError) => {
    const spans = new RecordedSpans()
    end(spans, spans.call(nothing).trace, reason)
    expect(spans.ended().map(({ attributes, status }) => ({ attributes, status }))).toEqual([
      {
        attributes: {
          'rpc.system.name': 'grpc',
          'rpc.method': method,
          'messagecontacts.request_id': 'r-1',
          'rpc.status_code': code,
          'messagecontacts.reason': reason,
          ...(isError && { 'error.type': code }),
        },
        status: { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      },
    ])
  })

  test('is also known if it comes from outside the call', () => {
    const spans = new RecordedSpans()
    const first = spans.call(nothing).trace
    spans.call(() => end(spans, first, 'OUTCOME_UNKNOWN', true))
    expect(spans.ended()).toMatchObject([{ spanId: first.spanId, attributes: { 'messagecontacts.cancelled': true } }])
  })
})
