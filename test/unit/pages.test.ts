import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastInToken, pageToken } from '../../src/contacts/pages.js'

type List = Parameters<typeof pageToken>[0]

const list: List = { directoryId: 'rd-1', namePrefix: '' }
const names = ['Tom', '李明', '\u{20000}\u{30000}', 'ab', 'abcdefghiXYZ', '\u{2ffff}'.repeat(12)]
const tokens = names.map((name) => pageToken(list, name))
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const anyName = fc.string({ unit: 'binary', maxLength: 40 })
const anyList: fc.Arbitrary<List> = fc.record({
  directoryId: fc.constantFrom('rd-1', 'rd-2'),
  title: fc.constantFrom(undefined, 'CEO', 'OTHER'),
  messageType: fc.constantFrom(undefined, 'FAULT_MESSAGE', 'PRODUCT_MESSAGE'),
  status: fc.constantFrom(undefined, 'ACTIVE', 'VERIFYING', 'DELETING'),
  namePrefix: fc.oneof(fc.constantFrom('', 'T', 'To'), anyName),
})

describe('a page token', () => {
  test.each(names)('gives back the name %s', (name) => {
    expect(lastInToken(pageToken(list, name), list)).toBe(name)
  })

  test('gives back any name to any list, and may stand in a URL as it is', () => {
    fc.assert(
      fc.property(anyList, anyName, (of, name) => {
        const token = pageToken(of, name)
        expect(lastInToken(token, of)).toBe(name)
        expect(token).toMatch(/^[\w-]+$/)
      }),
    )
  })

  test('is the same for the same list and name', () => {
    const absent = { title: undefined, messageType: undefined, status: undefined }
    expect(pageToken({ ...list, ...absent }, 'Tom')).toBe(pageToken(list, 'Tom'))
  })

  test('does not know how long the pages are, nor where one began', () => {
    const page = { ...list, size: 20, after: 'Ann' }
    expect(pageToken(page, 'Tom')).toBe(pageToken(list, 'Tom'))
  })
})

describe('a page token belongs to one list', () => {
  const filtered: List = {
    directoryId: 'rd-1',
    title: 'CEO',
    messageType: 'FAULT_MESSAGE',
    status: 'ACTIVE',
    namePrefix: 'T',
  }

  test.each<[string, Partial<List>]>([
    ['directory', { directoryId: 'rd-2' }],
    ['title', { title: 'OTHER' }],
    ['message type', { messageType: 'PRODUCT_MESSAGE' }],
    ['status', { status: 'VERIFYING' }],
    ['beginning of the name', { namePrefix: 'To' }],
  ])('and not to that of another %s', (_, otherwise) => {
    expect(lastInToken(pageToken(filtered, 'Tom'), filtered)).toBe('Tom')
    expect(lastInToken(pageToken(filtered, 'Tom'), { ...filtered, ...otherwise })).toBeUndefined()
    expect(lastInToken(pageToken({ ...filtered, ...otherwise }, 'Tom'), filtered)).toBeUndefined()
  })

  test.each<[string, Partial<List>]>([
    ['title', { title: undefined }],
    ['message type', { messageType: undefined }],
    ['status', { status: undefined }],
    ['beginning of the name', { namePrefix: '' }],
  ])('and not to that of any %s', (_, otherwise) => {
    expect(lastInToken(pageToken(filtered, 'Tom'), { ...filtered, ...otherwise })).toBeUndefined()
    expect(lastInToken(pageToken({ ...filtered, ...otherwise }, 'Tom'), filtered)).toBeUndefined()
  })

  test('whatever the two lists are', () => {
    fc.assert(
      fc.property(anyList, anyList, anyName, (one, other, name) => {
        const same = JSON.stringify(Object.entries(one)) === JSON.stringify(Object.entries(other))
        expect(lastInToken(pageToken(one, name), other)).toBe(same ? name : undefined)
      }),
    )
  })

  test('also where the beginning of the name and the name run together', () => {
    expect(lastInToken(pageToken({ ...list, namePrefix: 'T' }, 'om'), { ...list, namePrefix: 'To' })).toBeUndefined()
  })
})

describe('a page token that was altered is none', () => {
  test.each(tokens)('in any one character: %s', (token) => {
    const others = [...alphabet, '+', '/', '=', '.', ' ', '\n', '\0', 'é', '\u{1f600}']
    for (const index of token.split('').keys())
      for (const other of others.filter((other) => other !== token[index]))
        expect(lastInToken(token.slice(0, index) + other + token.slice(index + 1), list)).toBeUndefined()
  })

  test.each(tokens)('in any one bit: %s', (token) => {
    const bytes = Buffer.from(token, 'base64url')
    for (const bit of Array(bytes.length * 8).keys()) {
      const altered = Buffer.from(bytes)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(lastInToken(altered.toString('base64url'), list)).toBeUndefined()
    }
  })

  test.each(tokens)('by characters that are missing: %s', (token) => {
    for (const index of token.split('').keys()) {
      expect(lastInToken(token.slice(0, index), list)).toBeUndefined()
      expect(lastInToken(token.slice(index + 1), list)).toBeUndefined()
      expect(lastInToken(token.slice(0, index) + token.slice(index + 1), list)).toBeUndefined()
    }
  })

  test.each(tokens)('by characters more: %s', (token) => {
    for (const more of [...alphabet, '=', '==', ' ', '\n', '\0', token]) {
      expect(lastInToken(token + more, list)).toBeUndefined()
      expect(lastInToken(more + token, list)).toBeUndefined()
    }
  })

  test.each<[string, (token: string) => string]>([
    ['with plus and slash', (token) => token.replaceAll('-', '+').replaceAll('_', '/')],
    ['filled up at its end', (token) => token.padEnd(Math.ceil(token.length / 4) * 4, '=')],
    ['broken into lines', (token) => `${token.slice(0, 8)}\r\n${token.slice(8)}`],
  ])('by being Base64 %s', (_, spell) => {
    const spelledOtherwise = tokens.map(spell).filter((other) => !tokens.includes(other))
    expect(spelledOtherwise).not.toEqual([])
    for (const other of spelledOtherwise) expect(lastInToken(other, list)).toBeUndefined()
  })

  test('by another name behind the seal', () => {
    const sealed = Buffer.from(pageToken(list, 'Tom'), 'base64url').subarray(0, -'Tom'.length)
    const forged = Buffer.concat([sealed, Buffer.from('Tim')]).toString('base64url')
    expect(lastInToken(forged, list)).toBeUndefined()
  })
})

test('whatever else callers make up is no page token', () => {
  const nearly = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 60 })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), (text) => {
      expect(lastInToken(text, list)).toBeUndefined()
    }),
  )
  expect(['', 'Tom', 'A'.repeat(16), 'A'.repeat(1_000_000)].map((text) => lastInToken(text, list))).toEqual(
    Array(4).fill(undefined),
  )
})
