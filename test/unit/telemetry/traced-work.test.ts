import { SpanStatusCode } from '@opentelemetry/api'
import { MongoNetworkError, MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import type { DatabaseCommand, DeliveryAttempt } from '../../../src/telemetry/observer.js'
import { RecordedSpans } from '../../support/recorded-spans.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const sendSpanId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${sendSpanId}-01`
const notSampled = { traceparent: `00-${traceId}-${sendSpanId}-00` }
const find: DatabaseCommand = { command: 'find', database: 'd', collection: 'c', outcome: 'ok', durationMs: 1 }

describe('a batch', () => {
  test('is in the trace of the first sampled call, linked to all; each other call has a share that is linked to it', async () => {
    const spans = new RecordedSpans()
    const { tracing } = spans
    const current = () => tracing.current()
    const unsampled = spans.call(current, notSampled).result
    const calls = [spans.call(current), spans.call(current)]
    const [first, second] = calls.map(({ trace }) => trace.spanId)
    const waiting = [unsampled, undefined, ...calls.map(({ result }) => result), calls[0]?.result]
    // In the context of any call, as it happens.
    await spans.call(() => tracing.batches('read').run(waiting, async () => tracing.databaseCommandEnded(find))).result
    const [command, batch, share, ...others] = spans.ended()
    expect(others).toEqual([])
    expect(command).toMatchObject({ name: 'find c', parent: batch?.spanId })
    const common = { name: 'batch read', attributes: { 'messagecontacts.batch.size': 5 } }
    expect(batch).toMatchObject({ ...common, parent: first, links: [first, second] })
    expect(share).toMatchObject({ ...common, parent: second, links: [batch?.spanId] })
  })

  test('of calls that are not sampled has no span, in whatever call it is run', async () => {
    const spans = new RecordedSpans()
    const { tracing } = spans
    const unsampled = spans.call(() => tracing.current(), notSampled).result
    await spans.call(() =>
      tracing.batches('read').run([unsampled, undefined], async () => tracing.databaseCommandEnded(find)),
    ).result
    expect(spans.ended()).toEqual([])
  })

  test('that fails is an error by its class, without its text', async () => {
    const spans = new RecordedSpans()
    const { tracing } = spans
    const run = tracing.batches('write').run([spans.call(() => tracing.current()).result], async () => {
      throw new RangeError('tom@example.com')
    })
    await expect(run).rejects.toThrow(RangeError)
    expect(spans.ended()).toMatchObject([
      {
        name: 'batch write',
        attributes: { 'messagecontacts.batch.size': 1, 'error.type': 'RangeError' },
        status: { code: SpanStatusCode.ERROR },
      },
    ])
    expect(JSON.stringify(spans.ended())).not.toContain('tom@')
  })
})

describe('a command', () => {
  const attributes = { 'db.system.name': 'mongodb', 'db.operation.name': 'insert', 'db.namespace': 'd' }

  test('outside of a call has no span', () => {
    const spans = new RecordedSpans()
    spans.tracing.databaseCommandEnded(find)
    expect(spans.ended()).toEqual([])
  })

  test.each([
    [
      new MongoServerError({ code: 11000, errmsg: 'tom@example.com' }),
      { 'db.response.status_code': '11000', 'error.type': '11000' },
    ],
    [new MongoNetworkError('tom@example.com'), { 'error.type': 'MongoNetworkError' }],
  ])('that ends with %s has its code or its class, and no text', (cause, errorAttributes) => {
    const spans = new RecordedSpans()
    spans.call(() =>
      spans.tracing.databaseCommandEnded({
        command: 'insert',
        database: 'd',
        outcome: 'refused',
        durationMs: 1,
        cause,
      }),
    )
    expect(spans.ended()).toMatchObject([{ name: 'insert', status: { code: SpanStatusCode.ERROR } }])
    expect(spans.ended()[0]?.attributes).toEqual({ ...attributes, ...errorAttributes })
    expect(JSON.stringify(spans.ended())).not.toContain('tom@')
  })
})

describe('a delivery', () => {
  const attempt: DeliveryAttempt = { contactId: 'c-1', channel: 'email', attempt: 2, outcome: 'sent' }

  test('is the root of a trace, linked to the Send, with its attempt and the sending', async () => {
    const spans = new RecordedSpans()
    const { tracing } = spans
    const sent = await tracing.runDelivery({ channel: 'email', traceparent }, async () => {
      const result = await tracing.runSending('email', async () => ({ kind: 'sent' }) as const)
      tracing.deliveryAttempted({ ...attempt, trace: tracing.current() })
      return result
    })
    expect(sent).toEqual({ kind: 'sent' })
    const [sending, delivery] = spans.ended()
    expect(sending).toMatchObject({
      name: 'send email',
      parent: delivery?.spanId,
      status: { code: SpanStatusCode.UNSET },
    })
    expect(delivery).toMatchObject({ name: 'deliver email', parent: undefined, links: [sendSpanId] })
    expect(delivery?.traceId).not.toBe(traceId)
    expect(delivery?.attributes).toEqual({
      'messagecontacts.channel': 'email',
      'messagecontacts.delivery.attempt': 2,
      'messagecontacts.delivery.outcome': 'sent',
    })
  })

  test('that is not sent is an error, with the reason', async () => {
    const spans = new RecordedSpans()
    const { tracing } = spans
    await tracing.runDelivery({ channel: 'email', traceparent }, async () => {
      await tracing.runSending('email', async () => ({ kind: 'retry' }) as const)
      tracing.deliveryAttempted({ ...attempt, outcome: 'retry', code: 451, trace: tracing.current() })
    })
    expect(spans.ended()).toMatchObject([
      { name: 'send email', attributes: { 'error.type': 'retry' }, status: { code: SpanStatusCode.ERROR } },
      {
        name: 'deliver email',
        attributes: { 'messagecontacts.delivery.outcome': 'retry', 'error.type': '451' },
        status: { code: SpanStatusCode.ERROR },
      },
    ])
  })

  test.each([
    ['no Send that was traced', undefined],
    ['a Send that was not sampled', notSampled.traceparent],
    ['a damaged one', 'tom@example.com'],
    ['a number', 1],
    ['an object', { traceparent }],
    ['a list', [traceparent]],
    ['a value that is too long', `${traceparent}-${'x'.repeat(1000)}`],
  ])('of %s is carried out without a span, in whatever call it begins', async (_, damaged) => {
    const spans = new RecordedSpans()
    const { tracing } = spans
    const { result } = spans.call(() =>
      tracing.runDelivery({ channel: 'sms', traceparent: damaged }, async () => {
        tracing.databaseCommandEnded(find)
        return tracing.runSending('sms', async () => ({ kind: 'sent' }))
      }),
    )
    expect(await result).toEqual({ kind: 'sent' })
    expect(spans.ended()).toEqual([])
  })
})
