import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codePattern, hotp, VerificationCodes } from '../../../src/verification/codes.js'

const anyId = fc.stringMatching(/^[0-9a-f]{16}$/)
const anySecret = fc.stringMatching(/^[!-~]{32,40}$/)

/** RFC 4226, appendix D: the secret, and the codes of the counters 0 to 9. */
const documented = {
  secret: '12345678901234567890',
  codes: ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'],
}

describe('a code', () => {
  test('is that of RFC 4226, with the id instead of the counter', () => {
    const ids = documented.codes.map((_, counter) => counter.toString(16).padStart(16, '0'))
    expect(ids.map((id) => hotp(documented.secret, id))).toEqual(documented.codes)
  })

  test('is six digits', () => {
    fc.assert(
      fc.property(anySecret, anyId, (secret, id) => {
        expect(hotp(secret, id)).toMatch(/^\d{6}$/)
        expect(hotp(secret, id)).toMatch(codePattern)
      }),
    )
  })

  test('differs for another id or secret, except by chance', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(16, '0'))
    expect(new Set(ids.map((id) => hotp('a'.repeat(32), id))).size).toBeGreaterThan(990)
    expect(hotp('a'.repeat(32), '00000000000000ff')).not.toBe(hotp('b'.repeat(32), '00000000000000ff'))
  })
})

describe('codes of several secrets', () => {
  const [oldSecret, newSecret] = ['o'.repeat(32), 'p'.repeat(32)]

  test('are made with the first secret and accepted from all', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        const codes = new VerificationCodes([newSecret, oldSecret])
        expect(codes.codeOf(id)).toBe(hotp(newSecret, id))
        const accepted = [hotp(newSecret, id), hotp(oldSecret, id)].map((code) => codes.isCorrect(id, code))
        expect(accepted).toEqual([true, true])
      }),
    )
  })

  test('are incorrect if they are from a removed secret, for another id, or differ in a digit', () => {
    const codes = new VerificationCodes([newSecret])
    const id = '0123456789abcdef'
    const code = hotp(newSecret, id)
    const altered = [...code].map((digit, at) => `${code.slice(0, at)}${(Number(digit) + 1) % 10}${code.slice(at + 1)}`)
    const others = [hotp(oldSecret, id), hotp(newSecret, 'fedcba9876543210'), ...altered]
    expect(others.map((other) => codes.isCorrect(id, other))).toEqual(others.map(() => false))
  })
})
