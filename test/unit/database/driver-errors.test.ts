import {
  type AnyError,
  type MongoError,
  MongoNetworkError,
  MongoOperationTimeoutError,
  MongoServerError,
} from 'mongodb'
import { describe, expect, test } from 'vitest'
import {
  insertOutcomes,
  isUnavailable,
  singleWriteOutcome,
  singleWriteReply,
  type WriteOutcome,
} from '../../../src/database/driver-errors.js'
import {
  commandRefused,
  thrownByInsertMany,
  unconfirmed,
  writeConcernError,
  writeError,
} from '../../support/bulk-errors.js'
import {
  notExecuted,
  otherCodes,
  otherErrors,
  selectionTimeout,
  unavailable,
  unavailableCodes,
  unconfirmable,
} from '../../support/command-errors.js'

const kinds = (outcomes: readonly WriteOutcome[]) => outcomes.map(({ kind }) => kind)

describe('the database is unavailable after', () => {
  test.each(unavailable)('%s', (_, error) => {
    expect(isUnavailable(error)).toBe(true)
  })

  test.each([
    ['in time', unconfirmed()],
    ['for a reason that means something else otherwise', unconfirmable()],
  ])('a write that was not confirmed %s', (_, error) => {
    expect(isUnavailable(error)).toBe(true)
  })

  test.each(notExecuted)('a command that is refused with %i and was not executed', (_, error) => {
    expect(isUnavailable(error)).toBe(true)
  })

  test('a code that is a string', () => {
    expect(isUnavailable(new MongoServerError({ code: '91' }))).toBe(true)
  })
})

describe('the database is not unavailable after', () => {
  test.each(otherErrors)('%s', (_, error) => {
    expect(isUnavailable(error)).toBe(false)
  })

  test.each([
    ['an error of other software with such a code', Object.assign(new Error('odd'), { code: 91 })],
    ['an error of our own with a code', Object.assign(new TypeError('odd'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['undefined', undefined],
    ['a string', 'MongoNetworkError'],
  ])('%s', (_, error) => {
    expect(isUnavailable(error)).toBe(false)
  })
})

describe('of the documents of an insert', () => {
  test('those with duplicate keys are duplicates, all others are written', () => {
    const error = thrownByInsertMany(4, { ok: 1, n: 2, writeErrors: [writeError(1, 11000), writeError(3, 11000)] })
    expect(kinds(insertOutcomes(error, 4))).toEqual(['written', 'duplicate', 'written', 'duplicate'])
  })

  test('all can be duplicates', () => {
    const error = thrownByInsertMany(2, { ok: 1, n: 0, writeErrors: [writeError(0, 11000), writeError(1, 11000)] })
    expect(insertOutcomes(error, 2)).toEqual([{ kind: 'duplicate' }, { kind: 'duplicate' }])
  })

  test.each(unavailableCodes)('one that failed with %i has an unknown outcome, the others have their own', (code) => {
    const error = thrownByInsertMany(3, { ok: 1, n: 1, writeErrors: [writeError(0, code), writeError(2, 11000)] })
    expect(insertOutcomes(error, 3)).toEqual([
      { kind: 'unknown', cause: expect.objectContaining({ code }) },
      { kind: 'written' },
      { kind: 'duplicate' },
    ])
  })

  test('those that a reply does not account for have an unknown outcome', () => {
    const error = thrownByInsertMany(4, { ok: 1, n: 1, writeErrors: [writeError(1, 11000), writeError(3, 13)] })
    expect(kinds(insertOutcomes(error, 4))).toEqual(['unknown', 'duplicate', 'unknown', 'failed'])
    const whole = thrownByInsertMany(4, { ok: 1, n: 2, writeErrors: [writeError(1, 11000), writeError(3, 13)] })
    expect(kinds(insertOutcomes(whole, 4))).toEqual(['written', 'duplicate', 'written', 'failed'])
  })

  test.each(otherCodes.filter((code) => code !== 11000))(
    'one that was refused with %i failed, and its cause contains only the code',
    (code) => {
      const error = thrownByInsertMany(2, { ok: 1, n: 1, writeErrors: [writeError(1, code)] })
      const [first, second] = insertOutcomes(error, 2)
      expect(first).toEqual({ kind: 'written' })
      expect(second).toEqual({ kind: 'failed', cause: expect.any(MongoServerError) })
      const { cause } = second as { cause: MongoServerError }
      expect(cause.code).toBe(code)
      expect(JSON.stringify(Object.values(cause)) + cause.message).not.toMatch(/c-1|refused 1/)
    },
  )
})

describe('if an insert is not confirmed by a majority', () => {
  test('the outcome of every document is unknown, with the error as its cause', () => {
    const thrown = thrownByInsertMany(2, unconfirmed())
    expect(insertOutcomes(thrown, 2)).toEqual(Array(2).fill({ kind: 'unknown', cause: thrown }))
  })

  test('duplicates are still duplicates, although the error lists none', () => {
    const error = thrownByInsertMany(3, unconfirmed(writeError(1, 11000)))
    expect(error.writeErrors).toEqual([])
    expect(kinds(insertOutcomes(error, 3))).toEqual(['unknown', 'duplicate', 'unknown'])
  })

  test('also if the driver accepts the reply as a result', () => {
    const noDuplicate = thrownByInsertMany(2, { ok: 1, n: 2, writeConcernError })
    expect(kinds(insertOutcomes(noDuplicate, 2))).toEqual(['unknown', 'unknown'])
    const oneDuplicate = thrownByInsertMany(2, { ok: 1, n: 1, writeErrors: [writeError(0, 11000)], writeConcernError })
    expect(kinds(insertOutcomes(oneDuplicate, 2))).toEqual(['duplicate', 'unknown'])
  })

  test('also if the write concern failed with a code that means something else otherwise', () => {
    const error = thrownByInsertMany(1, { ok: 1, n: 1, writeConcernError: { code: 79, errmsg: 'unknown mode' } })
    expect(kinds(insertOutcomes(error, 1))).toEqual(['unknown'])
  })
})

describe('an insert as a whole', () => {
  /** The driver reports a refusal of the server as an error of its own, with the same code. */
  const causeOf = (thrown: AnyError, error: AnyError) => (error instanceof MongoServerError ? thrown : error)

  test.each(unavailable)('has an unknown outcome for each document after %s, which is its cause', (_, error) => {
    const thrown = thrownByInsertMany(2, error)
    // The driver's own list cannot be used: it contains both.
    expect(Object.keys(thrown.insertedIds)).toEqual(['0', '1'])
    expect(insertOutcomes(thrown, 2)).toEqual(Array(2).fill({ kind: 'unknown', cause: causeOf(thrown, error) }))
  })

  test.each(unavailable)('has an unknown outcome for each document if the error is not wrapped: %s', (_, error) => {
    expect(insertOutcomes(error, 2)).toEqual(Array(2).fill({ kind: 'unknown', cause: error }))
  })

  test.each(otherErrors)('has failed for each document after %s, which is its cause', (_, error) => {
    const thrown = thrownByInsertMany(2, error)
    expect(insertOutcomes(thrown, 2)).toEqual(Array(2).fill({ kind: 'failed', cause: causeOf(thrown, error) }))
    expect(insertOutcomes(error, 2)).toEqual(Array(2).fill({ kind: 'failed', cause: error }))
  })

  test.each(notExecuted)('was surely not executed if the server says so beside %i', (_, error) => {
    const thrown = thrownByInsertMany(2, error)
    expect(insertOutcomes(thrown, 2)).toEqual(Array(2).fill({ kind: 'unsent', cause: thrown }))
    expect(insertOutcomes(error, 2)).toEqual(Array(2).fill({ kind: 'unsent', cause: error }))
  })

  test('was not sent if no server was found within the time limit', () => {
    const cause = selectionTimeout()
    const all = Array(2).fill({ kind: 'unsent', cause })
    expect(insertOutcomes(thrownByInsertMany(2, cause), 2)).toEqual(all)
    expect(insertOutcomes(cause, 2)).toEqual(all)
  })

  test('may have been sent after another timeout', () => {
    const checkoutTimeout = new MongoOperationTimeoutError('Timed out during connection checkout', {
      cause: new Error('pool'),
    })
    expect(kinds(insertOutcomes(thrownByInsertMany(1, checkoutTimeout), 1))).toEqual(['unknown'])
  })
})

test('an insert has one outcome for each document, and none for none', () => {
  const lost = new MongoNetworkError('lost')
  expect([0, 1, 500].map((count) => insertOutcomes(thrownByInsertMany(count, lost), count).length)).toEqual([0, 1, 500])
})

function withLabel(error: MongoError, label: string): MongoError {
  error.addErrorLabel(label)
  return error
}
const isDuplicateKey = (error: AnyError) => error instanceof MongoServerError && error.code === 11000

describe('the write of one document', () => {
  test.each(unavailable)('has an unknown outcome after %s', (_, error) => {
    expect(singleWriteOutcome(error)).toEqual({ kind: 'unknown', cause: error })
  })

  test.each(otherErrors.filter(([, error]) => !isDuplicateKey(error)))('has failed after %s', (_, error) => {
    expect(singleWriteOutcome(error)).toEqual({ kind: 'failed', cause: error })
  })

  test.each([
    ['an error of other software with the code of a duplicate key', Object.assign(new Error('odd'), { code: 11000 })],
    ['undefined', undefined],
    ['a string', 'MongoNetworkError'],
  ])('has failed after %s', (_, error) => {
    expect(singleWriteOutcome(error)).toEqual({ kind: 'failed', cause: error })
  })

  test('is a duplicate if a unique index refuses it', () => {
    expect(singleWriteOutcome(commandRefused(11000))).toEqual({ kind: 'duplicate' })
  })

  test('is a duplicate also if the refusal was not confirmed by a majority', () => {
    expect(singleWriteOutcome(unconfirmed(writeError(0, 11000)))).toEqual({ kind: 'duplicate' })
  })

  test.each([
    ['was carried out', unconfirmed()],
    ['has a write concern that the members cannot fulfil', unconfirmable()],
    ['failed with a code of an unavailable member', unconfirmed(writeError(0, 91))],
    ['is said to have written nothing', withLabel(unconfirmed(), 'NoWritesPerformed')],
  ])('has an unknown outcome if it %s and was not confirmed by a majority', (_, error) => {
    expect(singleWriteOutcome(error)).toEqual({ kind: 'unknown', cause: error })
  })

  test.each(notExecuted)('was surely not executed if the server says so beside %i', (_, cause) => {
    expect(singleWriteOutcome(cause)).toEqual({ kind: 'unsent', cause })
  })

  test('has failed if the command itself is rejected, although the server says that it wrote nothing', () => {
    const cause = commandRefused(13, 'NoWritesPerformed')
    expect(singleWriteOutcome(cause)).toEqual({ kind: 'failed', cause })
  })

  test('was not sent if no server was found within the time limit', () => {
    const cause = selectionTimeout()
    expect(singleWriteOutcome(cause)).toEqual({ kind: 'unsent', cause })
  })

  test('may have been sent after another timeout', () => {
    const cause = new MongoOperationTimeoutError('Timed out during connection checkout', { cause: new Error('pool') })
    expect(singleWriteOutcome(cause)).toEqual({ kind: 'unknown', cause })
  })
})

describe('the reply to a command that writes one document', () => {
  test.each([
    ['written', { n: 1 }],
    ['unmatched', { n: 0 }],
    ['duplicate', { n: 0, writeErrors: [writeError(0, 11000)] }],
  ])('says that it is %s by %o', (kind, reply) => {
    expect(singleWriteReply({ ok: 1, ...reply })).toEqual({ kind })
  })

  test.each([
    ['unknown', 'fails with a code of an unavailable member', 91],
    ['failed', 'breaks a rule of the database', 121],
  ])('says that its outcome is %s if it %s', (kind, _, code) => {
    const cause = expect.objectContaining({ code })
    expect(singleWriteReply({ ok: 1, n: 0, writeErrors: [writeError(0, code)] })).toEqual({ kind, cause })
  })
})
