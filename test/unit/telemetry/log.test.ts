import fc from 'fast-check'
import { MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import { createLog, describeError, LogObserver } from '../../../src/telemetry/log.js'
import type { CallEnd, DeliveryAttempt, Observer } from '../../../src/telemetry/observer.js'
import type { TelemetrySettings } from '../../../src/telemetry/settings.js'
import { thrownByInsertMany, writeError } from '../../support/bulk-errors.js'

/** A log of this level, an observer that writes to it, and the lines written. */
function startLog(level: TelemetrySettings['LOG_LEVEL']) {
  const lines: Record<string, unknown>[] = []
  const log = createLog(level, { write: (line) => void lines.push(JSON.parse(line)) })
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
const frame = /^at \S.*(:\d+:\d+\)?|\(<anonymous>\))$/

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
    expect(createLog('silent').level).toBe('silent')
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

describe('the description of an error', () => {
  test('has its class, its codes and its stack frames', () => {
    const { at, ...others } = describeError(
      Object.assign(new RangeError('secret'), { code: 'ECONNREFUSED', codeName: 'Name' }),
    )
    expect(others).toEqual({ type: 'RangeError', code: 'ECONNREFUSED', codeName: 'Name' })
    expect((at as string[]).length).toBeGreaterThan(0)
    for (const line of at as string[]) expect(line).toMatch(frame)
    expect((at as string[])[0]).toContain('log.test.ts')
  })

  test('has the stack frames whatever the length of the message', () => {
    const describeNew = (message: string) => describeError(new Error(message))['at']
    const [none, short, long] = ['', 'm', 'secret'.repeat(50)].map((message) => describeNew(message))
    expect((none as string[])[0]).toContain('log.test.ts')
    expect(short).toEqual(none)
    expect(long).toEqual(none)
  })

  test('has the class, not the name property', () => {
    class Odd extends Error {
      override readonly name = 'secret name'
    }
    expect(describeError(new Odd('secret'))['type']).toBe('Odd')
  })

  test.each([0, 11000, 'ENOTFOUND', 'A'.repeat(64)])('has the code %s', (code) => {
    expect(describeError(Object.assign(new Error(), { code }))['code']).toBe(code)
  })

  test.each([
    ['a sentence', 'no such host tom.example'],
    ['an address', 'tom@example.com'],
    ['an empty text', ''],
    ['a word too long for a code', 'A'.repeat(65)],
    ['a word and a line break', 'ENOTFOUND\n'],
    ['an object', { toString: () => 'secret' }],
    ['a boolean', true],
    ['undefined', undefined],
  ])('leaves out a code that is %s', (_, code) => {
    const described = describeError(Object.assign(new Error(), { code, codeName: code }))
    expect(Object.keys(described)).toEqual(['type', 'at'])
  })

  test('has its causes up to four levels, also if they are cyclic', () => {
    const circle = new Error('a')
    circle.cause = new TypeError('b', { cause: circle })
    const types: unknown[] = []
    for (let level: unknown = describeError(circle); level; level = (level as { cause?: unknown }).cause)
      types.push((level as { type: string }).type)
    expect(types).toEqual(['Error', 'TypeError', 'Error', 'TypeError'])
  })

  test.each([
    ['text', 'string'],
    [undefined, 'undefined'],
    [null, 'object'],
    [{ message: 'secret', stack: 'secret' }, 'object'],
    [42, 'number'],
    [Symbol('secret'), 'symbol'],
  ])('of a value that is not an error is its type: %s', (thrown, type) => {
    expect(describeError(thrown)).toEqual({ type })
  })

  test('of a cause that is not an error is its type', () => {
    expect(describeError(new Error('a', { cause: 'secret' }))['cause']).toEqual({ type: 'string' })
    expect(describeError(new Error('a', { cause: null }))['cause']).toEqual({ type: 'object' })
    expect(describeError(new Error('a'))).not.toHaveProperty('cause')
  })

  test.each([
    ['no stack', undefined],
    ['an empty stack', ''],
    ['a stack that is a text', 'secret\nmore secret'],
    ['frames with another indentation', 'Error: secret\n  at secret (a.js:1:1)\n     at secret (a.js:1:1)'],
  ])('has no frames if there is %s', (_, stack) => {
    const error = new Error('secret')
    Object.defineProperty(error, 'stack', { value: stack })
    expect(describeError(error)['at']).toEqual([])
  })

  test('of a bulk error of the driver has neither documents nor messages of the server', () => {
    const error = thrownByInsertMany(2, {
      ok: 1,
      n: 1,
      writeErrors: [{ ...writeError(1, 11000), errmsg: 'dup key: { name: "Tom" }' }],
    })
    const { at, ...others } = describeError(error)
    expect(others).toEqual({ type: 'MongoBulkWriteError', code: 11000 })
    expect(JSON.stringify(at)).not.toMatch(/dup key|Tom/)
    expect(
      describeError(new MongoServerError({ code: 13, codeName: 'Unauthorized', errmsg: 'user tom' })),
    ).toMatchObject({
      type: 'MongoServerError',
      code: 13,
      codeName: 'Unauthorized',
    })
  })

  test('of a Failure includes its cause', () => {
    const described = describeError(new Failure('INTERNAL', { cause: new TypeError('secret') }))
    expect(described).toMatchObject({ type: 'Failure', cause: { type: 'TypeError' } })
  })
})

describe('a description never contains the message of an error', () => {
  const secret = 'tom@example.com'
  const line = fc.constantFrom('', '\n', `\n    at ${secret} (a.js:1:1)`, `\n    at ${secret}`, 'Error: ', ' ', '$&')
  const message = fc
    .array(fc.oneof(line, fc.constant(secret), fc.string()), { maxLength: 6 })
    .map((parts) => parts.join(''))

  test('whatever the message is', () => {
    fc.assert(
      fc.property(message, message, (text, causeText) => {
        const described = describeError(new Error(text, { cause: new TypeError(causeText) }))
        expect(JSON.stringify(described)).not.toContain(secret)
      }),
    )
  })

  test('also if the message was changed later: then there are no frames', () => {
    fc.assert(
      fc.property(message, (text) => {
        const error = new Error(text)
        // Reading the stack records it, with the message it has now.
        expect(error.stack).toContain(text)
        error.message = `worse: ${text}`
        expect(describeError(error)).toEqual({ type: 'Error', at: [] })
      }),
    )
  })
})
