import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ListIdentity, pageToken, parsePageSize, parsePageToken } from '../../../src/calls/paging.js'

const list: ListIdentity = { directoryId: 'rd-1', namePrefix: '' }
const names = ['Tom', '李明', '\u{20000}\u{30000}', 'ab', 'abcdefghiXYZ', '\u{2ffff}'.repeat(12)]
const tokens = names.map((name) => pageToken(list, name))
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const invalid = {
  violations: [
    {
      field: 'page_token',
      reason: 'INVALID_PARAMETER_PAGE_TOKEN',
      rule: 'Must be the next_page_token of the page before, with the same filters and for the same directory.',
    },
  ],
}

const expectInvalid = (token: string, of = list) => expect(parsePageToken(token, of)).toEqual(invalid)

const anyName = fc.string({ unit: 'binary', maxLength: 40 })
const anyList: fc.Arbitrary<ListIdentity> = fc.record({
  directoryId: fc.constantFrom('rd-1', 'rd-2'),
  title: fc.constantFrom(undefined, 'CEO', 'OTHER'),
  messageType: fc.constantFrom(undefined, 'FAULT_MESSAGE', 'PRODUCT_MESSAGE'),
  status: fc.constantFrom(undefined, 'ACTIVE', 'VERIFYING', 'DELETING'),
  namePrefix: fc.oneof(fc.constantFrom('', 'T', 'To'), anyName),
})

describe('a page token', () => {
  test.each(names)('gives the name %s back', (name) => {
    expect(parsePageToken(pageToken(list, name), list)).toEqual({ value: name })
  })

  test('gives any name of any list back, and needs no escaping in a URL', () => {
    fc.assert(
      fc.property(anyList, anyName, (of, name) => {
        const token = pageToken(of, name)
        expect(parsePageToken(token, of)).toEqual({ value: name })
        expect(token).toMatch(/^[\w-]+$/)
      }),
    )
  })

  test('is the same for the same list and name', () => {
    const absent = { title: undefined, messageType: undefined, status: undefined }
    expect(pageToken({ ...list, ...absent }, 'Tom')).toBe(pageToken(list, 'Tom'))
  })

  test('does not depend on the order of the keys of the list', () => {
    expect(pageToken({ directoryId: 'rd-1', namePrefix: 'T' }, 'Tom')).toBe(
      pageToken({ namePrefix: 'T', directoryId: 'rd-1' }, 'Tom'),
    )
  })

  test('that is empty stands for the first page', () => {
    expect(parsePageToken('', list)).toEqual({ value: undefined })
  })
})

describe('a page token belongs to one list', () => {
  const filtered: ListIdentity = {
    directoryId: 'rd-1',
    title: 'CEO',
    messageType: 'FAULT_MESSAGE',
    status: 'ACTIVE',
    namePrefix: 'T',
  }

  test.each<[string, Partial<ListIdentity>]>([
    ['directory', { directoryId: 'rd-2' }],
    ['title', { title: 'OTHER' }],
    ['message type', { messageType: 'PRODUCT_MESSAGE' }],
    ['status', { status: 'VERIFYING' }],
    ['name prefix', { namePrefix: 'To' }],
  ])('and not to that of another %s', (_, changes) => {
    expect(parsePageToken(pageToken(filtered, 'Tom'), filtered)).toEqual({ value: 'Tom' })
    expectInvalid(pageToken(filtered, 'Tom'), { ...filtered, ...changes })
    expectInvalid(pageToken({ ...filtered, ...changes }, 'Tom'), filtered)
  })

  test.each<[string, Partial<ListIdentity>]>([
    ['title', { title: undefined }],
    ['message type', { messageType: undefined }],
    ['status', { status: undefined }],
    ['name prefix', { namePrefix: '' }],
  ])('and not to that of any %s', (_, changes) => {
    expectInvalid(pageToken(filtered, 'Tom'), { ...filtered, ...changes })
    expectInvalid(pageToken({ ...filtered, ...changes }, 'Tom'), filtered)
  })

  test('for any two lists', () => {
    fc.assert(
      fc.property(anyList, anyList, anyName, (one, other, name) => {
        const isSame = JSON.stringify(Object.entries(one)) === JSON.stringify(Object.entries(other))
        expect(parsePageToken(pageToken(one, name), other)).toEqual(isSame ? { value: name } : invalid)
      }),
    )
  })

  test('also if the name prefix and the name together are the same text', () => {
    expectInvalid(pageToken({ ...list, namePrefix: 'T' }, 'om'), { ...list, namePrefix: 'To' })
  })
})

describe('a page token that was altered is invalid', () => {
  test.each(tokens)('in any one character: %s', (token) => {
    const others = [...alphabet, '+', '/', '=', '.', ' ', '\n', '\0', 'é', '\u{1f600}']
    for (const index of token.split('').keys())
      for (const other of others.filter((other) => other !== token[index]))
        expectInvalid(token.slice(0, index) + other + token.slice(index + 1))
  })

  test.each(tokens)('in any one bit: %s', (token) => {
    const bytes = Buffer.from(token, 'base64url')
    for (const bit of Array(bytes.length * 8).keys()) {
      const altered = Buffer.from(bytes)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expectInvalid(altered.toString('base64url'))
    }
  })

  test.each(tokens)('by missing characters: %s', (token) => {
    for (const index of token.split('').keys()) {
      const [start, end] = [token.slice(0, index), token.slice(index + 1)]
      // The empty token is the first page.
      for (const shorter of [start, end, start + end].filter((text) => text !== '')) expectInvalid(shorter)
    }
  })

  test.each(tokens)('by additional characters: %s', (token) => {
    for (const more of [...alphabet, '=', '==', ' ', '\n', '\0', token]) {
      expectInvalid(token + more)
      expectInvalid(more + token)
    }
  })

  test.each<[string, (token: string) => string]>([
    ['with plus and slash', (token) => token.replaceAll('-', '+').replaceAll('_', '/')],
    ['with padding', (token) => token.padEnd(Math.ceil(token.length / 4) * 4, '=')],
    ['with a line break', (token) => `${token.slice(0, 8)}\r\n${token.slice(8)}`],
  ])('by another form of Base64, %s', (_, convert) => {
    const converted = tokens.map(convert).filter((other) => !tokens.includes(other))
    expect(converted).not.toEqual([])
    for (const other of converted) expectInvalid(other)
  })

  test('by another name after the checksum', () => {
    const checksum = Buffer.from(pageToken(list, 'Tom'), 'base64url').subarray(0, -'Tom'.length)
    expectInvalid(Buffer.concat([checksum, Buffer.from('Tim')]).toString('base64url'))
  })
})

test('any other text is an invalid page token', () => {
  const similar = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), similar), (text) => {
      expectInvalid(text)
    }),
  )
  for (const text of ['Tom', 'A'.repeat(16), 'A'.repeat(1_000_000)]) expectInvalid(text)
})

describe('a page size', () => {
  test.each([
    [0, 20],
    [1, 1],
    [100, 100],
    [101, 100],
    [2_147_483_647, 100],
  ])('%i stands for %i', (size, expected) => {
    expect(parsePageSize(size)).toEqual({ value: expected })
  })

  test.each([-1, -2_147_483_648])('%i is invalid', (size) => {
    expect(parsePageSize(size)).toEqual({
      violations: [{ field: 'page_size', reason: 'INVALID_PARAMETER_PAGE_SIZE', rule: 'Must not be negative.' }],
    })
  })
})
