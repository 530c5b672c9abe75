import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { identifyCaller, isDirectoryId } from '../../src/caller.js'
import { failureOf } from './parsing.js'

/** The headers of a call, by name. */
const headers =
  (given: Readonly<Record<string, readonly string[]>>) =>
  (name: string): readonly string[] =>
    given[name] ?? []
const named = (...values: string[]) => headers({ 'x-resource-directory-id': values })

describe('the caller', () => {
  test('is who the header names', () => {
    expect(identifyCaller(named('rd-1'))).toEqual({ directoryId: 'rd-1' })
  })

  test('is who the header names, whatever the default', () => {
    expect(identifyCaller(named('rd-1'), 'rd-default')).toEqual({ directoryId: 'rd-1' })
  })

  test('is the default where no header names anyone', () => {
    expect(identifyCaller(named(), 'rd-default')).toEqual({ directoryId: 'rd-default' })
  })

  test('is not told by any other header', () => {
    const others = headers({ 'x-request-id': ['rd-1'], 'resource-directory-id': ['rd-1'], directoryId: ['rd-1'] })
    expect(identifyCaller(others, 'rd-default')).toEqual({ directoryId: 'rd-default' })
  })

  test.each([
    ['no header and no default', named(), undefined],
    ['two values', named('rd-1', 'rd-2'), undefined],
    ['the same value twice', named('rd-1', 'rd-1'), undefined],
    ['two values beside a default', named('rd-1', 'rd-2'), 'rd-default'],
    ['an empty value', named(''), undefined],
    ['an empty value beside a default', named(''), 'rd-default'],
    ['an unlawful value beside a default', named('rd 1'), 'rd-default'],
    ['values joined with a comma', named('rd-1, rd-2'), undefined],
  ])('cannot be told from %s', (_, header, defaultDirectoryId) => {
    const { reason, facts } = failureOf(() => identifyCaller(header, defaultDirectoryId))
    expect({ reason, facts }).toEqual({ reason: 'CALLER_UNKNOWN', facts: {} })
  })
})

describe('a directory id', () => {
  test.each(['a', '-', '_', 'AZaz09_-', 'a'.repeat(64)])('may be %s', (text) => {
    expect(isDirectoryId(text)).toBe(true)
  })

  test.each([
    ['empty', ''],
    ['65 characters long', 'a'.repeat(65)],
    ['with a line break behind', 'rd-1\n'],
    ['with a blank', 'rd 1'],
    ['with a dot', 'rd.1'],
    ['with a dollar sign', '$ne'],
    ['with a slash', 'a/b'],
    ['with other letters', 'réd'],
    ['on two lines', 'a\nb'],
  ])('may not be %s', (_, text) => {
    expect(isDirectoryId(text)).toBe(false)
  })

  test('is 1 to 64 of its characters and nothing else', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'AZaz09_-.'), maxLength: 70 }))
    const lawful = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-')
    fc.assert(
      fc.property(text, (id) => {
        expect(isDirectoryId(id)).toBe(id.length >= 1 && id.length <= 64 && [...id].every((one) => lawful.has(one)))
      }),
    )
  })
})
