import { describe, expect, test } from 'vitest'
import type { OpenAttempt } from '../../../src/database/conditional-write.js'
import type { WriteOutcome } from '../../../src/database/driver-errors.js'
import { Failure } from '../../../src/errors/failure.js'
import { recordPauses } from '../../support/recorded-pauses.js'
import {
  cause,
  done,
  duplicate,
  endOf,
  foundWritten,
  otherCause,
  type Prepare,
  refuse,
  run,
  unknown,
  unmatched,
  wait,
  write,
  written,
} from '../../support/scripted-write.js'

const pauses = recordPauses()

describe('a write', () => {
  test('that is written gives the result of its attempt', async () => {
    expect(await run({ prepare: [write('a')], outcomes: [written] })).toEqual({
      end: { result: 'result of a' },
      writes: ['a'],
      progress: [{ races: 0 }],
    })
  })

  test('that is written and records a refusal is refused', async () => {
    const refusal = new Failure('VERIFICATION_CODE_INCORRECT', { precondition: 'c-1' })
    const resultOf = () => {
      throw refusal
    }
    expect((await run({ prepare: [write('a')], outcomes: [written], resultOf })).end).toEqual({ error: refusal })
  })

  test('is not made if there is nothing to write', async () => {
    expect(await endOf({ prepare: [done] })).toBe('nothing to write')
  })

  test('is refused as its preparation is', async () => {
    const refusal = new Failure('ETAG_MISMATCH')
    expect((await run({ prepare: [refuse(refusal)] })).end).toEqual({ error: refusal })
  })

  test('fails with any other error of its preparation, unchanged', async () => {
    const error = new TypeError('undefined is not a function')
    expect((await run({ prepare: [refuse(error)] })).end).toEqual({ error })
  })

  test('that was not sent is DATABASE_UNAVAILABLE, at once', async () => {
    expect(await endOf({ prepare: [write('a')], outcomes: [{ kind: 'unsent', cause }] })).toEqual([
      'DATABASE_UNAVAILABLE',
      cause,
    ])
  })

  test('that failed is INTERNAL, at once', async () => {
    expect(await endOf({ prepare: [write('a')], outcomes: [{ kind: 'failed', cause }] })).toEqual(['INTERNAL', cause])
  })

  test('that itself is refused gives that refusal', async () => {
    const refusal = new Failure('DEADLINE_EXCEEDED')
    expect((await run({ prepare: [write('a')], outcomes: [refusal] })).end).toEqual({ error: refusal })
  })
})

describe('a lost race', () => {
  test.each([unmatched, duplicate])('$kind is prepared again, with the attempt that lost', async (outcome) => {
    expect(await run({ prepare: [write('a'), write('b')], outcomes: [outcome, written] })).toEqual({
      end: { result: 'result of b' },
      writes: ['a', 'b'],
      progress: [{ races: 0 }, { races: 1, lost: 'a' }],
    })
  })

  test('passes on the latest attempt that lost, and the number of races', async () => {
    const { progress } = await run({
      prepare: [write('a'), write('b'), done],
      outcomes: [unmatched, duplicate],
    })
    expect(progress).toEqual([{ races: 0 }, { races: 1, lost: 'a' }, { races: 2, lost: 'b' }])
  })

  test('can be followed by a read that shows the attempt as written', async () => {
    expect(await endOf({ prepare: [write('a'), foundWritten], outcomes: [unmatched] })).toBe('result of a')
  })

  test('can be followed by a refusal', async () => {
    const refusal = new Failure('LIMIT_EXCEEDED_CONTACTS')
    expect((await run({ prepare: [write('a'), refuse(refusal)], outcomes: [duplicate] })).end).toEqual({
      error: refusal,
    })
  })

  describe('for the fifth time', () => {
    const prepare = ['a', 'b', 'c', 'd', 'e'].map(write)
    const outcomes = [unmatched, duplicate, unmatched, duplicate, unmatched]
    const afterFive = (...next: Prepare[]) => endOf({ prepare: [...prepare, ...next], outcomes })

    test('is CONCURRENT_CALL_NOT_SUPPORTED if there is still something to write', async () => {
      expect(await afterFive(write('f'))).toEqual(['CONCURRENT_CALL_NOT_SUPPORTED', undefined])
    })

    test('can be followed by a read that shows the attempt as written, or by nothing to write', async () => {
      expect(await afterFive(foundWritten)).toBe('result of e')
      expect(await afterFive(wait, foundWritten)).toBe('result of e')
      expect(await afterFive(done)).toBe('nothing to write')
    })

    test('is refused as the preparation is', async () => {
      expect(await afterFive(refuse(new Failure('ETAG_MISMATCH')))).toEqual(['ETAG_MISMATCH', undefined])
    })
  })

  test('four times can be followed by an attempt that is written', async () => {
    const prepare = ['a', 'b', 'c', 'd', 'e'].map(write)
    const outcomes = [unmatched, duplicate, unmatched, duplicate, written]
    expect(await endOf({ prepare, outcomes })).toBe('result of e')
  })
})

describe('a wait for a majority', () => {
  test('pauses for 20 ms before the next preparation, and changes nothing in what it knows', async () => {
    const { end, progress } = await run({
      prepare: [write('a'), wait, wait, write('b')],
      outcomes: [unmatched, written],
    })
    expect([end, pauses]).toEqual([{ result: 'result of b' }, [20, 20]])
    const afterRace = { races: 1, lost: 'a' }
    expect(progress).toEqual([{ races: 0 }, afterRace, afterRace, afterRace])
  })

  test('is the only pause', async () => {
    await run({ prepare: ['a', 'b', 'c'].map(write), outcomes: [unmatched, unknown, written] })
    expect(pauses).toEqual([])
  })

  test('does not count as a lost race', async () => {
    const waits = Array<Prepare>(100).fill(wait)
    expect(await endOf({ prepare: [...waits, write('a')], outcomes: [written] })).toBe('result of a')
  })
})

describe('an attempt with an unknown outcome', () => {
  test('is open, and is prepared again with its cause, which counts as no race', async () => {
    expect(await run({ prepare: [write('a'), write('a')], outcomes: [unknown, written] })).toEqual({
      end: { result: 'result of a' },
      writes: ['a', 'a'],
      progress: [{ races: 0 }, { races: 0, open: { attempt: 'a', cause } }],
    })
  })

  test('can be found written', async () => {
    expect(await endOf({ prepare: [write('a'), foundWritten], outcomes: [unknown] })).toBe('result of a')
  })

  test('can be followed by the finding that there is nothing to write', async () => {
    expect(await endOf({ prepare: [write('a'), done], outcomes: [unknown] })).toBe('nothing to write')
  })

  test('stays open while it waits for a majority, and after a lost race', async () => {
    const open: OpenAttempt<string> = { attempt: 'a', cause }
    const { progress } = await run({
      prepare: [write('a'), wait, write('b'), done],
      outcomes: [unknown, unmatched],
    })
    expect(progress).toEqual([{ races: 0 }, { races: 0, open }, { races: 0, open }, { races: 1, lost: 'b', open }])
  })

  test('is OUTCOME_UNKNOWN if the next outcome is unknown as well, with the cause of the latter', async () => {
    const outcomes: WriteOutcome[] = [unknown, { kind: 'unknown', cause: otherCause }]
    expect(await endOf({ prepare: [write('a'), write('a')], outcomes })).toEqual(['OUTCOME_UNKNOWN', otherCause])
  })
})
