import { describe, expect, test } from 'vitest'
import { isInMask, parseUpdateMask } from '../../../src/calls/update-mask.js'

const knownPaths = ['name', 'title']
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
  test.each([
    ['without paths', []],
    ['with a known path', ['name']],
    ['with all known paths', ['title', 'name']],
    ['with a repeated path', ['name', 'name']],
    ['of all fields', ['*']],
    ['of all fields, repeated', ['*', '*']],
  ])('is valid %s', (_, mask) => {
    expect(parseUpdateMask(mask, knownPaths)).toEqual({ value: undefined })
  })

  test.each([
    ['an unknown path', ['name', 'colour'], ['update_mask.paths[1]']],
    ['every unknown path', ['colour', 'name', 'size'], ['update_mask.paths[0]', 'update_mask.paths[2]']],
    ['* beside another path', ['name', '*'], ['update_mask']],
    ['* beside an unknown path', ['*', 'colour'], ['update_mask', 'update_mask.paths[1]']],
  ])('is invalid with %s', (_, mask, fields) => {
    expect(parseUpdateMask(mask, knownPaths)).toEqual({ violations: fields.map((field) => ({ field, reason })) })
  })
})
