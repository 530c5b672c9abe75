import { create, type MessageInitShape } from '@bufbuild/protobuf'
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

  test.each(['12345', '1234567', '12345a', ' 123456', '123456 ', '123456\n', '１２３４５６', '-12345'])(
    'has no code if it has %j',
    (code) => {
      expect(violationsIn(() => confirm({ contactId, target: emailTarget, code }))).toEqual([
        ['code', 'INVALID_PARAMETER_CODE'],
      ])
    },
  )
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
