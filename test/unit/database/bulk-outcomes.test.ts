import { MongoNetworkError, MongoWriteConcernError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { bulkErrorOutcomes, bulkReplyOutcomes, type WriteOutcome } from '../../../src/database/driver-errors.js'
import { commandRefused, writeConcernError } from '../../support/bulk-errors.js'

const kinds = (outcomes: readonly WriteOutcome[]) => outcomes.map(({ kind }) => kind)

const matched = (idx: number, n: number) => ({ ok: 1, idx, n, nModified: n })
const refused = (idx: number, code: number) => ({ ok: 0, idx, n: 0, code, errmsg: 'refused' })
const replyOf = (...firstBatch: object[]) => ({ ok: 1, cursor: { id: 0, firstBatch } })

describe('the outcomes of a bulkWrite', () => {
  test('are written or unmatched, and unknown for a write that the server does not report', () => {
    expect(kinds(bulkReplyOutcomes(replyOf(matched(0, 1), matched(1, 0)), 3))).toEqual([
      'written',
      'unmatched',
      'unknown',
    ])
    expect(kinds(bulkReplyOutcomes({ ok: 1 }, 1))).toEqual(['unknown'])
  })

  test('that refused single writes are those of each write', () => {
    const reply = replyOf(matched(0, 1), refused(1, 11000), refused(2, 121), refused(3, 112), matched(4, 0))
    expect(kinds(bulkReplyOutcomes(reply, 5))).toEqual(['written', 'duplicate', 'failed', 'unknown', 'unmatched'])
  })

  test('that a majority did not confirm are unknown, except what was refused for its key', () => {
    const reply = replyOf(matched(0, 1), refused(1, 11000), matched(2, 0))
    const error = new MongoWriteConcernError({ ...reply, writeConcernError })
    expect(kinds(bulkErrorOutcomes(error, 3))).toEqual(['unknown', 'duplicate', 'unknown'])
  })

  test.each([
    ['a lost connection', new MongoNetworkError('connection closed'), 'unknown'],
    ['an error that is not known', new Error('odd'), 'failed'],
    ['an error that says nothing', commandRefused(91, 'RetryableWriteError'), 'unknown'],
    ['an error that says that nothing was executed', commandRefused(91, 'NoWritesPerformed'), 'unsent'],
    ['an error with which the server rejects it', commandRefused(13), 'failed'],
  ] as const)('are the same for all after %s', (_, error, kind) => {
    expect(kinds(bulkErrorOutcomes(error, 2))).toEqual([kind, kind])
  })
})
