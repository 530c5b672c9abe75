import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meanings, type Reason } from '../../src/failure.js'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { detailsOf, failureOf, parse, type RequestFields, violationsOf } from './parsing.js'

/** Enums are open on the wire: any number may come. */
const numbers = (...values: number[]) => values

test('a request becomes facts in the names of the contract', () => {
  expect(parse({ clientToken: 'once' })).toStrictEqual({
    name: 'Tom',
    emailAddress: 'tom@example.com',
    phoneNumber: '86-13900001234',
    title: 'TECHNICAL_DIRECTOR',
    messageTypes: ['ACCOUNT_EXPENSES'],
    clientToken: 'once',
  })
})

describe('title', () => {
  test.each([
    [Title.FINANCE_DIRECTOR, 'FINANCE_DIRECTOR'],
    [Title.TECHNICAL_DIRECTOR, 'TECHNICAL_DIRECTOR'],
    [Title.MAINTENANCE_DIRECTOR, 'MAINTENANCE_DIRECTOR'],
    [Title.CEO, 'CEO'],
    [Title.PROJECT_DIRECTOR, 'PROJECT_DIRECTOR'],
    [Title.OTHER, 'OTHER'],
  ])('%i is %s', (title, name) => {
    expect(detailsOf({ title }).title).toBe(name)
  })

  test('0 is missing', () => {
    expect(violationsOf({ title: 0 })).toEqual([['title', 'MISSING_PARAMETER_TITLE']])
  })

  test.each([7, -1, 2_147_483_647, -2_147_483_648])('%i is invalid', (title) => {
    expect(violationsOf({ title })).toEqual([['title', 'INVALID_PARAMETER_TITLE']])
  })
})

describe('message types', () => {
  test('are all six', () => {
    expect(detailsOf({ messageTypes: [1, 2, 3, 4, 5, 6] }).messageTypes).toEqual([
      'SERVICE_MESSAGE',
      'FAULT_MESSAGE',
      'ACCOUNT_EXPENSES',
      'SECURITY_MESSAGE',
      'ACTIVITY_MESSAGE',
      'PRODUCT_MESSAGE',
    ])
  })

  test('are each kept once, in the order of the enum', () => {
    expect(detailsOf({ messageTypes: [6, 1, 6, 3, 1, 1] }).messageTypes).toEqual([
      'SERVICE_MESSAGE',
      'ACCOUNT_EXPENSES',
      'PRODUCT_MESSAGE',
    ])
  })

  test('may be repeated thousands of times', () => {
    expect(detailsOf({ messageTypes: Array(60_000).fill(MessageType.FAULT_MESSAGE) }).messageTypes).toEqual([
      'FAULT_MESSAGE',
    ])
  })

  test('none are missing', () => {
    expect(violationsOf({ messageTypes: [] })).toEqual([['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES']])
  })

  test('outside the six are invalid, each by its path, also the unspecified one', () => {
    expect(violationsOf({ messageTypes: numbers(1, 0, 6, 7, -1, 7) })).toEqual([
      ['message_types[1]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[3]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[4]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[5]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ])
  })

  test('outside the six are all told, though a message holds tens of thousands', () => {
    const violations = violationsOf({ messageTypes: Array(200_000).fill(9) })
    expect(violations).toHaveLength(200_000)
    expect(violations.at(-1)).toEqual(['message_types[199999]', 'INVALID_PARAMETER_MESSAGE_TYPES'])
  })
})

describe('client token', () => {
  test.each(['!', '~', 'A'.repeat(64), '2DFCE4C9-04A9-4C83-BB14-FE791275EC53', '{"$gt":""}'])(
    '%s is kept',
    (clientToken) => {
      expect(parse({ clientToken }).clientToken).toBe(clientToken)
    },
  )

  test('an empty one is none', () => {
    expect(parse({ clientToken: '' })).toStrictEqual({ ...detailsOf({}), clientToken: undefined })
  })

  test.each([
    ['of 65 characters', 'A'.repeat(65)],
    ['with a blank', 'two words'],
    ['of a blank', ' '],
    ['with a line break behind', 'token\n'],
    ['with a zero byte', 'to\0ken'],
    ['with the delete character', 'token\x7f'],
    ['with other letters', 'tökén'],
    ['of emoji', '\u{1f600}'],
  ])('one %s is invalid', (_, clientToken) => {
    expect(violationsOf({ clientToken })).toEqual([['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN']])
  })
})

describe('every violation is told at once, in field order', () => {
  test('where everything is absent', () => {
    const nothing = { name: '', emailAddress: '', phoneNumber: '', title: 0, messageTypes: [] }
    expect(violationsOf(nothing)).toEqual([
      ['name', 'MISSING_PARAMETER_NAME'],
      ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
      ['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER'],
      ['title', 'MISSING_PARAMETER_TITLE'],
      ['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES'],
    ])
  })

  test('where everything is wrong', () => {
    const wrong = {
      name: 'T0m',
      emailAddress: 'tom',
      phoneNumber: '86',
      title: 7,
      messageTypes: [7, 1, 8],
      clientToken: ' ',
    }
    expect(violationsOf(wrong)).toEqual([
      ['name', 'INVALID_PARAMETER_NAME'],
      ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
      ['title', 'INVALID_PARAMETER_TITLE'],
      ['message_types[0]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[2]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN'],
    ])
  })

  test('where the first field is in order, the refusal speaks of the next', () => {
    const { reason } = failureOf(() => parse({ phoneNumber: '1-2025550123', title: numbers(9)[0] ?? 0 }))
    expect(reason).toBe('INVALID_PARAMETER_MOBILE_COUNTRY_CODE')
  })
})

describe('any request at all', () => {
  const anyFields: fc.Arbitrary<RequestFields> = fc.record(
    {
      name: fc.string({ unit: 'binary' }),
      emailAddress: fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()),
      phoneNumber: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.nat().map((number) => `86-${number}`),
      ),
      title: fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer()),
      messageTypes: fc.array(fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer()), { maxLength: 40 }),
      clientToken: fc.oneof(fc.string({ unit: 'binary' }), fc.uuid()),
    },
    { requiredKeys: [] },
  )
  const fieldOrder = ['name', 'email_address', 'phone_number', 'title', 'message_types', 'client_token']
  const place = (field: string) => fieldOrder.indexOf(field.replace(/\[\d+\]$/, ''))

  test('is accepted or refused with fixed sentences alone: nothing of it stands in the refusal', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        try {
          parse(fields)
          return
        } catch {}
        const failure = failureOf(() => parse(fields))
        const violations = failure.facts.violations ?? []
        expect(failure.message).toBe(meanings[failure.reason].message)
        expect(Object.keys(failure.facts)).toEqual(['violations'])
        for (const violation of violations) expect(Object.keys(violation)).toEqual(['field', 'reason'])
        const places = violations.map(({ field }) => place(field))
        expect(places).not.toContain(-1)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
      }),
      { numRuns: 500 },
    )
  })

  test('has as many violations as its fields have one by one', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const alone = Object.entries(fields).flatMap(([field, value]) => tryAlone({ [field]: value }))
        expect(tryAlone(fields).toSorted()).toEqual(alone.toSorted())
      }),
    )
  })

  function tryAlone(fields: RequestFields): readonly (readonly [string, Reason])[] {
    try {
      parse(fields)
      return []
    } catch {
      return violationsOf(fields)
    }
  }
})
