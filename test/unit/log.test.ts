import fc from 'fast-check'
import { MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { Failure, meanings, type Reason } from '../../src/failure.js'
import { createLog, describe as describeError, logAnswered } from '../../src/log.js'
import type { Answered } from '../../src/rpc/call.js'
import { thrownByInsertMany, writeError } from './bulk-errors.js'

/** A log of this level, and the lines it has written. */
function logInto(level: string) {
  const lines: Record<string, unknown>[] = []
  const log = createLog(level, { write: (line) => void lines.push(JSON.parse(line)) })
  return { log, lines }
}

const answered: Answered = {
  path: '/messagecontacts.v1.MessageContactService/AddMessageContact',
  requestId: '2DFCE4C9-04A9-4C83-BB14-FE791275EC53',
  reason: 'OK',
  durationMs: 7,
  cancelled: false,
}
const frame = /^at \S.*(:\d+:\d+\)?|\(<anonymous>\))$/

describe('the log', () => {
  test('writes lines with the level by name, the time in ISO form, and nothing of the machine', () => {
    const { log, lines } = logInto('info')
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

  test('writes to standard output where nothing else is said', () => {
    expect(createLog('silent').level).toBe('silent')
  })
})

describe('an answered call', () => {
  const levels: Partial<Record<Reason, string>> = {
    INTERNAL: 'error',
    OVERLOADED: 'warn',
    DATABASE_UNAVAILABLE: 'warn',
    OUTCOME_UNKNOWN: 'warn',
    SHUTTING_DOWN: 'warn',
    OUT_OF_TIME: 'warn',
  }

  test.each(['OK', ...Object.keys(meanings)] as (Reason | 'OK')[])(
    '%s is told at its level, with its facts',
    (reason) => {
      const { log, lines } = logInto('debug')
      logAnswered(log, { ...answered, reason })
      const level = reason === 'OK' ? 'debug' : (levels[reason] ?? 'debug')
      expect(lines).toEqual([{ ...answered, level, time: expect.any(String), reason, msg: 'answered' }])
    },
  )

  test('with a cause is told with its description, and the cause itself stays out', () => {
    const { log, lines } = logInto('info')
    const cause = Object.assign(new TypeError('tom@example.com is odd'), { code: 'ERR_ODD', document: { name: 'Tom' } })
    logAnswered(log, { ...answered, reason: 'INTERNAL', cause })
    const told = { type: 'TypeError', code: 'ERR_ODD', at: expect.any(Array) }
    expect(lines).toEqual([
      { ...answered, level: 'error', time: expect.any(String), reason: 'INTERNAL', cause: told, msg: 'answered' },
    ])
    expect(JSON.stringify(lines)).not.toMatch(/tom@example|odd|Tom/)
  })

  test('is not told below the level of the log, nor is its cause looked at', () => {
    const { log, lines } = logInto('warn')
    const cause = new Proxy(new Error(), { get: () => expect.fail('looked at') })
    logAnswered(log, { ...answered, reason: 'LIMIT_EXCEEDED_CONTACTS', cause })
    logAnswered(log, { ...answered, reason: 'OVERLOADED' })
    logAnswered(log, { ...answered, reason: 'INTERNAL' })
    expect(lines.map(({ level, reason }) => [level, reason])).toEqual([
      ['warn', 'OVERLOADED'],
      ['error', 'INTERNAL'],
    ])
  })
})

describe('the description of an error', () => {
  test('is its class, its code, and where it arose', () => {
    const { at, ...others } = describeError(
      Object.assign(new RangeError('secret'), { code: 'ECONNREFUSED', codeName: 'Name' }),
    )
    expect(others).toEqual({ type: 'RangeError', code: 'ECONNREFUSED', codeName: 'Name' })
    expect((at as string[]).length).toBeGreaterThan(0)
    for (const line of at as string[]) expect(line).toMatch(frame)
    expect((at as string[])[0]).toContain('log.test.ts')
  })

  test('tells where it arose whatever the length of its message', () => {
    const arise = (message: string) => describeError(new Error(message))['at']
    const [none, short, long] = ['', 'm', 'secret'.repeat(50)].map((message) => arise(message))
    expect((none as string[])[0]).toContain('log.test.ts')
    expect(short).toEqual(none)
    expect(long).toEqual(none)
  })

  test('is of its own class, not of the name it gives itself', () => {
    class Odd extends Error {
      override readonly name = 'secret name'
    }
    expect(describeError(new Odd('secret'))['type']).toBe('Odd')
  })

  test.each([0, 11000, 'ENOTFOUND', 'A'.repeat(64)])('keeps the code %s', (code) => {
    expect(describeError(Object.assign(new Error(), { code }))['code']).toBe(code)
  })

  test.each([
    ['prose', 'no such host tom.example'],
    ['an address', 'tom@example.com'],
    ['an empty text', ''],
    ['a word too long for a code', 'A'.repeat(65)],
    ['a word and a line break', 'ENOTFOUND\n'],
    ['an object', { toString: () => 'secret' }],
    ['a truth value', true],
    ['nothing', undefined],
  ])('leaves out a code that is %s', (_, code) => {
    const told = describeError(Object.assign(new Error(), { code, codeName: code }))
    expect(Object.keys(told)).toEqual(['type', 'at'])
  })

  test('tells its causes, four deep at most, also where they go in a circle', () => {
    const circle = new Error('a')
    circle.cause = new TypeError('b', { cause: circle })
    const depths: unknown[] = []
    for (let told: unknown = describeError(circle); told; told = (told as { cause?: unknown }).cause)
      depths.push((told as { type: string }).type)
    expect(depths).toEqual(['Error', 'TypeError', 'Error', 'TypeError'])
  })

  test.each([
    ['text', 'string'],
    [undefined, 'undefined'],
    [null, 'object'],
    [{ message: 'secret', stack: 'secret' }, 'object'],
    [42, 'number'],
    [Symbol('secret'), 'symbol'],
  ])('of what is no error is its type alone: %s', (thrown, type) => {
    expect(describeError(thrown)).toEqual({ type })
  })

  test('of a cause that is no error is its type as well', () => {
    expect(describeError(new Error('a', { cause: 'secret' }))['cause']).toEqual({ type: 'string' })
    expect(describeError(new Error('a', { cause: null }))['cause']).toEqual({ type: 'object' })
    expect(describeError(new Error('a'))).not.toHaveProperty('cause')
  })

  test.each([
    ['no stack', undefined],
    ['an empty stack', ''],
    ['a stack of prose', 'secret\nmore secret'],
    ['frames that are indented otherwise', 'Error: secret\n  at secret (a.js:1:1)\n     at secret (a.js:1:1)'],
  ])('has no frames where there is %s', (_, stack) => {
    const error = new Error('secret')
    Object.defineProperty(error, 'stack', { value: stack })
    expect(describeError(error)['at']).toEqual([])
  })

  test('of a driver’s bulk error tells neither documents nor what the server said', () => {
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

  test('of a failure is that of its cause as well', () => {
    const told = describeError(new Failure('INTERNAL', { cause: new TypeError('secret') }))
    expect(told).toMatchObject({ type: 'Failure', cause: { type: 'TypeError' } })
  })
})

describe('no word of a message is ever told', () => {
  const secret = 'tom@example.com'
  const line = fc.constantFrom('', '\n', `\n    at ${secret} (a.js:1:1)`, `\n    at ${secret}`, 'Error: ', ' ', '$&')
  const message = fc
    .array(fc.oneof(line, fc.constant(secret), fc.string()), { maxLength: 6 })
    .map((parts) => parts.join(''))

  test('whatever it looks like', () => {
    fc.assert(
      fc.property(message, message, (text, causeText) => {
        const told = describeError(new Error(text, { cause: new TypeError(causeText) }))
        expect(JSON.stringify(told)).not.toContain(secret)
      }),
    )
  })

  test('also where it was changed after the error arose: then no frames are told', () => {
    fc.assert(
      fc.property(message, (text) => {
        const error = new Error(text)
        // Looked at, a stack is written down with the message of that moment.
        expect(error.stack).toContain(text)
        error.message = `worse: ${text}`
        expect(describeError(error)).toEqual({ type: 'Error', at: [] })
      }),
    )
  })
})
