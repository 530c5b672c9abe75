import { describe, expect, test } from 'vitest'
import { isInMask, parseUpdateMask } from '../../../src/calls/update-mask.js'

const knownPaths = ['name', 'email_address']
const reason = 'INVALID_PARAMETER_UPDATE_MASK'

describe('a field is in a mask', () => {
  test.each([
    ['that names it', ['title', 'name'], true],
    ['of all fields', ['*'], true],
    ['that names only others', ['title'], false],
    ['that is empty', [], false],
    ['that names a path which begins the same', ['name.first', 'nam'], false],
  ])('%s', (_, mask, expected) => {
    expect(isInMask('name', mask)).toBe(expected)
  })
})

describe('a mask', () => {
  const rule = 'Must name fields to update: name, email_address; or * alone for all of them.'

  test.each([
    ['with a known path', ['name']],
    ['with all known paths', ['email_address', 'name']],
    ['with a repeated path', ['name', 'name']],
    ['of all fields', ['*']],
    ['of all fields, repeated', ['*', '*']],
  ])('is valid %s', (_, mask) => {
    for (const isEmpty of [false, true])
      expect(parseUpdateMask(mask, knownPaths, isEmpty)).toEqual({ value: undefined })
  })

  test('without paths is valid, unless the request names no field otherwise', () => {
    expect(parseUpdateMask([], knownPaths, false)).toEqual({ value: undefined })
    expect(parseUpdateMask([], knownPaths, true)).toEqual({ violations: [{ field: 'update_mask', reason, rule }] })
  })

  test.each([
    ['an unknown path', ['name', 'colour'], ['update_mask.paths[1]']],
    ['every unknown path', ['colour', 'name', 'size'], ['update_mask.paths[0]', 'update_mask.paths[2]']],
    ['* beside another path', ['name', '*'], ['update_mask']],
    ['* beside an unknown path', ['*', 'colour'], ['update_mask', 'update_mask.paths[1]']],
    ['only unknown paths', ['colour'], ['update_mask.paths[0]']],
  ])('is invalid with %s', (_, mask, fields) => {
    for (const isEmpty of [false, true])
      expect(parseUpdateMask(mask, knownPaths, isEmpty)).toEqual({
        violations: fields.map((field) => ({ field, reason, rule })),
      })
  })

  test.each([
    ['emailAddress', 'email_address'],
    ['EmailAddress', 'email_address'],
    ['emailaddress', 'email_address'],
    ['EMAIL_ADDRESS', 'email_address'],
    ['email-address', 'email_address'],
    ['email address', 'email_address'],
    ['email_address[0]', 'email_address'],
    ['Name', 'name'],
    ['name ', 'name'],
  ])('is invalid with the path "%s", which is not in snake case: the rule names %s', (path, meant) => {
    const meantRule = `Must be a path in snake_case; did you mean ${meant}?`
    expect(parseUpdateMask(['colour', path], knownPaths, false)).toEqual({
      violations: [
        { field: 'update_mask.paths[0]', reason, rule },
        { field: 'update_mask.paths[1]', reason, rule: meantRule },
      ],
    })
  })

  test.each(['', '.', '1', '_', 'name.first', 'contact.email_address', '__proto__', 'constructor'])(
    'is invalid with the path "%s", which is no other form of a known one',
    (path) => {
      const violations = [{ field: 'update_mask.paths[0]', reason, rule }]
      expect(parseUpdateMask([path], knownPaths, false)).toEqual({ violations })
    },
  )
})
