import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMs } from '../../../src/messaging/retry-after.js'

const now = Date.UTC(2026, 2, 27, 17, 19, 21, 123)
const second = 1000
const day = 86_400_000

describe('retryAfterMs', () => {
  test.each([
    ['0', 0],
    ['120', 120 * second],
    [' 7 ', 7 * second],
    ['86400', day],
    ['86401', day],
    ['9'.repeat(400), day],
    ['Fri, 27 Mar 2026 17:20:21 GMT', 59_877],
    ['Friday, 27-Mar-26 17:20:21 GMT', 59_877],
    ['Fri, 27 Mar 2026 17:19:21 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Fri, 27 Mar 2126 17:20:21 GMT', day],
    ['Fri Mar 27 17:20:21 2026', 59_877],
    ['Sun Nov  6 08:49:37 1994', 0],
    ['Wed Apr  1 00:00:00 2026', day],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Friday, 27-Mar-76 17:20:21 GMT', day],
    ['Saturday, 27-Mar-77 17:20:21 GMT', 0],
  ])('of %s is %i ms', (header, waitMs) => {
    expect(retryAfterMs(header, now)).toBe(waitMs)
  })

  test.each([
    null,
    '',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    '2027-01-01',
    '27 Mar 2026 17:20:21 GMT',
    'Fri, 99 Mar 2026 17:20:21 GMT',
    'Fri, 29 Feb 2027 17:20:21 GMT',
    'Fri, 27 Mar 2026 24:00:00 GMT',
    'Fri, 27 Mar 2026 17:60:21 GMT',
    'Fri, 27 Mrz 2026 17:20:21 GMT',
    'Fri, 27 Mar 2026 17:20:21 CET',
    'Fri, 27-Mar-26 17:20:21 GMT',
    'Fri Mar 27 17:20:21 2026 GMT',
    'Fri Mar 27 17:20:21 26',
    'Tue Feb 30 17:20:21 2027',
    '5 s',
  ])('of %s is undefined', (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined()
  })

  test('of a date in each of the three forms is the same', () => {
    const time = fc.integer({ min: 0, max: 2 * day }).map((ms) => Math.floor((now + ms) / second) * second)
    fc.assert(
      fc.property(time, (time) => {
        const date = new Date(time)
        const [, weekday, dayOfMonth, month, year, clock] =
          /^(\w+), (\d+) (\w+) \d\d(\d\d) (\S+) GMT$/.exec(date.toUTCString()) ?? []
        const headers = [
          date.toUTCString(),
          `${date.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })}, ${dayOfMonth}-${month}-${year} ${clock} GMT`,
          `${weekday} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${clock} 20${year}`,
        ]
        const waitMs = Math.max(0, Math.min(time - now, day))
        expect(headers.map((header) => retryAfterMs(header, now))).toEqual([waitMs, waitMs, waitMs])
      }),
    )
  })

  test('of any text is undefined or 0 to one day', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const waitMs = retryAfterMs(header, now) ?? 0
        expect(waitMs >= 0 && waitMs <= day).toBe(true)
      }),
    )
  })
})
