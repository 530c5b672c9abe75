import {
  type AnyError,
  MongoClientClosedError,
  MongoExpiredSessionError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
  type TopologyDescription,
} from 'mongodb'
import { describe, expect, test } from 'vitest'
import { afterSingleWrite, type Insertion, insertionsAfter, isPassing } from '../../src/contacts/store/driver-errors.js'
import { commandRefused, thrownByInsertMany, unconfirmed, writeConcernError, writeError } from './bulk-errors.js'

const kinds = (insertions: readonly Insertion[]) => insertions.map(({ kind }) => kind)
const nobody = {} as TopologyDescription
const noServer = () => new MongoServerSelectionError('no server within 30 ms', nobody)
const noServerInTime = () => new MongoOperationTimeoutError('Timed out during server selection', { cause: noServer() })

/** A write concern that the members cannot fulfil, which is told after the write was carried out. */
const unconfirmable = () =>
  new MongoWriteConcernError({ ok: 1, n: 1, writeConcernError: { code: 79, errmsg: 'unknown mode' } })

/** The server's numbers for members that step down, stop, are interrupted or run out of time. */
const passingCodes = [
  6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 262, 462, 9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
]
/** Among them: not authorized, wrong password, a broken command, a validator, too large, not allowed by the hoster. */
const lastingCodes = [1, 2, 9, 13, 18, 59, 85, 121, 8000, 10334, 11000, 17420]

const passing: readonly (readonly [string, AnyError])[] = [
  ['a lost connection', new MongoNetworkError('connection 1 to 127.0.0.1:1 closed')],
  [
    'a connection whose other end was closed',
    Object.assign(new Error('This socket has been ended'), { code: 'EPIPE' }),
  ],
  ['a connection that was reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['a connection that timed out', new MongoNetworkTimeoutError('connection timed out')],
  ['a command that ran out of time', new MongoOperationTimeoutError('Timed out during socket read')],
  ['a search for a server before a repeat, which fails plainly', noServer()],
  ['a client that was closed', new MongoTopologyClosedError()],
  ['a client that was closed under way', new MongoClientClosedError()],
  ['a session that ended with its client', new MongoExpiredSessionError()],
  ['a client that is not connected', new MongoNotConnectedError('Client must be connected before running operations')],
  ...passingCodes.map((code) => [`a command that is refused with ${code}`, commandRefused(code)] as const),
]
const lasting: readonly (readonly [string, AnyError])[] = [
  ['a lawless argument', new MongoInvalidArgumentError('Argument "docs" must be an array of documents')],
  ['an error of our own', new TypeError('undefined is not a function')],
  ...lastingCodes.map((code) => [`a command that is refused with ${code}`, commandRefused(code)] as const),
]

describe('it will pass', () => {
  test.each(passing)('%s', (_, error) => {
    expect(isPassing(error)).toBe(true)
  })

  test.each([
    ['in time', unconfirmed()],
    ['for a reason that would be lasting elsewhere', unconfirmable()],
  ])('a write that was not confirmed %s', (_, error) => {
    expect(isPassing(error)).toBe(true)
  })

  test('a code that came as a text', () => {
    expect(isPassing(new MongoServerError({ code: '91' }))).toBe(true)
  })
})

describe('it will not pass by itself', () => {
  test.each(lasting)('%s', (_, error) => {
    expect(isPassing(error)).toBe(false)
  })

  test.each([
    ['a server error without a code', new MongoServerError({ errmsg: 'odd' })],
    ['a foreign error with a passing code', Object.assign(new Error('odd'), { code: 91 })],
    ['an error of our own with a code', Object.assign(new TypeError('odd'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['nothing', undefined],
    ['a text', 'MongoNetworkError'],
  ])('%s', (_, error) => {
    expect(isPassing(error)).toBe(false)
  })
})

describe('some documents refused', () => {
  test('those are refused, all others written', () => {
    const error = thrownByInsertMany(4, { ok: 1, n: 2, writeErrors: [writeError(1, 11000), writeError(3, 11000)] })
    expect(kinds(insertionsAfter(error, 4))).toEqual(['written', 'refused', 'written', 'refused'])
  })

  test('all refused', () => {
    const error = thrownByInsertMany(2, { ok: 1, n: 0, writeErrors: [writeError(0, 11000), writeError(1, 11000)] })
    expect(insertionsAfter(error, 2)).toEqual([{ kind: 'refused' }, { kind: 'refused' }])
  })

  test.each(passingCodes)('one that failed with %i is uncertain, the others are what they are', (code) => {
    const error = thrownByInsertMany(3, { ok: 1, n: 1, writeErrors: [writeError(0, code), writeError(2, 11000)] })
    expect(insertionsAfter(error, 3)).toEqual([
      { kind: 'uncertain', cause: expect.objectContaining({ code }) },
      { kind: 'written' },
      { kind: 'refused' },
    ])
  })

  test.each(lastingCodes.filter((code) => code !== 11000))(
    'one that failed with %i failed, and its cause holds the code alone',
    (code) => {
      const error = thrownByInsertMany(2, { ok: 1, n: 1, writeErrors: [writeError(1, code)] })
      const [first, second] = insertionsAfter(error, 2)
      expect(first).toEqual({ kind: 'written' })
      expect(second).toEqual({ kind: 'failed', cause: expect.any(MongoServerError) })
      const { cause } = second as { cause: MongoServerError }
      expect(cause.code).toBe(code)
      expect(JSON.stringify(Object.values(cause)) + cause.message).not.toMatch(/c-1|refused 1/)
    },
  )
})

describe('the write was not confirmed by a majority', () => {
  test('every document is uncertain, and the error that says so is the cause', () => {
    const thrown = thrownByInsertMany(2, unconfirmed())
    expect(insertionsAfter(thrown, 2)).toEqual(Array(2).fill({ kind: 'uncertain', cause: thrown }))
  })

  test('those that were refused are refused all the same, though the error lists none', () => {
    const error = thrownByInsertMany(3, unconfirmed(writeError(1, 11000)))
    expect(error.writeErrors).toEqual([])
    expect(kinds(insertionsAfter(error, 3))).toEqual(['uncertain', 'refused', 'uncertain'])
  })

  test('the same where the driver took the reply for an answer', () => {
    const nothingRefused = thrownByInsertMany(2, { ok: 1, n: 2, writeConcernError })
    expect(kinds(insertionsAfter(nothingRefused, 2))).toEqual(['uncertain', 'uncertain'])
    const oneRefused = thrownByInsertMany(2, { ok: 1, n: 1, writeErrors: [writeError(0, 11000)], writeConcernError })
    expect(kinds(insertionsAfter(oneRefused, 2))).toEqual(['refused', 'uncertain'])
  })

  test('also where the write concern failed with a code that would be lasting elsewhere', () => {
    const error = thrownByInsertMany(1, { ok: 1, n: 1, writeConcernError: { code: 79, errmsg: 'unknown mode' } })
    expect(kinds(insertionsAfter(error, 1))).toEqual(['uncertain'])
  })
})

describe('the insert as a whole', () => {
  test.each(passing)('is uncertain for each document after %s, which is its cause', (_, error) => {
    const thrown = thrownByInsertMany(2, error)
    // Of what a server refused the driver keeps the code, in its own error.
    const cause = error instanceof MongoServerError ? thrown : error
    // What makes the driver's own list worthless: it claims both.
    expect(Object.keys(thrown.insertedIds)).toEqual(['0', '1'])
    expect(insertionsAfter(thrown, 2)).toEqual(Array(2).fill({ kind: 'uncertain', cause }))
  })

  test.each(passing)('is uncertain for each document where the error comes unwrapped: %s', (_, error) => {
    expect(insertionsAfter(error, 2)).toEqual(Array(2).fill({ kind: 'uncertain', cause: error }))
  })

  test.each(lasting)('failed for each document after %s', (_, error) => {
    const thrown = thrownByInsertMany(2, error)
    expect(insertionsAfter(thrown, 2)).toEqual(Array(2).fill({ kind: 'failed', cause: thrown }))
    expect(insertionsAfter(error, 2)).toEqual(Array(2).fill({ kind: 'failed', cause: error }))
  })

  test('was never sent where no server was found in the time of the operation', () => {
    const cause = noServerInTime()
    const all = Array(2).fill({ kind: 'unsent', cause })
    expect(insertionsAfter(thrownByInsertMany(2, cause), 2)).toEqual(all)
    expect(insertionsAfter(cause, 2)).toEqual(all)
  })

  test('may have been sent where another time-out came', () => {
    const poolInTime = new MongoOperationTimeoutError('Timed out during connection checkout', {
      cause: new Error('pool'),
    })
    expect(kinds(insertionsAfter(thrownByInsertMany(1, poolInTime), 1))).toEqual(['uncertain'])
  })
})

test('there is one outcome for each document, none for none', () => {
  const lost = new MongoNetworkError('lost')
  expect([0, 1, 500].map((count) => insertionsAfter(thrownByInsertMany(count, lost), count).length)).toEqual([
    0, 1, 500,
  ])
})

const isDuplicateKey = (error: AnyError) => error instanceof MongoServerError && error.code === 11000

describe('the write of one document', () => {
  test.each(passing)('is uncertain after %s', (_, error) => {
    expect(afterSingleWrite(error)).toEqual({ kind: 'uncertain', cause: error })
  })

  test.each(lasting.filter(([, error]) => !isDuplicateKey(error)))('failed after %s', (_, error) => {
    expect(afterSingleWrite(error)).toEqual({ kind: 'failed', cause: error })
  })

  test.each([
    ['a server error without a code', new MongoServerError({ errmsg: 'odd' })],
    ['a foreign error with the code of a name that is taken', Object.assign(new Error('odd'), { code: 11000 })],
    ['nothing', undefined],
    ['a text', 'MongoNetworkError'],
  ])('failed after %s', (_, error) => {
    expect(afterSingleWrite(error)).toEqual({ kind: 'failed', cause: error })
  })

  test('met a name that is taken where the unique index refuses it', () => {
    expect(afterSingleWrite(new MongoServerError(writeError(0, 11000)))).toEqual({ kind: 'nameTaken' })
    expect(afterSingleWrite(commandRefused(11000))).toEqual({ kind: 'nameTaken' })
  })

  test('met a name that is taken also where no majority confirmed that', () => {
    expect(afterSingleWrite(unconfirmed(writeError(0, 11000)))).toEqual({ kind: 'nameTaken' })
  })

  test.each([
    ['was carried out', unconfirmed()],
    ['asked for what the members cannot do', unconfirmable()],
    ['failed with a code that passes', unconfirmed(writeError(0, 91))],
  ])('is uncertain where it %s and was not confirmed by a majority', (_, error) => {
    expect(afterSingleWrite(error)).toEqual({ kind: 'uncertain', cause: error })
  })

  test('was never sent where no server was found in the time of the operation', () => {
    const cause = noServerInTime()
    expect(afterSingleWrite(cause)).toEqual({ kind: 'unsent', cause })
  })

  test('may have been sent where another time-out came', () => {
    const cause = new MongoOperationTimeoutError('Timed out during connection checkout', { cause: new Error('pool') })
    expect(afterSingleWrite(cause)).toEqual({ kind: 'uncertain', cause })
  })
})
