import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Reason } from '../../src/failure.js'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { badRequest, preconditionFailure } from '../refusal.js'
import { nobodysId, notThere } from '../service/directory.js'
import { type RunningService, startService } from '../service/running-service.js'
import { Clock, dayMs } from './clock.js'
import { nothingWaits, ProvingDirectory } from './proving-directory.js'

const clock = new Clock()
let service: RunningService
let directory: ProvingDirectory
let contact: MessageContact
beforeAll(async () => {
  const surroundings = { now: clock.read, print: () => {} }
  service = await startService({ environment: { UNSENT_MESSAGES: 'print' }, surroundings })
})
afterAll(() => service.stop())
beforeEach(async () => {
  // Limits are free again, and no test knows of another one.
  clock.pass(dayMs)
  directory = new ProvingDirectory(service)
  contact = await directory.add()
})

const present = { emailAddress: 'tom@example.com', phoneNumber: '86-13900001234' }
const next = { emailAddress: 'tom@example.org', phoneNumber: '86-13800005678' }
const mail = (value: string) => ({ case: 'emailAddress', value }) as const
const phone = (value: string) => ({ case: 'phoneNumber', value }) as const
const long = `${'a'.repeat(65)}@example.com`

/** What a contact is asked for. */
type Ask = (contactId: string) => Promise<unknown>
type Violations = readonly (readonly [field: string, reason: Reason])[]

const sendMail =
  (address: string): Ask =>
  (id) =>
    directory.sendMail(id, address)
const sendText =
  (number: string): Ask =>
  (id) =>
    directory.sendText(id, number)
const confirm = (target: ReturnType<typeof mail> | ReturnType<typeof phone>, code: string): Ask => {
  return (contactId) => directory.confirm({ contactId, target, code })
}
const cancel =
  (addresses: Partial<typeof present>): Ask =>
  (contactId) =>
    directory.cancel({ contactId, ...addresses })
const list =
  (request: object): Ask =>
  (contactId) =>
    directory.waiting({ contactId, ...request })

/** One lawful call of each operation. */
const operations: readonly (readonly [string, Ask])[] = [
  ['SendEmailVerificationForMessageContact', sendMail(present.emailAddress)],
  ['SendPhoneVerificationForMessageContact', sendText(present.phoneNumber)],
  ['ConfirmMessageContactVerification', confirm(mail(present.emailAddress), '123456')],
  ['CancelMessageContactUpdate', cancel(present)],
  ['ListMessageContactVerifications', list({})],
]

describe('a request that is not lawful is told every violation', () => {
  const cases: readonly (readonly [string, Ask, Violations])[] = [
    ['no mail address to send to', sendMail(''), [['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS']]],
    ['no mail address at all', sendMail('tom@localhost'), [['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS']]],
    ['a mail address too long', sendMail(long), [['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH']]],
    ['no number to send to', sendText(''), [['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER']]],
    ['no number at all', sendText('86-1390000'), [['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER']]],
    ['a country not served', sendText('1-2025550123'), [['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE']]],
    [
      'neither target nor code',
      (contactId) => directory.confirm({ contactId }),
      [
        ['target', 'MISSING_PARAMETER_TARGET'],
        ['code', 'MISSING_PARAMETER_CODE'],
      ],
    ],
    [
      'a target that is no mail address',
      confirm(mail('tom@localhost'), '12345'),
      [
        ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
        ['code', 'INVALID_PARAMETER_CODE'],
      ],
    ],
    ['an empty mail address', confirm(mail(''), '123456'), [['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS']]],
    ['an empty number', confirm(phone(''), '123456'), [['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER']]],
    [
      'a number of a country not served',
      confirm(phone('1-2025550123'), '123456'),
      [['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE']],
    ],
    ['nothing to cancel', cancel({}), [['email_address', 'MISSING_PARAMETER_TARGET']]],
    [
      'nothing lawful to cancel',
      cancel({ emailAddress: 'tom@localhost', phoneNumber: '86-1390000' }),
      [
        ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
      ],
    ],
    ['a page of less than nothing', list({ pageSize: -1 }), [['page_size', 'INVALID_PARAMETER_PAGE_SIZE']]],
    ['a token of no list', list({ pageToken: 'x' }), [['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']]],
  ]
  test.each(cases)('%s', async (_, ask, violations) => {
    const [[, reason] = expect.fail('no violation')] = violations
    await directory.expectKept(() => ask(contact.contactId), reason, { BadRequest: badRequest(...violations) })
  })

  test.each(operations)('%s without a contact, and with what cannot be one', async (_, ask) => {
    const told = (reason: Reason) => ({ BadRequest: badRequest(['contact_id', reason]) })
    await directory.expectKept(() => ask(''), 'MISSING_PARAMETER_CONTACT_ID', told('MISSING_PARAMETER_CONTACT_ID'))
    await directory.expectKept(() => ask('Tom'), 'INVALID_PARAMETER_CONTACT_ID', told('INVALID_PARAMETER_CONTACT_ID'))
  })

  test('a token of another contact', async () => {
    const { contactId } = await directory.add({ name: 'Ann' })
    const { nextPageToken: pageToken } = await directory.waiting({ contactId, pageSize: 1 })
    const reason = 'INVALID_PARAMETER_PAGE_TOKEN'
    const details = { BadRequest: badRequest(['page_token', reason]) }
    await directory.expectKept(() => list({ pageToken })(contact.contactId), reason, details)
  })

  test.each(['12345', '1234567', '12345a', ' 123456', '１２３４５６', '-12345', '1e0005'])(
    'the code %j costs no try',
    async (code) => {
      await directory.sentTo(contact)
      const details = { BadRequest: badRequest(['code', 'INVALID_PARAMETER_CODE']) }
      await directory.expectKept(() => directory.confirmMail(contact, code), 'INVALID_PARAMETER_CODE', details)
    },
  )
})

describe('a contact that is not there', () => {
  test.each(operations)('is told to %s, whether it never was or is in another directory', async (_, ask) => {
    const there = await new ProvingDirectory(service).add()
    for (const id of [nobodysId, there.contactId])
      await directory.expectKept(() => ask(id), 'ENTITY_NOT_EXISTS_CONTACT', notThere(id))
  })
})

describe('an address that waits for nothing is not sent to, nor confirmed', () => {
  const refused = (ask: Ask) => {
    const { contactId } = contact
    return directory.expectKept(() => ask(contactId), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', nothingWaits(contactId))
  }

  test('one that is not the contact’s', async () => {
    await directory.sentTo(contact)
    await refused(sendMail(next.emailAddress))
    await refused(sendText(next.phoneNumber))
    await refused(confirm(mail(next.emailAddress), '123456'))
    await refused(confirm(phone(next.phoneNumber), '123456'))
  })

  test('one to which no code was sent, whatever was sent to the other one', async () => {
    const code = await directory.sentTo(contact)
    await refused(confirm(phone(present.phoneNumber), code))
  })

  test('one that is in effect, with or without another one behind it', async () => {
    await directory.prove(contact, clock.date)
    await refused(sendMail(present.emailAddress))
    await refused(confirm(mail(present.emailAddress), '123456'))
    await directory.update({ contactId: contact.contactId, ...next })
    await refused(sendMail(present.emailAddress))
    await refused(sendText(present.phoneNumber))
    await refused(confirm(phone(present.phoneNumber), '123456'))
  })

  test('one that waited until another one was given, with its code', async () => {
    const code = await directory.sentTo(contact)
    await directory.update({ contactId: contact.contactId, ...next })
    await refused(confirm(mail(present.emailAddress), code))
    await refused(confirm(mail(next.emailAddress), code))
  })
})

describe('what does not wait behind another one is not cancelled', () => {
  const refused = (addresses: Partial<typeof present>) => {
    const { contactId } = contact
    const reason = 'CONTACT_STATUS_MISMATCH_ACTION'
    const details = { PreconditionFailure: preconditionFailure(reason, contactId) }
    return directory.expectKept(() => cancel(addresses)(contactId), reason, details)
  }

  test('the only address of its kind, although it waits', async () => {
    await refused({ emailAddress: present.emailAddress })
    await refused({ phoneNumber: present.phoneNumber })
  })

  test('an address in effect, and one that was never given', async () => {
    await directory.prove(contact, clock.date)
    await directory.update({ contactId: contact.contactId, ...next })
    await refused(present)
    await refused({ emailAddress: 'tommy@example.org' })
  })

  test('neither of two where one is not what waits there', async () => {
    await directory.prove(contact, clock.date)
    await directory.update({ contactId: contact.contactId, ...next })
    await refused({ emailAddress: next.emailAddress, phoneNumber: present.phoneNumber })
    await refused({ emailAddress: present.emailAddress, phoneNumber: next.phoneNumber })
    const { pendingEmailAddress, pendingPhoneNumber } = await directory.cancel({
      contactId: contact.contactId,
      ...next,
    })
    expect([pendingEmailAddress, pendingPhoneNumber]).toEqual(['', ''])
  })

  test('what was cancelled already', async () => {
    await directory.prove(contact, clock.date)
    await directory.update({ contactId: contact.contactId, ...next })
    await directory.cancel({ contactId: contact.contactId, ...next })
    await refused(next)
  })
})

describe('a service that is not set up to send', () => {
  const SMTP_URL = 'smtp://127.0.0.1:1'
  const SMS_URL = 'http://127.0.0.1:1/'
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, Ask])[] = [
    ['SMTP_URL', { MAIL_FROM: 'no-reply@contacts.example', SMS_URL }, sendMail(present.emailAddress)],
    ['MAIL_FROM', { SMTP_URL }, sendMail(present.emailAddress)],
    ['SMS_URL', { SMTP_URL, MAIL_FROM: 'no-reply@contacts.example' }, sendText(present.phoneNumber)],
    ['SMS_BODY', { SMS_URL }, sendText(present.phoneNumber)],
  ]
  test.each(cases)('names %s, which is missing', async (setting, environment, ask) => {
    const lacking = await startService({ environment, surroundings: { now: clock.read } })
    onTestFinished(() => lacking.stop())
    directory = new ProvingDirectory(lacking)
    const { contactId } = await directory.add()
    const details = { PreconditionFailure: preconditionFailure('SENDER_NOT_SET_UP', setting) }
    await directory.expectKept(() => ask(contactId), 'SENDER_NOT_SET_UP', details)
  })
})
