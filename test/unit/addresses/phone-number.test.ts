import fc from 'fast-check'
import { getCountries, getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, test } from 'vitest'
import type { ContactSettings } from '../../../src/contacts/settings.js'
import { failureOf } from '../../support/failure-of.js'
import { defaultSettings, fieldsOf, parseAdd, violationsOf } from '../../support/parsing.js'

const withCountryCodes = (...codes: string[]): ContactSettings => ({ ...defaultSettings, COUNTRY_CODES: codes })
const countryCodes = ['86', '1', '7', '33', '39', '44', '242', '800', '808', '852', '979']
const international = withCountryCodes(...countryCodes)
const optional: ContactSettings = { ...defaultSettings, PHONE_NUMBER: 'optional' }

describe('a Chinese mobile number is accepted', () => {
  test.each(['86-13000000000', '86-13900001234', '86-16612345678', '86-19999999999'])('%s', (phoneNumber) => {
    expect(fieldsOf({ phoneNumber }).phoneNumber).toBe(phoneNumber)
  })
})

describe('a Chinese mobile number is invalid', () => {
  test.each([
    ['too short', '86-1390000123'],
    ['too long', '86-139000012345'],
    ['with a second digit below 3', '86-12900001234'],
    ['with a first digit that is not 1', '86-23900001234'],
    ['with a trunk prefix', '86-013900001234'],
    ['that is a landline number', '86-1065551234'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber })).toEqual([['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']])
  })
})

describe('what is not a country code, a hyphen and a number is invalid with any settings', () => {
  test.each([
    ['no hyphen', '8613900001234'],
    ['only a hyphen', '-'],
    ['no country code', '-13900001234'],
    ['no number', '86-'],
    ['a country code of four digits', '1234-13900001234'],
    ['a plus sign', '+86-13900001234'],
    ['two hyphens', '86-139-00001234'],
    ['a space inside', '86-139 00001234'],
    ['a space before', ' 86-13900001234'],
    ['a space after', '86-13900001234 '],
    ['a line break after', '86-13900001234\n'],
    ['a second line', '86-13900001234\n86-13900001234'],
    ['letters', '86-1390000123a'],
    ['full-width digits', '86-１3900001234'],
    ['Arabic digits', '٨٦-13900001234'],
    ['a hyphen that is not ASCII', '86\u201013900001234'],
    ['an emoji', '\u{1f4de}'],
    ['a country code that is not accepted, in a wrong format', '999-1 2'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber })).toEqual([['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']])
  })
})

describe('a country code that is not accepted is reported before its number is checked', () => {
  test.each(['1-2025550123', '852-51234567', '8-6', '086-13900001234', '000-1', '867-13900001234'])(
    '%s',
    (phoneNumber) => {
      expect(violationsOf({ phoneNumber })).toEqual([['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE']])
    },
  )

  test('also 86, if it is not accepted', () => {
    expect(violationsOf({ phoneNumber: '86-13900001234' }, withCountryCodes('1'))).toEqual([
      ['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
    ])
  })
})

describe('an international number is stored as it is dialled from abroad', () => {
  test.each([
    ['of the United States', '1-2025550123', '1-2025550123'],
    ['of Hong Kong', '852-51234567', '852-51234567'],
    ['of Britain', '44-7911123456', '44-7911123456'],
    ['of Britain with its trunk prefix', '44-07911123456', '44-7911123456'],
    ['of Russia', '7-9161234567', '7-9161234567'],
    ['of Italy', '39-3123456789', '39-3123456789'],
    ['of Congo, where the zero is part of the number', '242-061234567', '242-061234567'],
    ['of the United States, where mobile numbers look like fixed lines', '1-2125550123', '1-2125550123'],
    ['for one person, of Britain', '44-7012345678', '44-7012345678'],
  ])('%s', (_, phoneNumber, stored) => {
    expect(fieldsOf({ phoneNumber }, international).phoneNumber).toBe(stored)
  })
})

describe('an international number that gets no text messages is invalid', () => {
  test.each([
    ['a fixed line of Hong Kong', '852-21234567'],
    ['a fixed line of Italy', '39-0236618300'],
    ['a fixed line of Britain', '44-2079460018'],
    ['a toll-free number of the United States', '1-8002345678'],
    ['a toll-free number of Britain', '44-8001234567'],
    ['an international toll-free number', '800-12345678'],
    ['a VoIP number of Britain', '44-5612345678'],
    ['a VoIP number of France', '33-912345678'],
    ['a premium-rate number of the United States', '1-9002345678'],
    ['an international premium-rate number', '979-123456789'],
    ['a shared-cost number', '808-12345678'],
    ['a pager', '44-7640123456'],
    ['a company number of Britain', '44-5512345678'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber }, international)).toEqual([['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']])
  })
})

test('the example of a mobile number of every country is accepted', () => {
  const numbers = getCountries().flatMap((country) => {
    const example = getExampleNumber(country, examples)
    return example ? [[example.countryCallingCode, example.nationalNumber] as const] : []
  })
  expect(numbers.length).toBeGreaterThan(200)
  for (const [code, number] of numbers)
    expect(fieldsOf({ phoneNumber: `${code}-${number}` }, withCountryCodes(code)).phoneNumber).toBe(`${code}-${number}`)
})

describe('an international number that cannot exist is invalid', () => {
  test.each([
    ['of the right length but no such area', '1-5551234567'],
    ['too short', '44-791112345'],
    ['too long', '852-512345678'],
    ['one digit', '1-2'],
    ['a thousand digits', `1-${'2'.repeat(1000)}`],
    ['sixty thousand zeros', `44-${'0'.repeat(60_000)}`],
    ['an accepted country code that belongs to no country', '999-2025550123'],
  ])('%s', (_, phoneNumber) => {
    expect(violationsOf({ phoneNumber }, withCountryCodes(...countryCodes, '999'))).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })

  test('a Chinese number is a mobile number also beside other accepted country codes', () => {
    expect(violationsOf({ phoneNumber: '86-1065551234' }, international)).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })

  test('a number of another country whose code begins with the same digit does not have the accepted code', () => {
    expect(violationsOf({ phoneNumber: '77-9161234567' }, withCountryCodes('77'))).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })
})

describe('an empty phone number', () => {
  test('is missing if one is required', () => {
    expect(violationsOf({ phoneNumber: '' })).toEqual([['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER']])
  })

  test('is accepted if it is optional, and stands for none', () => {
    expect(fieldsOf({ phoneNumber: '' }, optional)).toEqual({
      name: 'Tom',
      emailAddress: 'tom@example.com',
      title: 'TECHNICAL_DIRECTOR',
      messageTypes: ['ACCOUNT_EXPENSES'],
    })
  })

  test('does not make invalid numbers acceptable if it is optional', () => {
    expect(fieldsOf({ phoneNumber: '86-13900001234' }, optional).phoneNumber).toBe('86-13900001234')
    expect(violationsOf({ phoneNumber: '86-1390000123' }, optional)).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })
})

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 14 })
const anyNumber = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.tuple(fc.constantFrom(...countryCodes, '8', '999'), digits).map((parts) => parts.join('-')),
  fc
    .tuple(fc.constantFrom('86-13', '1-202', '44-07911', '44-7', '39-3', '242-0', '852-5', '7-9'), digits)
    .map((parts) => parts.join('')),
)

test('a refusal lists the first 50 country codes and counts the others', () => {
  const ruleFor = (count: number) => {
    const codes = Array.from({ length: count }, (_, index) => String(100 + index))
    const { violations } = failureOf(() => parseAdd({ phoneNumber: '86' }, withCountryCodes(...codes))).context
    return violations?.[0]?.rule
  }
  const fifty = ruleFor(50)
  expect(fifty).toMatch(/^Must be a country code, a hyphen and a mobile number\. Country codes served: 100, .*, 149\.$/)
  expect(ruleFor(51)).toBe(fifty?.replace('149.', '149 and 1 more.'))
  expect(ruleFor(999)).toBe(fifty?.replace('149.', '149 and 949 more.'))
})

test('every accepted number has an accepted country code and only digits, and is accepted again without a change', () => {
  fc.assert(
    fc.property(anyNumber, (text) => {
      let number: string | undefined
      try {
        number = fieldsOf({ phoneNumber: text }, international).phoneNumber
      } catch {
        failureOf(() => parseAdd({ phoneNumber: text }, international))
        return
      }
      expect(number).toMatch(/^(86-1[3-9]\d{9}|(1|7|33|39|44|242|852)-\d{4,14})$/)
      expect(number?.split('-')[0]).toBe(text.split('-')[0])
      expect(fieldsOf({ phoneNumber: number ?? '' }, international).phoneNumber).toBe(number)
    }),
    { numRuns: 1000 },
  )
})
