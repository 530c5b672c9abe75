import fc from 'fast-check'
import { MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../../src/errors/failure.js'
import { describeError } from '../../../src/telemetry/log.js'
import { thrownByInsertMany, writeError } from '../../support/bulk-errors.js'

const frame = /^at \S.*(:\d+:\d+\)?|\(<anonymous>\))$/

describe('the description of an error', () => {
  test('has its class, its codes and its stack frames', () => {
    const { at, ...others } = describeError(
      Object.assign(new RangeError('secret'), { code: 'ECONNREFUSED', codeName: 'Name' }),
    )
    expect(others).toEqual({ type: 'RangeError', code: 'ECONNREFUSED', codeName: 'Name' })
    expect((at as string[]).length).toBeGreaterThan(0)
    for (const line of at as string[]) expect(line).toMatch(frame)
    expect((at as string[])[0]).toContain('describe-error.test.ts')
  })

  test('has the stack frames whatever the length of the message', () => {
    const describeNew = (message: string) => describeError(new Error(message))['at']
    const [none, short, long] = ['', 'm', 'secret'.repeat(50)].map((message) => describeNew(message))
    expect((none as string[])[0]).toContain('describe-error.test.ts')
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
