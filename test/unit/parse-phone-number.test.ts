import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FieldRules } from '../../src/contacts/fields.js'
import { defaultRules, detailsOf, failureOf, parse, violationsOf } from './parsing.js'

const abroad: FieldRules = { countryCodes: ['86', '1', '7', '39', '44', '852'], phoneNumber: 'required' }
const optional: FieldRules = { ...defaultRules, phoneNumber: 'optional' }

describe('a number of the mainland is accepted', () => {
  test.each(['86-13000000000', '86-13900001234', '86-16612345678', '86-19999999999'])('%s', (phoneNumber) => {
    expect(detailsOf({ phoneNumber }).phoneNumber).toBe(phoneNumber)
  })
})

describe('a number of the mainland is invalid', () => {
  test.each([
    ['too short', '86-1390000123'],
    ['too long', '86-139000012345'],
    ['with a second digit below 3', '86-12900001234'],
    ['with a first digit that is not 1', '86-23900001234'],
    ['with a trunk prefix', '86-013900001234'],
    ['of a fixed line', '86-1065551234'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber })).toEqual([['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']])
  })
})

describe('what is not a country code, a hyphen and a number is invalid, whatever is served', () => {
  test.each([
    ['no hyphen', '8613900001234'],
    ['a hyphen alone', '-'],
    ['no country code', '-13900001234'],
    ['no number', '86-'],
    ['a country code of four digits', '1234-13900001234'],
    ['a plus sign', '+86-13900001234'],
    ['two hyphens', '86-139-00001234'],
    ['a blank inside', '86-139 00001234'],
    ['a blank before', ' 86-13900001234'],
    ['a blank behind', '86-13900001234 '],
    ['a line break behind', '86-13900001234\n'],
    ['a second line', '86-13900001234\n86-13900001234'],
    ['letters', '86-1390000123a'],
    ['full-width digits', '86-１3900001234'],
    ['Arabic digits', '٨٦-13900001234'],
    ['another hyphen', '86\u201013900001234'],
    ['an emoji', '\u{1f4de}'],
    ['an unserved code in a wrong form', '999-1 2'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber })).toEqual([['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']])
  })
})

describe('a country code that is not served is told, before its number is looked at', () => {
  test.each(['1-2025550123', '852-51234567', '8-6', '086-13900001234', '000-1', '867-13900001234'])(
    '%s',
    (phoneNumber) => {
      expect(violationsOf({ phoneNumber })).toEqual([['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE']])
    },
  )

  test('86 as well, where it is not served', () => {
    expect(violationsOf({ phoneNumber: '86-13900001234' }, { ...abroad, countryCodes: ['1'] })).toEqual([
      ['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
    ])
  })
})

describe('a number abroad is kept as it is dialled from abroad', () => {
  test.each([
    ['of the United States', '1-2025550123', '1-2025550123'],
    ['of Hong Kong', '852-51234567', '852-51234567'],
    ['of Britain', '44-7911123456', '44-7911123456'],
    ['of Britain with its trunk prefix', '44-07911123456', '44-7911123456'],
    ['of Russia', '7-9161234567', '7-9161234567'],
    ['of Italy, where the zero is part of the number', '39-0236618300', '39-0236618300'],
  ])('%s', (_, phoneNumber, kept) => {
    expect(detailsOf({ phoneNumber }, abroad).phoneNumber).toBe(kept)
  })
})

describe('a number abroad that does not exist is invalid', () => {
  test.each([
    ['of the right length but no such area', '1-5551234567'],
    ['too short', '44-791112345'],
    ['too long', '852-512345678'],
    ['one digit', '1-2'],
    ['a thousand digits', `1-${'2'.repeat(1000)}`],
    ['sixty thousand zeros', `44-${'0'.repeat(60_000)}`],
    ['a code that is served but belongs to no country', '999-2025550123'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber }, { ...abroad, countryCodes: [...abroad.countryCodes, '999'] })).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })

  test('a number of the mainland is judged by the mainland pattern also beside other countries', () => {
    expect(violationsOf({ phoneNumber: '86-1065551234' }, abroad)).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })

  test('a number of another country that begins the same is none of the code that is served', () => {
    expect(violationsOf({ phoneNumber: '77-9161234567' }, { ...abroad, countryCodes: ['77'] })).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })
})

describe('no number', () => {
  test('is missing where one is required', () => {
    expect(violationsOf({ phoneNumber: '' })).toEqual([['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER']])
  })

  test('is accepted where it is optional, and leaves no trace among the details', () => {
    expect(detailsOf({ phoneNumber: '' }, optional)).toEqual({
      name: 'Tom',
      emailAddress: 'tom@example.com',
      title: 'TECHNICAL_DIRECTOR',
      messageTypes: ['ACCOUNT_EXPENSES'],
    })
  })

  test('optional does not mean lawless', () => {
    expect(detailsOf({ phoneNumber: '86-13900001234' }, optional).phoneNumber).toBe('86-13900001234')
    expect(violationsOf({ phoneNumber: '86-1390000123' }, optional)).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })
})

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 14 })
const anyNumber = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.tuple(fc.constantFrom(...abroad.countryCodes, '8', '999'), digits).map((parts) => parts.join('-')),
  fc
    .tuple(fc.constantFrom('86-13', '1-202', '44-07911', '44-7', '39-0', '852-5', '7-9'), digits)
    .map((parts) => parts.join('')),
)

test('whatever is accepted has a code that is served and digits alone, and is accepted again as it is', () => {
  fc.assert(
    fc.property(anyNumber, (text) => {
      let number: string | undefined
      try {
        number = detailsOf({ phoneNumber: text }, abroad).phoneNumber
      } catch {
        failureOf(() => parse({ phoneNumber: text }, abroad))
        return
      }
      expect(number).toMatch(/^(86-1[3-9]\d{9}|(1|7|39|44|852)-\d{4,14})$/)
      expect(number?.split('-')[0]).toBe(text.split('-')[0])
      expect(detailsOf({ phoneNumber: number ?? '' }, abroad).phoneNumber).toBe(number)
    }),
    { numRuns: 1000 },
  )
})
