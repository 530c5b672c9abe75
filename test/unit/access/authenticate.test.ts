import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHeaderAuthentication } from '../../../src/access/authenticate.js'
import { directoryIdPattern } from '../../../src/access/caller.js'
import { failureOf } from '../../support/failure-of.js'

type Header = (name: string) => readonly string[]

/** The headers of a call, by name. */
const headers =
  (values: Readonly<Record<string, readonly string[]>>): Header =>
  (name) =>
    values[name] ?? []
const directories = (...values: string[]) => headers({ 'x-resource-directory-id': values })

const authenticate = (header: Header, DEFAULT_DIRECTORY_ID?: string) =>
  createHeaderAuthentication({ DEFAULT_DIRECTORY_ID })({ header })

const administratorOf = (id: string) => ({ id, via: 'header', directories: [id], roles: ['administrator'] })

describe('the caller', () => {
  test('is named by the header', () => {
    expect(authenticate(directories('rd-1'))).toEqual(administratorOf('rd-1'))
  })

  test('is named by the header, also if there is a default', () => {
    expect(authenticate(directories('rd-1'), 'rd-default')).toEqual(administratorOf('rd-1'))
  })

  test('is the default if the header is absent', () => {
    expect(authenticate(directories(), 'rd-default')).toEqual(administratorOf('rd-default'))
  })

  test('is not named by any other header', () => {
    const others = headers({ 'x-request-id': ['rd-1'], 'resource-directory-id': ['rd-1'], directoryId: ['rd-1'] })
    expect(authenticate(others, 'rd-default')).toEqual(administratorOf('rd-default'))
  })

  test.each([
    ['no header and no default', directories(), undefined],
    ['two values', directories('rd-1', 'rd-2'), undefined],
    ['the same value twice', directories('rd-1', 'rd-1'), undefined],
    ['two values and a default', directories('rd-1', 'rd-2'), 'rd-default'],
    ['an empty value', directories(''), undefined],
    ['an empty value and a default', directories(''), 'rd-default'],
    ['an invalid value and a default', directories('rd 1'), 'rd-default'],
    ['values joined with a comma', directories('rd-1, rd-2'), undefined],
  ])('is UNAUTHENTICATED with %s', (_, header, defaultDirectoryId) => {
    const { reason, context } = failureOf(() => authenticate(header, defaultDirectoryId))
    expect({ reason, context }).toEqual({ reason: 'UNAUTHENTICATED', context: {} })
  })
})

describe('a directory id', () => {
  test.each(['a', '-', '_', 'AZaz09_-', 'a'.repeat(64)])('can be %s', (id) => {
    expect(id).toMatch(directoryIdPattern)
  })

  test.each([
    ['empty', ''],
    ['65 characters long', 'a'.repeat(65)],
    ['a text with a line break at the end', 'rd-1\n'],
    ['a text with a blank', 'rd 1'],
    ['a text with a dot', 'rd.1'],
    ['a text with a dollar sign', '$ne'],
    ['a text with a slash', 'a/b'],
    ['a text with other letters', 'réd'],
    ['a text of two lines', 'a\nb'],
  ])('cannot be %s', (_, id) => {
    expect(id).not.toMatch(directoryIdPattern)
  })

  test('has 1 to 64 of the allowed characters and nothing else', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'AZaz09_-.'), maxLength: 70 }))
    const allowed = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-')
    fc.assert(
      fc.property(text, (id) => {
        const isValid = id.length >= 1 && id.length <= 64 && [...id].every((character) => allowed.has(character))
        expect(directoryIdPattern.test(id)).toBe(isValid)
      }),
    )
  })
})
