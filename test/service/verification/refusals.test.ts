import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Reason } from '../../../src/errors/catalog.js'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { dayMs } from '../../../src/time.js'
import { Clock } from '../../support/clock.js'
import { contactNotFound, unknownContactId } from '../../support/directory.js'
import { badRequest, type ExpectedViolation, preconditionFailure } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { VerifyingDirectory, verificationNotFound } from '../../support/verifying-directory.js'

const clock = new Clock()
let service: RunningService
let directory: VerifyingDirectory
let contact: MessageContact
beforeAll(async () => {
  const dependencies = { ...clock.dependencies, print: () => {} }
  service = await startService({ environment: { UNCONFIGURED_SENDER: 'print' }, dependencies })
})
afterAll(() => service.stop())
beforeEach(async () => {
  // What earlier tests sent no longer counts.
  clock.advance(dayMs)
  directory = new VerifyingDirectory(service)
  contact = await directory.add()
})

/** The addresses of the contact, and others that it gets in some of the tests. */
const current = { emailAddress: 'tom@example.com', phoneNumber: '86-13900001234' }
const next = { emailAddress: 'tom@example.org', phoneNumber: '86-13800005678' }
const email = (value: string) => ({ case: 'emailAddress', value }) as const
const phone = (value: string) => ({ case: 'phoneNumber', value }) as const
const longAddress = `${'a'.repeat(65)}@example.com`

/** A call about a contact. */
type ContactCall = (contactId: string) => Promise<unknown>
type Violations = readonly ExpectedViolation[]

const sendEmail =
  (address: string): ContactCall =>
  (contactId) =>
    directory.sendEmail(contactId, address)
const sendSms =
  (number: string): ContactCall =>
  (contactId) =>
    directory.sendSms(contactId, number)
const confirm =
  (target: ReturnType<typeof email> | ReturnType<typeof phone>, code: string): ContactCall =>
  (contactId) =>
    directory.confirm({ contactId, target, code })
const cancel =
  (addresses: Partial<typeof current>): ContactCall =>
  (contactId) =>
    directory.cancel({ contactId, ...addresses })
const list =
  (request: object): ContactCall =>
  (contactId) =>
    directory.verifications({ contactId, ...request })

/** One valid call of each operation. */
const operations: readonly (readonly [string, ContactCall])[] = [
  ['SendEmailVerificationForMessageContact', sendEmail(current.emailAddress)],
  ['SendPhoneVerificationForMessageContact', sendSms(current.phoneNumber)],
  ['ConfirmMessageContactVerification', confirm(email(current.emailAddress), '123456')],
  ['CancelMessageContactUpdate', cancel(current)],
  ['ListMessageContactVerifications', list({})],
]

describe('an invalid request is refused with every violation', () => {
  const cases: readonly (readonly [string, ContactCall, Violations])[] = [
    [
      'SendEmailVerificationForMessageContact without a mail address',
      sendEmail(''),
      [['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS']],
    ],
    [
      'SendEmailVerificationForMessageContact to an invalid mail address',
      sendEmail('tom@localhost'),
      [['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS']],
    ],
    [
      'SendEmailVerificationForMessageContact to a mail address that is too long',
      sendEmail(longAddress),
      [['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH']],
    ],
    [
      'SendPhoneVerificationForMessageContact without a number',
      sendSms(''),
      [['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER']],
    ],
    [
      'SendPhoneVerificationForMessageContact to an invalid number',
      sendSms('86-1390000'),
      [['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']],
    ],
    [
      'SendPhoneVerificationForMessageContact to a country code that is not accepted',
      sendSms('1-2025550123'),
      [['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE']],
    ],
    [
      'ConfirmMessageContactVerification without target and code',
      (contactId) => directory.confirm({ contactId }),
      [
        ['target', 'MISSING_PARAMETER_TARGET', 'Must be email_address or phone_number.'],
        ['code', 'MISSING_PARAMETER_CODE'],
      ],
    ],
    [
      'ConfirmMessageContactVerification with an invalid mail address and an invalid code',
      confirm(email('tom@localhost'), '12345'),
      [
        ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
        ['code', 'INVALID_PARAMETER_CODE'],
      ],
    ],
    [
      'ConfirmMessageContactVerification with an empty mail address',
      confirm(email(''), '123456'),
      [['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS']],
    ],
    [
      'ConfirmMessageContactVerification with an empty number',
      confirm(phone(''), '123456'),
      [['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER']],
    ],
    [
      'ConfirmMessageContactVerification with a country code that is not accepted',
      confirm(phone('1-2025550123'), '123456'),
      [['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE']],
    ],
    [
      'CancelMessageContactUpdate without an address',
      cancel({}),
      [['email_address', 'MISSING_PARAMETER_TARGET', 'Must be set, or phone_number.']],
    ],
    [
      'CancelMessageContactUpdate with invalid addresses',
      cancel({ emailAddress: 'tom@localhost', phoneNumber: '86-1390000' }),
      [
        ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
      ],
    ],
    [
      'ListMessageContactVerifications with a negative page size',
      list({ pageSize: -1 }),
      [['page_size', 'INVALID_PARAMETER_PAGE_SIZE']],
    ],
    [
      'ListMessageContactVerifications with an invalid page token',
      list({ pageToken: 'x' }),
      [['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']],
    ],
  ]
  test.each(cases)('%s', async (_, call, violations) => {
    const [[, reason] = expect.fail('no violation')] = violations
    await directory.expectUnchanged(() => call(contact.contactId), reason, { BadRequest: badRequest(...violations) })
  })

  test.each(operations)('%s without a contact id, and with an invalid one', async (_, call) => {
    const details = (reason: Reason) => ({ BadRequest: badRequest(['contact_id', reason]) })
    const [missing, invalid] = ['MISSING_PARAMETER_CONTACT_ID', 'INVALID_PARAMETER_CONTACT_ID'] as const
    await directory.expectUnchanged(() => call(''), missing, details(missing))
    await directory.expectUnchanged(() => call('Tom'), invalid, details(invalid))
  })

  test('ListMessageContactVerifications with the page token of another contact', async () => {
    const { contactId } = await directory.add({ name: 'Ann' })
    const { nextPageToken: pageToken } = await directory.verifications({ contactId, pageSize: 1 })
    const reason = 'INVALID_PARAMETER_PAGE_TOKEN'
    const details = { BadRequest: badRequest(['page_token', reason]) }
    await directory.expectUnchanged(() => list({ pageToken })(contact.contactId), reason, details)
  })

  test.each([
    ...['12345', '1234567', '12345a', '123.456', '-12345', '1e0005'].map(
      (code) => [code, 'INVALID_PARAMETER_CODE'] as const,
    ),
    ...['', ' ', '- \u200b\n'].map((code) => [code, 'MISSING_PARAMETER_CODE'] as const),
  ])('ConfirmMessageContactVerification with the code %j, which costs no attempt: %s', async (code, reason) => {
    await directory.sendCode(contact)
    const details = { BadRequest: badRequest(['code', reason]) }
    await directory.expectUnchanged(() => directory.confirmEmail(contact, code), reason, details)
  })
})

describe('a contact that does not exist, or belongs to another directory, is not found', () => {
  test.each(operations)('by %s', async (_, call) => {
    const { contactId } = await new VerifyingDirectory(service).add()
    for (const id of [unknownContactId, contactId])
      await directory.expectUnchanged(() => call(id), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(id))
  })
})

describe('sending a code to an address and confirming it fail with ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', () => {
  const expectNotFound = (call: ContactCall) => {
    const { contactId } = contact
    const details = verificationNotFound(contactId)
    return directory.expectUnchanged(() => call(contactId), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', details)
  }

  test('if it is not an address of the contact', async () => {
    await directory.sendCode(contact)
    await expectNotFound(sendEmail(next.emailAddress))
    await expectNotFound(sendSms(next.phoneNumber))
    await expectNotFound(confirm(email(next.emailAddress), '123456'))
    await expectNotFound(confirm(phone(next.phoneNumber), '123456'))
  })

  test('if no code was sent to it, only to the other address of the contact', async () => {
    const code = await directory.sendCode(contact)
    await expectNotFound(confirm(phone(current.phoneNumber), code))
  })

  test('if it is verified, with or without a pending address', async () => {
    await directory.verify(contact, clock.date)
    await expectNotFound(sendEmail(current.emailAddress))
    await expectNotFound(confirm(email(current.emailAddress), '123456'))
    await directory.update({ contactId: contact.contactId, ...next })
    await expectNotFound(sendEmail(current.emailAddress))
    await expectNotFound(sendSms(current.phoneNumber))
    await expectNotFound(confirm(phone(current.phoneNumber), '123456'))
  })

  test('if another address has replaced it, whose verification its code is not valid for', async () => {
    const code = await directory.sendCode(contact)
    await directory.update({ contactId: contact.contactId, ...next })
    await expectNotFound(confirm(email(current.emailAddress), code))
    await expectNotFound(confirm(email(next.emailAddress), code))
  })
})

describe('CancelMessageContactUpdate fails with CONTACT_STATUS_MISMATCH_ACTION', () => {
  const expectMismatch = (addresses: Partial<typeof current>) => {
    const { contactId } = contact
    const reason = 'CONTACT_STATUS_MISMATCH_ACTION'
    const details = { PreconditionFailure: preconditionFailure(reason, contactId) }
    return directory.expectUnchanged(() => cancel(addresses)(contactId), reason, details)
  }

  test('for an address that has no verified one before it', async () => {
    await expectMismatch({ emailAddress: current.emailAddress })
    await expectMismatch({ phoneNumber: current.phoneNumber })
  })

  test('for a verified address, and for an address that the contact does not have', async () => {
    await directory.verify(contact, clock.date)
    await directory.update({ contactId: contact.contactId, ...next })
    await expectMismatch(current)
    await expectMismatch({ emailAddress: 'tommy@example.org' })
  })

  test('for two addresses of which one is not pending, and then cancels neither', async () => {
    await directory.verify(contact, clock.date)
    await directory.update({ contactId: contact.contactId, ...next })
    await expectMismatch({ emailAddress: next.emailAddress, phoneNumber: current.phoneNumber })
    await expectMismatch({ emailAddress: current.emailAddress, phoneNumber: next.phoneNumber })
    const { contactId } = contact
    const { pendingEmailAddress, pendingPhoneNumber } = await directory.cancel({ contactId, ...next })
    expect([pendingEmailAddress, pendingPhoneNumber]).toEqual(['', ''])
  })

  test('for addresses that are cancelled already', async () => {
    await directory.verify(contact, clock.date)
    await directory.update({ contactId: contact.contactId, ...next })
    await directory.cancel({ contactId: contact.contactId, ...next })
    await expectMismatch(next)
  })
})

describe('sending a code fails with SENDER_NOT_CONFIGURED', () => {
  const SMTP_URL = 'smtp://127.0.0.1:1'
  const SMS_URL = 'http://127.0.0.1:1/'
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, ContactCall])[] = [
    ['SMTP_URL', { MAIL_FROM: 'no-reply@contacts.example', SMS_URL }, sendEmail(current.emailAddress)],
    ['MAIL_FROM', { SMTP_URL }, sendEmail(current.emailAddress)],
    ['SMS_URL', { SMTP_URL, MAIL_FROM: 'no-reply@contacts.example' }, sendSms(current.phoneNumber)],
    ['SMS_BODY', { SMS_URL }, sendSms(current.phoneNumber)],
  ]
  test.each(cases)('if %s is not set', async (setting, environment, call) => {
    const unconfigured = await startService({ environment, dependencies: clock.dependencies })
    onTestFinished(() => unconfigured.stop())
    directory = new VerifyingDirectory(unconfigured)
    const { contactId } = await directory.add()
    const details = { PreconditionFailure: preconditionFailure('SENDER_NOT_CONFIGURED', setting) }
    await directory.expectUnchanged(() => call(contactId), 'SENDER_NOT_CONFIGURED', details)
  })
})
