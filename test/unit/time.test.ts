import { expect, test } from 'vitest'
import { addMs, dayMs, deadlineIn, minuteMs } from '../../src/time.js'

test('a minute and a day are given in milliseconds', () => {
  expect([minuteMs, dayMs]).toEqual([60_000, 86_400_000])
})

test('milliseconds are added to a date, which is not modified', () => {
  const date = new Date('2026-01-02T03:04:05.678Z')
  expect(addMs(date, 1000).toISOString()).toBe('2026-01-02T03:04:06.678Z')
  expect(addMs(date, -1000).toISOString()).toBe('2026-01-02T03:04:04.678Z')
  expect(date.toISOString()).toBe('2026-01-02T03:04:05.678Z')
})

test('a deadline expires when its time is reached', () => {
  let now = 1000
  const deadline = deadlineIn(500, () => now)
  expect(deadline.time).toBe(1500)
  now = 1499
  expect(deadline.isExpired()).toBe(false)
  now = 1500
  expect(deadline.isExpired()).toBe(true)
})
