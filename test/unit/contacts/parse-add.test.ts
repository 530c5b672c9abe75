import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { failureOf } from '../../support/failure-of.js'
import { fieldsOf, parseAdd, type RequestFields, violationsOf } from '../../support/parsing.js'
import { rules } from '../../support/rules.js'

/** Enums are open on the wire: any number may arrive. */
const numbers = (...values: number[]) => values

test('a request is parsed to fields with the names of the contract, and a client token', () => {
  expect(parseAdd({ clientToken: 'once' })).toStrictEqual({
    fields: {
      name: 'Tom',
      emailAddress: 'tom@example.com',
      phoneNumber: '86-13900001234',
      title: 'TECHNICAL_DIRECTOR',
      messageTypes: ['ACCOUNT_EXPENSES'],
    },
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
    expect(fieldsOf({ title }).title).toBe(name)
  })

  test('0 is missing', () => {
    expect(violationsOf({ title: 0 })).toEqual([['title', 'MISSING_PARAMETER_TITLE']])
  })

  test.each([7, -1, 2_147_483_647, -2_147_483_648])('%i is invalid', (title) => {
    expect(violationsOf({ title })).toEqual([['title', 'INVALID_PARAMETER_TITLE']])
  })
})

describe('message types', () => {
  test('can be all six', () => {
    expect(fieldsOf({ messageTypes: [1, 2, 3, 4, 5, 6] }).messageTypes).toEqual([
      'SERVICE_MESSAGE',
      'FAULT_MESSAGE',
      'ACCOUNT_EXPENSES',
      'SECURITY_MESSAGE',
      'ACTIVITY_MESSAGE',
      'PRODUCT_MESSAGE',
    ])
  })

  test('are stored once each, in the order of the request', () => {
    expect(fieldsOf({ messageTypes: [6, 1, 6, 3, 1, 1] }).messageTypes).toEqual([
      'PRODUCT_MESSAGE',
      'SERVICE_MESSAGE',
      'ACCOUNT_EXPENSES',
    ])
  })

  test('can be repeated thousands of times', () => {
    expect(fieldsOf({ messageTypes: Array(60_000).fill(MessageType.FAULT_MESSAGE) }).messageTypes).toEqual([
      'FAULT_MESSAGE',
    ])
  })

  test('are missing if there are none', () => {
    expect(violationsOf({ messageTypes: [] })).toEqual([['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES']])
  })

  test('other than the six are invalid, each by its path, also the unspecified one', () => {
    expect(violationsOf({ messageTypes: numbers(1, 0, 6, 7, -1, 7) })).toEqual([
      ['message_types[1]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[3]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[4]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[5]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ])
  })

  test('other than the six are all reported, even 200000 of them', () => {
    const violations = violationsOf({ messageTypes: Array(200_000).fill(9) })
    expect(violations).toHaveLength(200_000)
    expect(violations.at(-1)).toEqual(['message_types[199999]', 'INVALID_PARAMETER_MESSAGE_TYPES'])
  })
})

describe('client token', () => {
  test.each(['!', '~', 'A'.repeat(64), '2DFCE4C9-04A9-4C83-BB14-FE791275EC53', '{"$gt":""}'])(
    '%s is accepted',
    (clientToken) => {
      expect(parseAdd({ clientToken }).clientToken).toBe(clientToken)
    },
  )

  test('an empty one stands for none', () => {
    expect(parseAdd({ clientToken: '' })).toStrictEqual({ fields: fieldsOf({}), clientToken: undefined })
  })

  test.each([
    ['of 65 characters', 'A'.repeat(65)],
    ['with a space', 'two words'],
    ['that is a space', ' '],
    ['with a line break after', 'token\n'],
    ['with a zero byte', 'to\0ken'],
    ['with the delete character', 'token\x7f'],
    ['with letters that are not ASCII', 'tökén'],
    ['that is an emoji', '\u{1f600}'],
  ])('one %s is invalid', (_, clientToken) => {
    expect(violationsOf({ clientToken })).toEqual([['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN']])
  })
})

describe('every violation is reported at once, in field order', () => {
  test('if all fields are empty', () => {
    const emptyFields = { name: '', emailAddress: '', phoneNumber: '', title: 0, messageTypes: [] }
    expect(violationsOf(emptyFields)).toEqual([
      ['name', 'MISSING_PARAMETER_NAME'],
      ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
      ['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER'],
      ['title', 'MISSING_PARAMETER_TITLE'],
      ['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES'],
    ])
  })

  test('if all fields are invalid', () => {
    const invalidFields = {
      name: 'T0m',
      emailAddress: 'tom',
      phoneNumber: '86',
      title: 7,
      messageTypes: [7, 1, 8],
      clientToken: ' ',
    }
    expect(violationsOf(invalidFields)).toEqual([
      ['name', 'INVALID_PARAMETER_NAME'],
      ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
      ['title', 'INVALID_PARAMETER_TITLE'],
      ['message_types[0]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['message_types[2]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN'],
    ])
  })

  test('and the first one gives the refusal its reason, also if the first field is valid', () => {
    const { reason } = failureOf(() => parseAdd({ phoneNumber: '1-2025550123', title: numbers(9)[0] ?? 0 }))
    expect(reason).toBe('INVALID_PARAMETER_MOBILE_COUNTRY_CODE')
  })
})

describe('any request', () => {
  const addRules = Object.values(rules)
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
  const positionOf = (field: string) => fieldOrder.indexOf(field.replace(/\[\d+\]$/, ''))

  test('is accepted, or refused with a fixed sentence and the paths of fields, without anything that the caller sent', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        try {
          parseAdd(fields)
          return
        } catch {}
        const failure = failureOf(() => parseAdd(fields))
        const violations = failure.context.violations ?? []
        expect(failure.message).toBe(errorCatalog[failure.reason].message)
        expect(Object.keys(failure.context)).toEqual(['violations'])
        for (const violation of violations) {
          expect(Object.keys(violation)).toEqual(['field', 'reason', 'rule'])
          expect(addRules).toContain(violation.rule)
        }
        const positions = violations.map(({ field }) => positionOf(field))
        expect(positions).not.toContain(-1)
        expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      }),
      { numRuns: 500 },
    )
  })

  test('has the violations that its fields have one by one', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const alone = Object.entries(fields).flatMap(([field, value]) => violationsIfAny({ [field]: value }))
        expect(violationsIfAny(fields).toSorted()).toEqual(alone.toSorted())
      }),
    )
  })

  function violationsIfAny(fields: RequestFields): readonly (readonly [string, Reason])[] {
    try {
      parseAdd(fields)
      return []
    } catch {
      return violationsOf(fields)
    }
  }
})
