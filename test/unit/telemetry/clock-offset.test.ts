import { describe, expect, test } from 'vitest'
import { createLog, LogObserver } from '../../../src/telemetry/log.js'

/** The log lines after these offsets were measured, in milliseconds. */
function linesAfter(...offsets: readonly number[]) {
  const lines: { level: string; msg: string; offsetMs: number }[] = []
  const observer = new LogObserver(
    createLog({ LOG_LEVEL: 'debug' }, { write: (line) => void lines.push(JSON.parse(line)) }),
  )
  for (const offset of offsets) observer.clockOffsetMeasured(offset)
  return lines.map(({ level, msg, offsetMs }) => [level, msg, offsetMs])
}

describe('the offset between the clocks of the process and the database', () => {
  test('is not logged up to two seconds, in either direction', () => {
    expect(linesAfter(0, 2000, -2000, 1.5)).toEqual([])
  })

  test.each([
    ['ahead', 2000.6, 2001],
    ['behind', -3_600_000, -3_600_000],
  ])('is a warning beyond that, if the database is %s', (_, offset, logged) => {
    expect(linesAfter(offset)).toEqual([['warn', 'clock offset', logged]])
  })

  test('is logged once while it lasts, and once when it has ended', () => {
    expect(linesAfter(1, 5000, 5100, -7000, 2000, 3, -2)).toEqual([
      ['warn', 'clock offset', 5000],
      ['info', 'clock offset', 2000],
    ])
  })

  test('is a warning again when it returns', () => {
    expect(linesAfter(5000, 0, -5000, 0).map(([level]) => level)).toEqual(['warn', 'info', 'warn', 'info'])
  })
})
