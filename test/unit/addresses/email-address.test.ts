import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAnyEmailAddress, parseEmailAddress } from '../../../src/addresses/email-address.js'
import { failureOf } from '../../support/failure-of.js'
import { fieldsOf, parseAdd, violationsOf } from '../../support/parsing.js'

const label = (length: number) => 'b'.repeat(length)
/** An address of `length` characters with a local part of 60. */
const long = (length: number) => `${'a'.repeat(60)}@${label(63)}.${label(63)}.${label(length - 61 - 64 - 64 - 4)}.com`
/** An address that has `length` characters when its first label, \u00fc, is in its ASCII form, xn--tda. */
const longInAscii = (length: number) =>
  `${'a'.repeat(60)}@\u00fc.${label(61)}.${label(61)}.${label(length - 61 - 8 - 62 - 62 - 4)}.com`

describe('an address is accepted without a change', () => {
  test.each([
    ['a plain one', 'tom@example.com'],
    ['with upper case before the at sign', 'Tom.T@example.com'],
    ['with a tag', 'tom+alerts@example.com'],
    ['with every special character of an atom', "!#$%&'*+-/=?^_`{|}~@example.com"],
    ['with one character before the at sign', 'a@b.co'],
    ['with 64 characters before the at sign', `${'a'.repeat(64)}@example.com`],
    ['with a label of 63 characters', `tom@${label(63)}.com`],
    ['of 254 characters', long(254)],
    ['with an international domain in its ASCII form', 'tom@xn--bcher-kva.de'],
  ])('%s', (_, emailAddress) => {
    expect(fieldsOf({ emailAddress }).emailAddress).toBe(emailAddress)
  })
})

describe('the domain is stored in lower case and ASCII', () => {
  test.each([
    ['upper case', 'Tom@EXAMPLE.Com', 'Tom@example.com'],
    ['an international domain', 'tom@bücher.de', 'tom@xn--bcher-kva.de'],
    ['an international domain in upper case', 'tom@BÜCHER.DE', 'tom@xn--bcher-kva.de'],
    ['a decomposed character', 'tom@bu\u0308cher.de', 'tom@xn--bcher-kva.de'],
    ['its ASCII form in upper case', 'tom@XN--BCHER-KVA.de', 'tom@xn--bcher-kva.de'],
    ['a character outside the basic plane', 'tom@\u{20000}.com', 'tom@xn--j50i.com'],
    ['ideographic full stops', 'tom@例\u3002例.com', 'tom@xn--fsq.xn--fsq.com'],
    ['an ideographic full stop between ASCII letters', 'tom@qq。com', 'tom@qq.com'],
    ['a full-width full stop', 'tom@qq．com', 'tom@qq.com'],
    ['a half-width ideographic full stop', 'tom@qq｡com', 'tom@qq.com'],
    ['full-width letters', 'tom@ｅxample.com', 'tom@example.com'],
    ['full-width letters and digits in upper case', 'Tom@ＥＸＡＭＰＬＥ－１２３．ＣＯＭ', 'Tom@example-123.com'],
    ['the full-width ASCII form of an international domain', 'tom@ｘｎ－－bcher-kva.de', 'tom@xn--bcher-kva.de'],
    ['letters in circles and ligatures', 'tom@ⓔxample-ﬁ.com', 'tom@example-fi.com'],
    ['a zero-width space', 'tom@exa\u200bmple.com', 'tom@example.com'],
    ['a soft hyphen, which the mapping removes', 'tom@exa\u00admple.com', 'tom@example.com'],
    ['a capital sigma at the end of a word', 'tom@ΟΔΟΣ-ΟΔΟΣ.gr', 'tom@xn----4lbb5bbbb2ae.gr'],
    ['254 characters after mapping', longInAscii(254), longInAscii(254).replace('\u00fc', 'xn--tda')],
  ])('%s', (_, emailAddress, stored) => {
    expect(fieldsOf({ emailAddress }).emailAddress).toBe(stored)
  })
})

test('an empty address is missing', () => {
  expect(violationsOf({ emailAddress: '' })).toEqual([['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS']])
})

describe('the length of an address is checked before its characters', () => {
  test.each([
    ['255 characters', long(255)],
    ['255 spaces', ' '.repeat(255)],
    ['255 characters of two code units', '\u{1f600}'.repeat(255)],
    ['65 characters before the at sign', `${'a'.repeat(65)}@example.com`],
    ['65 spaces before the at sign', `${' '.repeat(65)}@example.com`],
    ['65 characters of two code units before the at sign', `${'\u{1f600}'.repeat(65)}@example.com`],
    ['65 characters before the last of two at signs', `${'a'.repeat(33)}@${'a'.repeat(31)}@example.com`],
    ['255 characters after mapping', longInAscii(255)],
    ['fewer characters, which become more than 254', `a@${'üüüüüüüüüü.'.repeat(22)}de`],
    ['a very long text', 'tom@example.com'.repeat(4000)],
  ])('%s', (_, emailAddress) => {
    expect(violationsOf({ emailAddress })).toEqual([['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH']])
  })
})

describe('what mail servers do not accept is invalid', () => {
  test.each([
    ['no at sign', 'tom.example.com'],
    ['no at sign in 254 characters', 'a'.repeat(254)],
    ['no at sign in 254 characters of two code units', '\u{1f600}'.repeat(254)],
    ['only an at sign', '@'],
    ['nothing before the at sign', '@example.com'],
    ['nothing after the at sign', 'tom@'],
    ['two at signs', 'tom@tom@example.com'],
    ['64 characters of two code units before the at sign', `${'\u{1f600}'.repeat(64)}@example.com`],
    ['a host name without a dot', 'tom@localhost'],
    ['a top-level domain of one letter', 'tom@example.c'],
    ['a top-level domain of digits', 'tom@example.123'],
    ['a label of 64 characters', `tom@${label(64)}.com`],
    ['a label of 64 characters in the middle', `tom@mail.${label(64)}.com`],
    ['a top-level domain of 64 characters', `tom@example.${label(64)}`],
    ['a label of 64 characters after mapping', `tom@ü${label(57)}.com`],
    ['a label that begins with a hyphen', 'tom@-example.com'],
    ['a label that ends with a hyphen', 'tom@example-.com'],
    ['an underscore in the domain', 'tom@exa_mple.com'],
    ['a dot at the end', 'tom@example.com.'],
    ['two dots in the domain', 'tom@example..com'],
    ['two dots before the at sign', 'to..m@example.com'],
    ['a dot at the beginning', '.tom@example.com'],
    ['a dot before the at sign', 'tom.@example.com'],
    ['a space inside', 'to m@example.com'],
    ['a space before', ' tom@example.com'],
    ['a space after', 'tom@example.com '],
    ['a line break after', 'tom@example.com\n'],
    ['a header', 'tom@example.com\r\nBcc: eve@example.com'],
    ['a header before the at sign', 'tom\r\nBcc: eve@example.com'],
    ['an escaped header', 'tom%0d%0aBcc:eve@example.com'],
    ['a second recipient', 'tom@example.com,eve@example.com'],
    ['a second recipient after a semicolon', 'tom@example.com;eve@example.com'],
    ['a display name', 'Tom <tom@example.com>'],
    ['angle brackets', '<tom@example.com>'],
    ['a comment', 'tom(tom)@example.com'],
    ['a scheme', 'mailto:tom@example.com'],
    ['a quoted local part', '"tom"@example.com'],
    ['a quoted local part with a space', '"to m"@example.com'],
    ['a quotation mark at the beginning', '"tom@example.com'],
    ['a quotation mark inside', 'to"m@example.com'],
    ['an IP address', 'tom@127.0.0.1'],
    ['an IP literal', 'tom@[127.0.0.1]'],
    ['an IPv6 literal', 'tom@[IPv6:::1]'],
    ['an IP address in other digits', 'tom@①②⑦.⓪.⓪.①'],
    ['letters that are not ASCII before the at sign', 'töm@example.com'],
    ['a full-width at sign', 'tom＠example.com'],
    ['a full-width underscore in the domain', 'tom@exa＿mple.com'],
    ['a full-width percent sign in the domain', 'tom@exa％mple.com'],
    ['a character that is mapped to a path', 'tom@ex℀mple.com'],
    ['a full-width IP address', 'tom@１２７．０．０．１'],
    ['an ideographic full stop at the end', 'tom@qq.com。'],
    ['two ideographic full stops', 'tom@qq。。com'],
    ['full-width letters before the at sign', 'ｔｏｍ@example.com'],
    ['full-width letters that make a false ASCII form', 'tom@ｘｎ－－a.com'],
    ['an emoji with a zero byte', '\u{1f600}\0@example.com'],
    ['a zero byte', 'tom\0@example.com'],
    ['a domain that looks like an ASCII form and is none', 'tom@xn--a.com'],
    ['such a later label', 'tom@mail.xn--a.com'],
    ['an ASCII form of ASCII letters', 'tom@xn--a-.com'],
    ['such a later label of ASCII letters', 'tom@mail.xn--a-.com'],
    ['an ASCII form that is not the canonical one', 'tom@xn---bba.com'],
    ['an ASCII form of nothing', 'tom@mail.xn--.com'],
    ['a label that is empty after mapping', 'tom@\u00ad.com'],
    ['an international domain with a character that is not allowed', 'tom@bü\u2028cher.de'],
    ['half a surrogate pair in the domain', 'tom@ex\ud800ample.com'],
  ])('%s', (_, emailAddress) => {
    expect(violationsOf({ emailAddress })).toEqual([['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS']])
  })
})

const letter = fc.constantFrom(...'abzABZ09.-_@"<> \n\r+%üÜß例ｅＥ．＿％\u3002\u00ad\u200b\u0308\u{20000}\u{1f600}xn')
const domain = fc.oneof(
  fc.domain(),
  fc.string({ unit: letter, maxLength: 20 }),
  fc
    .tuple(fc.string({ unit: letter, minLength: 1, maxLength: 70 }), fc.constantFrom('com', 'de', '中国'))
    .map((parts) => parts.join('.')),
)
const anyAddress = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: 'binary' }),
  fc.tuple(fc.string({ unit: letter, minLength: 1, maxLength: 6 }), domain).map((parts) => parts.join('@')),
  fc.tuple(fc.constantFrom('tom', 'T.om'), domain).map((parts) => parts.join('@')),
)

test('every accepted address is one address in ASCII within the maximum lengths, and is accepted again without a change', () => {
  fc.assert(
    fc.property(anyAddress, (text) => {
      let address: string
      try {
        address = fieldsOf({ emailAddress: text }).emailAddress
      } catch {
        failureOf(() => parseAdd({ emailAddress: text }))
        return
      }
      expect(address).toMatch(/^[!#-'*+\-./-9=?A-Z^-~]{1,64}@(?=.{1,252}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/)
      expect(address.length).toBeLessThanOrEqual(254)
      expect(address.split('@')[0]).toBe(text.split('@')[0])
      expect(fieldsOf({ emailAddress: address }).emailAddress).toBe(address)
    }),
    { numRuns: 1000 },
  )
})

describe('the check of plain addresses', () => {
  const characters = (text: string) => fc.constantFrom(...text)
  const part = (text: string, maxLength: number) => fc.string({ unit: characters(text), maxLength })
  const anyAddress = fc
    .tuple(
      part('aZ9_+-.', 20),
      fc.constantFrom('@', '@', '@', ''),
      part('ab9-._xn', 40),
      fc.constantFrom('.com', '.c', '.c0', ''),
    )
    .map((parts) => parts.join(''))

  test('accepts nothing that the full check does not accept as it is', () => {
    let accepted = 0
    fc.assert(
      fc.property(anyAddress, (text) => {
        const result = parseEmailAddress(text)
        expect(result).toEqual(parseAnyEmailAddress(text))
        if ('value' in result) accepted += 1
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })

  test.each([
    'tom@xn--a.com',
    'tom@a.xn--b',
    `${'a'.repeat(60)}@b.c`,
    'tom@b--c.com',
    't..m@b.com',
    'tom@-b.com',
    'tom@b-.com',
  ])('agrees about %s', (text) => {
    expect(parseEmailAddress(text)).toEqual(parseAnyEmailAddress(text))
  })
})
