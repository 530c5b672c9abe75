import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMs } from '../../../src/messaging/sms-gateway.js'

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
    '5 s',
  ])('of %s is undefined', (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined()
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
