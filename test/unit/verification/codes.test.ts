import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CodeSource, codePattern, hotp, VerificationCodes } from '../../../src/verification/codes.js'

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

/** The code of a verification, as it is derived from a secret. */
const codeWith = (secret: string, { id, address }: CodeSource) =>
  hotp(createHmac('sha256', secret).update(address).digest(), id)

describe('codes of several secrets', () => {
  const [oldSecret, newSecret] = ['o'.repeat(32), 'p'.repeat(32)]
  const anyVerification = fc.record({ id: anyId, address: fc.constantFrom('tom@example.com', '86-13900001234') })

  test('are made with the first secret and accepted from all', () => {
    fc.assert(
      fc.property(anyVerification, (verification) => {
        const codes = new VerificationCodes([newSecret, oldSecret])
        expect(codes.codeOf(verification)).toBe(codeWith(newSecret, verification))
        const both = [newSecret, oldSecret].map((secret) => codeWith(secret, verification))
        expect(both.map((code) => codes.isCorrect(verification, code))).toEqual([true, true])
      }),
    )
  })

  test('are incorrect if they are from a removed secret, for another id or address, or differ in a digit', () => {
    const codes = new VerificationCodes([newSecret])
    const verification = { id: '0123456789abcdef', address: 'tom@example.com' }
    const code = codeWith(newSecret, verification)
    const altered = [...code].map((digit, at) => `${code.slice(0, at)}${(Number(digit) + 1) % 10}${code.slice(at + 1)}`)
    const others = [
      codeWith(oldSecret, verification),
      codeWith(newSecret, { ...verification, id: 'fedcba9876543210' }),
      codeWith(newSecret, { ...verification, address: 'tim@example.com' }),
      hotp(newSecret, verification.id),
      ...altered,
    ]
    expect(others.map((other) => codes.isCorrect(verification, other))).toEqual(others.map(() => false))
  })
})
