import { describe, expect, test } from 'vitest'
import { accessSettings } from '../../../src/access/settings.js'
import { metricDefinitions } from '../../../src/telemetry/metric-definitions.js'
import { MetricsObserver } from '../../../src/telemetry/metrics.js'
import { type CallEnd, callerLimits } from '../../../src/telemetry/observer.js'
import { increased, seriesOf, typesOf } from '../../support/metrics-page.js'

const path = '/test.v1.Service/Get'
const call = { requestId: 'r-1', path }
const ended = (end: Partial<CallEnd>): CallEnd => ({ ...call, reason: 'OK', durationMs: 3, cancelled: false, ...end })

function newObserver() {
  const observer = new MetricsObserver({ version: '1.2.3', paths: [path] })
  const read = async (name: string) => seriesOf(await observer.page(0), name)
  return { observer, read, page: (seconds?: number) => observer.page(seconds) }
}

const get = 'grpc_service="test.v1.Service",grpc_method="Get"'

describe('the page of the metrics', () => {
  test('has these metrics of the service, with these types', async () => {
    const types = typesOf(await newObserver().page(0))
    expect(types.filter(([name = '']) => /^(grpc|messagecontacts)_/.test(name))).toEqual([
      ['grpc_server_started_total', 'counter'],
      ['grpc_server_handled_total', 'counter'],
      ['grpc_server_handling_seconds', 'histogram'],
      ['messagecontacts_errors_total', 'counter'],
      ['messagecontacts_throttled_total', 'counter'],
      ['messagecontacts_serving', 'gauge'],
      ['messagecontacts_connections', 'gauge'],
      ['messagecontacts_limits_reached_total', 'counter'],
      ['messagecontacts_batch_size', 'histogram'],
      ['messagecontacts_database_command_seconds', 'histogram'],
      ['messagecontacts_database_connections', 'gauge'],
      ['messagecontacts_deliveries_total', 'counter'],
      ['messagecontacts_delivery_queue_oldest_seconds', 'gauge'],
      ['messagecontacts_deliveries_parked_total', 'counter'],
      ['messagecontacts_delivery_worker_failures_total', 'counter'],
      ['messagecontacts_verifications_total', 'counter'],
      ['messagecontacts_clock_offset_seconds', 'gauge'],
      ['messagecontacts_different_settings', 'gauge'],
      ['messagecontacts_rejected_files_total', 'counter'],
      ['messagecontacts_build_info', 'gauge'],
    ])
  })

  test('has the types that the documentation is made of', async () => {
    expect(typesOf(await newObserver().page(0))).toEqual(
      expect.arrayContaining(Object.values(metricDefinitions).map(({ name, type }) => [name, type])),
    )
  })

  test('has metrics of the process and of the lag of its event loop', async () => {
    const names = typesOf(await newObserver().page(0)).map(([name]) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
        'process_start_time_seconds',
        'nodejs_eventloop_lag_p99_seconds',
        'nodejs_gc_duration_seconds',
      ]),
    )
  })

  test('has the version of the service', async () => {
    const { read } = newObserver()
    expect(await read('messagecontacts_build_info')).toEqual({ 'version="1.2.3"': 1 })
  })

  test('has the age of the oldest delivery, and none while it is not known', async () => {
    const { observer } = newObserver()
    const name = 'messagecontacts_delivery_queue_oldest_seconds'
    const ages = []
    for (const seconds of [0, 12.5, undefined, 3]) ages.push(seriesOf(await observer.page(seconds), name))
    expect(ages).toEqual([{ '': 0 }, { '': 12.5 }, {}, { '': 3 }])
  })
})

describe('calls', () => {
  test('are counted by method, when they arrive and by status code when they are answered', async () => {
    const { observer, read } = newObserver()
    for (let count = 0; count < 5; count += 1) observer.callStarted(call)
    for (const reason of ['OK', 'OK', 'ETAG_MISMATCH', 'CONCURRENT_CALL_NOT_SUPPORTED'] as const)
      observer.callEnded(ended({ reason }))
    expect(increased(await read('grpc_server_started_total'))).toEqual({ [get]: 5 })
    expect(increased(await read('grpc_server_handled_total'))).toEqual({
      [`${get},grpc_code="OK"`]: 2,
      [`${get},grpc_code="Aborted"`]: 2,
    })
  })

  test('that are refused are counted by reason', async () => {
    const { observer, read } = newObserver()
    for (const reason of ['OK', 'ETAG_MISMATCH', 'INTERNAL', 'INTERNAL'] as const) observer.callEnded(ended({ reason }))
    expect(increased(await read('messagecontacts_errors_total'))).toEqual({
      'reason="ETAG_MISMATCH"': 1,
      'reason="INTERNAL"': 2,
    })
  })

  test('are counted once, however often the page is read', async () => {
    const { observer, read } = newObserver()
    observer.callStarted(call)
    const name = 'grpc_server_started_total'
    expect([increased(await read(name)), increased(await read(name))]).toEqual([{ [get]: 1 }, { [get]: 1 }])
  })

  test('have a duration in seconds', async () => {
    const { observer, page } = newObserver()
    observer.callEnded(ended({ durationMs: 20 }))
    observer.callEnded(ended({ durationMs: 300 }))
    const text = await page(0)
    expect(seriesOf(text, 'grpc_server_handling_seconds_sum')).toEqual({ [get]: 0.32 })
    const buckets = seriesOf(text, 'grpc_server_handling_seconds_bucket')
    expect([0.01, 0.025, 0.25, 0.5, '+Inf'].map((le) => buckets[`le="${le}",${get}`])).toEqual([0, 1, 1, 2, 2])
  })

  test('of unknown methods share one series, and a path that is not served has none', async () => {
    const { observer, read } = newObserver()
    observer.unknownMethodCalled()
    observer.unknownMethodCalled()
    observer.callStarted({ ...call, path: '/tom@example.com/x' })
    observer.callEnded(ended({ path: '/tom@example.com/x' }))
    const unknown = 'grpc_service="unknown",grpc_method="unknown"'
    expect(await read('grpc_server_started_total')).toEqual({ [get]: 0, [unknown]: 2 })
    expect(increased(await read('grpc_server_handled_total'))).toEqual({
      [`${unknown},grpc_code="Unimplemented"`]: 2,
    })
  })

  test('that are throttled are counted by the limit that was reached, those of other limits are not', async () => {
    const { observer, read } = newObserver()
    observer.callEnded(ended({ reason: 'THROTTLED', limit: 'CALLS_PER_SECOND_PER_CALLER' }))
    observer.callEnded(ended({ reason: 'LIMIT_EXCEEDED_CONTACTS', limit: 'CONTACTS_PER_DIRECTORY' }))
    expect(await read('messagecontacts_throttled_total')).toEqual({
      'limit="MAX_CALLS_IN_FLIGHT_PER_CALLER"': 0,
      'limit="CALLS_PER_SECOND_PER_CALLER"': 1,
      'limit="CALLS_PER_SECOND_PER_DIRECTORY"': 0,
    })
  })

  test('are limited by settings of these names', () => {
    expect(Object.keys(accessSettings.shape)).toEqual(expect.arrayContaining([...callerLimits]))
  })
})

describe('what is observed becomes a metric:', () => {
  test.each<[string, (observer: MetricsObserver) => void, Readonly<Record<string, number>>]>([
    ['serving', (to) => to.healthChanged({ serving: true }), { '': 1 }],
    ['connections', (to) => to.connectionOpened(), { '': 1 }],
    ['limits_reached_total', (to) => to.limitReached('MAX_CONNECTIONS'), { 'limit="MAX_CONNECTIONS"': 1 }],
    ['batch_size_sum', (to) => to.batchStarted('read', 7), { 'batch="read"': 7 }],
    [
      'database_command_seconds_sum',
      (to) => to.databaseCommandEnded({ command: 'find', outcome: 'failed', durationMs: 1500 }),
      { 'command="find",outcome="failed"': 1.5 },
    ],
    [
      'deliveries_total',
      (to) => to.deliveryAttempted({ contactId: 'c-1', channel: 'sms', attempt: 1, outcome: 'retry' }),
      { 'channel="sms",outcome="retry"': 1 },
    ],
    ['deliveries_parked_total', (to) => to.deliveryParked(), { '': 1 }],
    ['delivery_worker_failures_total', (to) => to.workerFailed(), { '': 1 }],
    [
      'verifications_total',
      (to) => to.verificationChanged('email', 'superseded'),
      { 'channel="email",result="superseded"': 1 },
    ],
    ['clock_offset_seconds', (to) => to.clockOffsetMeasured(-2500), { '': -2.5 }],
    ['different_settings', (to) => to.settingsDiffer(['A', 'B']), { '': 2 }],
    ['rejected_files_total', (to) => to.fileRejected('JWKS'), { 'file="JWKS"': 1 }],
  ])('%s', async (name, observe, expected) => {
    const { observer, read } = newObserver()
    observe(observer)
    expect(increased(await read(`messagecontacts_${name}`))).toEqual(expected)
  })

  test('not serving, and connections that are closed', async () => {
    const { observer, read } = newObserver()
    observer.healthChanged({ serving: true })
    observer.healthChanged({ serving: false })
    observer.connectionOpened()
    observer.connectionOpened()
    observer.connectionClosed()
    expect([await read('messagecontacts_serving'), await read('messagecontacts_connections')]).toEqual([
      { '': 0 },
      { '': 1 },
    ])
  })

  test('connections to the database, open and in use', async () => {
    const { observer, read } = newObserver()
    for (const change of ['opened', 'opened', 'opened', 'acquired', 'acquired', 'released', 'closed'] as const)
      observer.databaseConnectionChanged(change)
    expect(await read('messagecontacts_database_connections')).toEqual({ 'state="open"': 2, 'state="in_use"': 1 })
  })
})
