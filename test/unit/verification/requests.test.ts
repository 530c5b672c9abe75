import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pageToken } from '../../../src/calls/paging.js'
import {
  CancelMessageContactUpdateRequestSchema,
  ConfirmMessageContactVerificationRequestSchema,
  ListMessageContactVerificationsRequestSchema,
  SendEmailVerificationForMessageContactRequestSchema,
  SendPhoneVerificationForMessageContactRequestSchema,
} from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { VerificationRequestParser } from '../../../src/verification/requests.js'
import { violationsIn } from '../../support/parsing.js'

const parser = new VerificationRequestParser({ COUNTRY_CODES: ['86'] })
const contactId = 'c-qL4HqKONzOM7b2Xd'
const email = { kind: 'email', address: 'tom@example.com' }
const phone = { kind: 'phone', address: '86-13900001234' }

const sendEmail = (fields: MessageInitShape<typeof SendEmailVerificationForMessageContactRequestSchema>) =>
  parser.sendEmailVerification(create(SendEmailVerificationForMessageContactRequestSchema, fields))
const sendPhone = (fields: MessageInitShape<typeof SendPhoneVerificationForMessageContactRequestSchema>) =>
  parser.sendPhoneVerification(create(SendPhoneVerificationForMessageContactRequestSchema, fields))
const confirm = (fields: MessageInitShape<typeof ConfirmMessageContactVerificationRequestSchema>) =>
  parser.confirmVerification(create(ConfirmMessageContactVerificationRequestSchema, fields))
const cancel = (fields: MessageInitShape<typeof CancelMessageContactUpdateRequestSchema>) =>
  parser.cancelUpdate(create(CancelMessageContactUpdateRequestSchema, fields))
const list = (fields: MessageInitShape<typeof ListMessageContactVerificationsRequestSchema>) =>
  parser.listVerifications(create(ListMessageContactVerificationsRequestSchema, fields), 'rd-1')

describe('a request to send a code', () => {
  test('has a target in the form in which contacts store it', () => {
    expect(sendEmail({ contactId, emailAddress: 'tom@EXAMPLE.com' })).toEqual({ contactId, target: email })
    expect(sendPhone({ contactId, phoneNumber: '86-13900001234' })).toEqual({ contactId, target: phone })
  })

  test('has every violation in field order', () => {
    expect(violationsIn(() => sendEmail({}))).toEqual([
      ['contact_id', 'MISSING_PARAMETER_CONTACT_ID'],
      ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
    ])
    expect(violationsIn(() => sendPhone({ contactId: 'c', phoneNumber: '1-2025550123' }))).toEqual([
      ['contact_id', 'INVALID_PARAMETER_CONTACT_ID'],
      ['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
    ])
  })
})

describe('a request to confirm', () => {
  const emailTarget = { case: 'emailAddress', value: 'tom@EXAMPLE.com' } as const
  const phoneTarget = { case: 'phoneNumber', value: '86-13900001234' } as const

  test('has a contact, a target and a code', () => {
    expect(confirm({ contactId, target: emailTarget, code: '012345' })).toEqual({
      contactId,
      target: email,
      code: '012345',
    })
    expect(confirm({ contactId, target: phoneTarget, code: '999999' })).toEqual({
      contactId,
      target: phone,
      code: '999999',
    })
  })

  test('has every violation in field order', () => {
    expect(violationsIn(() => confirm({}))).toEqual([
      ['contact_id', 'MISSING_PARAMETER_CONTACT_ID'],
      ['target', 'MISSING_PARAMETER_TARGET'],
      ['code', 'MISSING_PARAMETER_CODE'],
    ])
    expect(violationsIn(() => confirm({ contactId, target: { case: 'emailAddress', value: '' }, code: 'x' }))).toEqual([
      ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
      ['code', 'INVALID_PARAMETER_CODE'],
    ])
    expect(violationsIn(() => confirm({ contactId, target: { case: 'phoneNumber', value: '86' }, code: '1' }))).toEqual(
      [
        ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
        ['code', 'INVALID_PARAMETER_CODE'],
      ],
    )
  })

  const codeOf = (code: string) => confirm({ contactId, target: emailTarget, code }).code

  test.each([
    ['a space before', ' 608687'],
    ['a space after', '608687 '],
    ['a space inside', '608 687'],
    ['a hyphen inside', '608-687'],
    ['a line break after', '608687\n'],
    ['a line break of Windows and a tab', '\t608687\r\n'],
    ['full-width digits', '６０８６８７'],
    ['full-width digits and a full-width hyphen', '６０８－６８７'],
    ['digits in bold', '\u{1d7d4}\u{1d7ce}\u{1d7d6}687'],
    ['a no-break space', '608\u00a0687'],
    ['a narrow no-break space', '608\u202f687'],
    ['an ideographic space', '608\u3000687'],
    ['a zero-width space', '608\u200b687'],
    ['a zero-width joiner', '6\u200d08687'],
    ['a byte order mark', '\ufeff608687'],
    ['a soft hyphen', '608\u00ad687'],
    ['marks of direction', '\u202a608687\u202c'],
    ['an en dash', '608–687'],
    ['an em dash', '608—687'],
    ['a hyphen that does not break', '608\u2011687'],
    ['a minus sign', '608\u2212687'],
    ['a space between all digits', '6 0 8 6 8 7'],
    ['the indentation of a page around it', `\n${' '.repeat(70)}608687\n${' '.repeat(70)}`],
    ['60,000 spaces before', `${' '.repeat(60_000)}608687`],
  ])('has a code as people paste it, with %s', (_, code) => {
    expect(codeOf(code)).toBe('608687')
  })

  test.each([
    '12345',
    '1234567',
    '12345a',
    '-12345',
    '123.456',
    '123,456',
    '123_456',
    '+123456',
    '"123456"',
    '\u0661\u0662\u0663\u0664\u0665\u0666',
    '123456\0',
    '12345\u0301',
    `a${'\u0315\u0300'.repeat(100_000)}`,
    '123456'.repeat(10_000),
  ])('has no code if it has %j', (code) => {
    expect(violationsIn(() => confirm({ contactId, target: emailTarget, code }))).toEqual([
      ['code', 'INVALID_PARAMETER_CODE'],
    ])
  })

  test.each(['', ' ', '\n', '\u3000\u200b', '--', '\u2212\ufeff-', '\n'.repeat(65)])(
    'misses the code if nothing of %j is left',
    (code) => {
      expect(violationsIn(() => confirm({ contactId, target: emailTarget, code }))).toEqual([
        ['code', 'MISSING_PARAMETER_CODE'],
      ])
    },
  )

  test('has the same code wherever ignored characters are, and whatever the width of its digits', () => {
    const ignored = fc.constantFrom(
      ' ',
      '\n',
      '\t',
      '\u00a0',
      '\u2009',
      '\u3000',
      '-',
      '－',
      '–',
      '\u2212',
      '\u200b',
      '\u2060',
      '\ufeff',
    )
    const between = fc.string({ unit: ignored, maxLength: 5 })
    const digits = fc.array(fc.tuple(fc.nat(9), fc.boolean()), { minLength: 6, maxLength: 6 })
    const gaps = fc.array(between, { minLength: 7, maxLength: 7 })
    fc.assert(
      fc.property(digits, gaps, (code, [first = '', ...others]) => {
        const typed = code.map(
          ([digit, isWide], index) => String.fromCodePoint((isWide ? 0xff10 : 0x30) + digit) + others[index],
        )
        expect(codeOf(first + typed.join(''))).toBe(code.map(([digit]) => digit).join(''))
      }),
    )
  })

  test('has a code of six ASCII digits, or is refused, whatever the text', () => {
    const anyCode = fc.string({
      unit: fc.oneof(fc.constantFrom(...'0123456789 -'), fc.string({ unit: 'binary', maxLength: 1 })),
    })
    fc.assert(
      fc.property(anyCode, (text) => {
        let code: string
        try {
          code = codeOf(text)
        } catch {
          const [[field, reason] = []] = violationsIn(() => codeOf(text))
          expect([field, reason]).toEqual(['code', expect.stringMatching(/^(MISSING|INVALID)_PARAMETER_CODE$/)])
          return
        }
        expect(code).toMatch(/^[0-9]{6}$/)
        expect(codeOf(code)).toBe(code)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a request to cancel', () => {
  test('has one target or both, the mail address first', () => {
    const [emailAddress, phoneNumber] = ['tom@EXAMPLE.com', '86-13900001234']
    expect(cancel({ contactId, emailAddress })).toEqual({ contactId, targets: [email] })
    expect(cancel({ contactId, phoneNumber })).toEqual({ contactId, targets: [phone] })
    expect(cancel({ contactId, emailAddress, phoneNumber })).toEqual({ contactId, targets: [email, phone] })
  })

  test('has every violation in field order', () => {
    expect(violationsIn(() => cancel({}))).toEqual([
      ['contact_id', 'MISSING_PARAMETER_CONTACT_ID'],
      ['email_address', 'MISSING_PARAMETER_TARGET'],
    ])
    expect(violationsIn(() => cancel({ contactId, emailAddress: 'tom', phoneNumber: '86' }))).toEqual([
      ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })
})

describe('a request to list verifications', () => {
  const token = pageToken({ directoryId: 'rd-1', contactId }, 'email')

  test('is for a page of the verifications of a contact', () => {
    expect(list({ contactId })).toEqual({ directoryId: 'rd-1', contactId, size: 20, after: undefined })
    expect(list({ contactId, pageSize: 1, pageToken: token })).toEqual({
      directoryId: 'rd-1',
      contactId,
      size: 1,
      after: 'email',
    })
  })

  test('has every violation in field order', () => {
    expect(violationsIn(() => list({ pageSize: -1, pageToken: 'x' }))).toEqual([
      ['contact_id', 'MISSING_PARAMETER_CONTACT_ID'],
      ['page_size', 'INVALID_PARAMETER_PAGE_SIZE'],
      ['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'],
    ])
  })

  test.each([
    ['directory', { directoryId: 'rd-2', contactId }],
    ['contact', { directoryId: 'rd-1', contactId: 'c-0000000000000000' }],
  ])('cannot use the token of another %s', (_, identity) => {
    expect(violationsIn(() => list({ contactId, pageToken: pageToken(identity, 'email') }))).toEqual([
      ['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'],
    ])
  })
})
