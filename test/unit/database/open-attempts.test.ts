import { describe, expect, test } from 'vitest'
import type { WriteOutcome } from '../../../src/database/driver-errors.js'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import {
  cause,
  closeAnd,
  endOf,
  foundWritten,
  otherCause,
  refuse,
  run,
  unknown,
  unmatched,
  write,
  written,
} from '../../support/scripted-write.js'

describe('while an attempt is open', () => {
  const reasons = Object.keys(errorCatalog) as Reason[]
  const unchanged: readonly Reason[] = ['DEADLINE_EXCEEDED', 'OUTCOME_UNKNOWN']

  test.each(reasons.filter((reason) => !unchanged.includes(reason)))('%s becomes OUTCOME_UNKNOWN', async (reason) => {
    const endWith = (refusal: Failure) => endOf({ prepare: [write('a'), refuse(refusal)], outcomes: [unknown] })
    expect(await endWith(new Failure(reason))).toEqual(['OUTCOME_UNKNOWN', cause])
    expect(await endWith(new Failure(reason, { cause: otherCause }))).toEqual(['OUTCOME_UNKNOWN', otherCause])
  })

  test.each(unchanged)('%s stays the same', async (reason) => {
    const refusal = new Failure(reason)
    const { end } = await run({ prepare: [write('a'), refuse(refusal)], outcomes: [unknown] })
    expect('error' in end && end.error).toBe(refusal)
  })

  test('any other error becomes OUTCOME_UNKNOWN, with that error as its cause', async () => {
    const error = new TypeError('undefined is not a function')
    expect(await endOf({ prepare: [write('a'), refuse(error)], outcomes: [unknown] })).toEqual([
      'OUTCOME_UNKNOWN',
      error,
    ])
  })

  test('a refusal by the next write becomes OUTCOME_UNKNOWN, except for DEADLINE_EXCEEDED', async () => {
    const endWith = (refusal: Failure) => endOf({ prepare: [write('a'), write('a')], outcomes: [unknown, refusal] })
    expect(await endWith(new Failure('INVALID_PARAMETER_NAME_ALREADY_USED'))).toEqual(['OUTCOME_UNKNOWN', cause])
    expect(await endWith(new Failure('DEADLINE_EXCEEDED'))).toEqual(['DEADLINE_EXCEEDED', undefined])
  })

  test.each(['unsent', 'failed'] as const)(
    'a write that is %s becomes OUTCOME_UNKNOWN, with its cause',
    async (kind) => {
      const outcomes: WriteOutcome[] = [unknown, { kind, cause: otherCause }]
      expect(await endOf({ prepare: [write('a'), write('a')], outcomes })).toEqual(['OUTCOME_UNKNOWN', otherCause])
    },
  )

  test('too many lost races become OUTCOME_UNKNOWN, with the cause of the open attempt', async () => {
    const prepare = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(write)
    const outcomes = [unknown, unmatched, unmatched, unmatched, unmatched, unmatched]
    expect(await endOf({ prepare, outcomes })).toEqual(['OUTCOME_UNKNOWN', cause])
  })
})

describe('an attempt is open no more', () => {
  const refusal = new Failure('ETAG_MISMATCH')
  const throwRefusal = () => {
    throw refusal
  }

  test('once its preparation proves that it was not written: a refusal stays the same', async () => {
    const { end } = await run({ prepare: [write('a'), closeAnd(refuse(refusal))], outcomes: [unknown] })
    expect(end).toEqual({ error: refusal })
  })

  test('once its preparation proves that it was not written: the next unknown outcome is a first one', async () => {
    const { end, progress } = await run({
      prepare: [write('a'), closeAnd(write('b')), foundWritten],
      outcomes: [unknown, { kind: 'unknown', cause: otherCause }],
    })
    expect(end).toEqual({ result: 'result of b' })
    expect(progress.at(-1)).toEqual({ races: 0, open: { attempt: 'b', cause: otherCause } })
  })

  test('once it is found written: a refusal that it records stays the same', async () => {
    const { end } = await run({
      prepare: [write('a'), foundWritten],
      outcomes: [unknown],
      resultOf: throwRefusal,
    })
    expect(end).toEqual({ error: refusal })
  })

  test('once an attempt is written: a refusal that it records stays the same', async () => {
    const { end } = await run({
      prepare: [write('a'), write('a')],
      outcomes: [unknown, written],
      resultOf: throwRefusal,
    })
    expect(end).toEqual({ error: refusal })
  })
})
