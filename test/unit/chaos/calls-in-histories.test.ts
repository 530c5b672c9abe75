import { describe, expect, test } from 'vitest'
import { violationsOf } from '../../support/chaos/checker.js'
import { call, get, historyOf, lost } from '../../support/chaos/history-of.js'

/** More than a client may take to notice that its call has ended. */
const lateMs = 2001

describe('a call that ended after its deadline', () => {
  const late = call(1, get, lost, { deadline: 1000, endTime: 1000 + lateMs })
  const violations = (...pauses: (readonly [startTime: number, endTime: number])[]) =>
    violationsOf(historyOf([late], { pauses: pauses.map(([startTime, endTime]) => ({ startTime, endTime })) }))
  const violation = ['call 1 (get) ended after its deadline']

  test('is a violation', () => {
    expect(violations()).toEqual(violation)
  })

  test('is none if the recording process was held up between the deadline and the end, so that it noticed late', () => {
    expect(violations([2000, 2001])).toEqual([])
    expect(violations([0, 1001])).toEqual([])
    expect(violations([3000, 4000])).toEqual([])
  })

  test('is a violation if the recording process was held up only before or afterwards', () => {
    expect(violations([0, 1000], [1000 + lateMs, 9000])).toEqual(violation)
  })
})
