import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Codes, hotp } from '../../src/contacts/codes.js'

const id = fc.stringMatching(/^[0-9a-f]{16}$/)
const secret = fc.stringMatching(/^[!-~]{32,40}$/)

/** RFC 4226, appendix D: the secret, and the codes of the counters 0 to 9. */
const documented = {
  secret: '12345678901234567890',
  codes: ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'],
}

describe('a code', () => {
  test('is that of RFC 4226, with the id in place of the counter', () => {
    const ids = documented.codes.map((_, counter) => counter.toString(16).padStart(16, '0'))
    expect(ids.map((id) => hotp(documented.secret, id))).toEqual(documented.codes)
  })

  test('is six digits, and another one for another id or secret, but for chance', () => {
    fc.assert(
      fc.property(secret, id, (secret, id) => {
        expect(hotp(secret, id)).toMatch(/^\d{6}$/)
      }),
    )
    const many = Array.from({ length: 1000 }, (_, index) => hotp('a'.repeat(32), index.toString(16).padStart(16, '0')))
    expect(new Set(many).size).toBeGreaterThan(990)
    expect(hotp('a'.repeat(32), '00000000000000ff')).not.toBe(hotp('b'.repeat(32), '00000000000000ff'))
  })
})

describe('codes of several secrets', () => {
  const [old, present] = ['o'.repeat(32), 'p'.repeat(32)]

  test('are made with the first and accepted of all', () => {
    fc.assert(
      fc.property(id, (id) => {
        const codes = new Codes([present, old])
        expect(codes.of(id)).toBe(hotp(present, id))
        expect([hotp(present, id), hotp(old, id)].map((code) => codes.matches(id, code))).toEqual([true, true])
      }),
    )
  })

  test('are not accepted of a secret that is gone, nor of another id, nor when a digit differs', () => {
    const codes = new Codes([present])
    const id = '0123456789abcdef'
    const code = hotp(present, id)
    const altered = [...code].map((digit, at) => `${code.slice(0, at)}${(Number(digit) + 1) % 10}${code.slice(at + 1)}`)
    const others = [hotp(old, id), hotp(present, 'fedcba9876543210'), ...altered]
    expect(others.map((other) => codes.matches(id, other))).toEqual(others.map(() => false))
  })
})
