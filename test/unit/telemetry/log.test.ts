import { describe, expect, test } from 'vitest'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { createLog, LogObserver } from '../../../src/telemetry/log.js'
import type { CallEnd, DeliveryAttempt, Observer } from '../../../src/telemetry/observer.js'
import type { TelemetrySettings } from '../../../src/telemetry/settings.js'

/** A log of this level, an observer that writes to it, and the lines written. */
function startLog(level: TelemetrySettings['LOG_LEVEL']) {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ LOG_LEVEL: level }, { write: (line) => void lines.push(JSON.parse(line)) })
  const observer: Observer = new LogObserver(log)
  return { log, observer, lines }
}

const call: CallEnd = {
  path: '/messagecontacts.v1.MessageContactService/AddMessageContact',
  requestId: '2DFCE4C9-04A9-4C83-BB14-FE791275EC53',
  reason: 'OK',
  durationMs: 7,
  cancelled: false,
}

describe('the log', () => {
  test('writes lines with the name of the level, the time in ISO format, and nothing about the machine', () => {
    const { log, lines } = startLog('info')
    log.info({ address: '127.0.0.1:1' }, 'listening')
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        address: '127.0.0.1:1',
        msg: 'listening',
      },
    ])
  })

  test('needs no destination', () => {
    expect(createLog({ LOG_LEVEL: 'silent' }).level).toBe('silent')
  })
})

describe('the end of a call', () => {
  const levels: Partial<Record<Reason, string>> = {
    INTERNAL: 'error',
    OVERLOADED: 'warn',
    DATABASE_UNAVAILABLE: 'warn',
    OUTCOME_UNKNOWN: 'warn',
    SHUTTING_DOWN: 'warn',
    DEADLINE_EXCEEDED: 'warn',
  }

  test.each(['OK', ...Object.keys(errorCatalog)] as (Reason | 'OK')[])(
    'is logged at the level of %s, with all its fields',
    (reason) => {
      const { observer, lines } = startLog('debug')
      observer.callEnded({ ...call, reason })
      const level = reason === 'OK' ? 'debug' : (levels[reason] ?? 'debug')
      expect(lines).toEqual([{ ...call, level, time: expect.any(String), reason, msg: 'call ended' }])
    },
  )

  test('is logged with a description of its cause, without the message and other fields of the cause', () => {
    const { observer, lines } = startLog('info')
    const cause = Object.assign(new TypeError('tom@example.com is odd'), { code: 'ERR_ODD', document: { name: 'Tom' } })
    observer.callEnded({ ...call, reason: 'INTERNAL', cause })
    const described = { type: 'TypeError', code: 'ERR_ODD', at: expect.any(Array) }
    expect(lines).toEqual([
      { ...call, level: 'error', time: expect.any(String), reason: 'INTERNAL', cause: described, msg: 'call ended' },
    ])
    expect(JSON.stringify(lines)).not.toMatch(/tom@example|odd|Tom/)
  })

  test('is not logged below the level of the log, and its cause is not read', () => {
    const { observer, lines } = startLog('warn')
    const cause = new Proxy(new Error(), { get: () => expect.fail('the cause was read') })
    observer.callEnded({ ...call, reason: 'LIMIT_EXCEEDED_CONTACTS', cause })
    observer.callEnded({ ...call, reason: 'OVERLOADED' })
    observer.callEnded({ ...call, reason: 'INTERNAL' })
    expect(lines.map(({ level, reason }) => [level, reason])).toEqual([
      ['warn', 'OVERLOADED'],
      ['error', 'INTERNAL'],
    ])
  })
})

describe('the start of a call', () => {
  test('is not logged', () => {
    const { observer, lines } = startLog('debug')
    observer.callStarted({ requestId: call.requestId, path: call.path })
    expect(lines).toEqual([])
  })
})

describe('a change of health', () => {
  test('is logged as info without a cause, as warn with one', () => {
    const { observer, lines } = startLog('debug')
    observer.healthChanged({ serving: true })
    observer.healthChanged({ serving: false })
    observer.healthChanged({ serving: false, cause: new RangeError('secret') })
    const time = expect.any(String)
    expect(lines).toEqual([
      { level: 'info', time, serving: true, msg: 'health changed' },
      { level: 'info', time, serving: false, msg: 'health changed' },
      {
        level: 'warn',
        time,
        serving: false,
        cause: { type: 'RangeError', at: expect.any(Array) },
        msg: 'health changed',
      },
    ])
  })
})

describe('a delivery attempt', () => {
  const attempt: Omit<DeliveryAttempt, 'outcome'> = { contactId: 'c-qL4HqKONzOM7b2Xd', channel: 'email', attempt: 2 }

  test.each([
    ['sent', 'debug'],
    ['retry', 'info'],
    ['failed', 'warn'],
    ['expired', 'warn'],
  ] as const)('with the outcome %s is logged as %s', (outcome, level) => {
    const { observer, lines } = startLog('debug')
    observer.deliveryAttempted({ ...attempt, outcome })
    expect(lines).toEqual([{ ...attempt, outcome, level, time: expect.any(String), msg: 'delivery attempt' }])
  })

  test('is logged as warn with its code if the operator must act, also if it is made again', () => {
    const { observer, lines } = startLog('warn')
    const facts = { ...attempt, outcome: 'retry', code: 550 } as const
    observer.deliveryAttempted({ ...facts, isOperatorProblem: true })
    observer.deliveryAttempted({ ...facts, isOperatorProblem: false })
    expect(lines).toEqual([{ ...facts, level: 'warn', time: expect.any(String), msg: 'delivery attempt' }])
  })

  test('is logged with a description of its cause', () => {
    const { observer, lines } = startLog('info')
    observer.deliveryAttempted({ ...attempt, outcome: 'retry', cause: new TypeError('secret') })
    expect(lines).toEqual([
      {
        ...attempt,
        outcome: 'retry',
        level: 'info',
        time: expect.any(String),
        cause: { type: 'TypeError', at: expect.any(Array) },
        msg: 'delivery attempt',
      },
    ])
  })
})

test('a failure of the delivery worker is logged as warn', () => {
  const { observer, lines } = startLog('info')
  observer.workerFailed(new TypeError('secret'))
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.any(String),
      cause: { type: 'TypeError', at: expect.any(Array) },
      msg: 'delivery worker failed',
    },
  ])
})

test('lines of calls and deliveries name their span, by the names that programs know', () => {
  const { observer, lines } = startLog('debug')
  const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
  observer.callEnded({ ...call, trace })
  observer.callAudited({ requestId: 'r-1', operation: 'o', callerId: 'c', via: 'token', result: 'OK', trace })
  observer.deliveryAttempted({ contactId: 'c-1', channel: 'sms', attempt: 1, outcome: 'sent', trace })
  observer.deliveryParked('c-1', new TypeError('secret'), trace)
  const ids = { trace_id: trace.traceId, span_id: trace.spanId }
  expect(lines.map(({ msg, trace_id, span_id, trace: other }) => ({ msg, trace_id, span_id, other }))).toEqual(
    ['call ended', 'audit', 'delivery attempt', 'delivery parked'].map((msg) => ({ msg, ...ids, other: undefined })),
  )
})
