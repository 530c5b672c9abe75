import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MessageContact, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { dayMs } from '../../../src/time.js'
import { Clock } from '../../support/clock.js'
import { expectRefusal, preconditionFailure, quotaFailure, retryInfo } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { incorrectCode, VerifyingDirectory } from '../../support/verifying-directory.js'

const codeTtlMs = 1_800_000
const clock = new Clock()
let service: RunningService
let directory: VerifyingDirectory
let contact: MessageContact
let contactId: string

beforeAll(async () => {
  const environment = {
    UNCONFIGURED_SENDER: 'print',
    VERIFICATION_MAX_ATTEMPTS: '2',
    VERIFICATION_MAX_ATTEMPTS_PER_DAY: '3',
  }
  service = await startService({ environment, dependencies: { ...clock.dependencies, print: () => {} } })
})
afterAll(() => service.stop())
beforeEach(async () => {
  // What earlier tests sent and attempted no longer counts.
  clock.advance(dayMs)
  directory = new VerifyingDirectory(service)
  contact = await directory.add()
  contactId = contact.contactId
})

type Reason = 'VERIFICATION_CODE_SUPERSEDED' | 'VERIFICATION_CODE_EXPIRED' | 'VERIFICATION_ATTEMPTS_EXHAUSTED'

/** Asserts that a code is refused, and that nothing is written. */
const expectRefused = (code: string, reason: Reason = 'VERIFICATION_CODE_SUPERSEDED') => {
  const details = { PreconditionFailure: preconditionFailure(reason, contactId) }
  return directory.expectUnchanged(() => directory.confirmEmail(contact, code), reason, details)
}

/** Asserts that a code is incorrect and costs an attempt. */
async function expectIncorrect(code: string, attemptsRemaining: number) {
  const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_INCORRECT', contactId) }
  const metadata = { attemptsRemaining: String(attemptsRemaining) }
  await expectRefusal(directory.confirmEmail(contact, code), 'VERIFICATION_CODE_INCORRECT', details, metadata)
}

/** Sends so many codes to the mail address of the contact, one after the other, and gives them. */
async function sendCodes(count: number): Promise<string[]> {
  const codes: string[] = []
  for (let sent = 0; sent < count; sent += 1) codes.push(await directory.sendCode(contact))
  return codes
}

describe('ConfirmMessageContactVerification with the code of an earlier message', () => {
  test('is refused as superseded as often as it is given, costs no attempt, and the newest code stays valid', async () => {
    const [first = '', second = ''] = await sendCodes(2)
    for (let given = 0; given < 5; given += 1) await expectRefused(first)
    await expect(directory.confirmEmail(contact, first)).rejects.toThrow('A newer Code was sent.')
    expect((await directory.verifications({ contactId })).verifications[0]?.attemptsRemaining).toBe(2)
    expect((await directory.confirmEmail(contact, second)).emailVerifyDate).toBeDefined()
  })

  test('is refused as superseded for the last three; an even earlier one is incorrect', async () => {
    const [first = '', second = '', third = '', fourth = '', fifth = ''] = await sendCodes(5)
    for (const code of [second, third, fourth]) await expectRefused(code)
    await expectIncorrect(first, 1)
    // What is incorrect leaves the others as they are.
    await expectRefused(second)
    expect((await directory.confirmEmail(contact, fifth)).emailVerifyDate).toBeDefined()
  })

  test('is incorrect as soon as it has expired itself', async () => {
    const [first = ''] = await sendCodes(1)
    clock.advance(codeTtlMs - 1)
    await sendCodes(1)
    await expectRefused(first)
    clock.advance(1)
    await expectIncorrect(first, 1)
  })

  test('is refused as expired once the newest code has expired', async () => {
    const [first = ''] = await sendCodes(2)
    clock.advance(codeTtlMs)
    await expectRefused(first, 'VERIFICATION_CODE_EXPIRED')
  })

  test('is refused as exhausted if no attempt remains, and with the limit of the day before that', async () => {
    const [first = '', second = ''] = await sendCodes(2)
    await expectIncorrect(incorrectCode(second), 1)
    await expectIncorrect(incorrectCode(second), 0)
    await expectRefused(first, 'VERIFICATION_ATTEMPTS_EXHAUSTED')
    const [third = ''] = await sendCodes(1)
    await expectIncorrect(incorrectCode(third), 1)
    const reason = 'VERIFICATION_ATTEMPTS_PER_DAY'
    const details = {
      QuotaFailure: quotaFailure(reason, 'contact', 'VERIFICATION_MAX_ATTEMPTS_PER_DAY', 3),
      RetryInfo: retryInfo(dayMs),
    }
    await directory.expectUnchanged(() => directory.confirmEmail(contact, second), reason, details)
  })

  test('is incorrect after the address was changed and set again', async () => {
    const [first = ''] = await sendCodes(2)
    await directory.update({ contactId, emailAddress: 'else@example.com' })
    await directory.update({ contactId, emailAddress: contact.emailAddress })
    await sendCodes(1)
    await expectIncorrect(first, 1)
  })
})

describe('ConfirmMessageContactVerification beside an address in effect, with the code of an earlier message', () => {
  const pending = 'tom@example.org'
  beforeEach(async () => {
    await directory.verify(contact, clock.date)
    contact = await directory.update({ contactId, emailAddress: pending })
  })

  test('is incorrect after the update was cancelled and requested again', async () => {
    const [first = ''] = await sendCodes(2)
    await directory.cancel({ contactId, emailAddress: pending })
    await directory.update({ contactId, emailAddress: pending })
    await sendCodes(1)
    await expectIncorrect(first, 1)
  })

  test('is superseded, and the newest is valid, after a form changed the title and sent all fields back', async () => {
    const [first = '', second = ''] = await sendCodes(2)
    const { name, emailAddress, phoneNumber, messageTypes } = contact
    const form = { contactId, name, emailAddress, phoneNumber, messageTypes, title: Title.OTHER }
    expect(await directory.update({ ...form, updateMask: { paths: ['*'] } })).toMatchObject({
      title: Title.OTHER,
      pendingEmailAddress: pending,
    })
    await expectRefused(first)
    expect((await directory.confirmEmail(contact, second)).emailAddress).toBe(pending)
  })
})

test('concurrent calls of ConfirmMessageContactVerification with superseded codes cost no attempt', async () => {
  const [first = '', second = ''] = await sendCodes(3)
  const calls = Array.from({ length: 8 }, () => [first, second].map((code) => directory.confirmEmail(contact, code)))
  const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_SUPERSEDED', contactId) }
  await Promise.all(calls.flat().map((call) => expectRefusal(call, 'VERIFICATION_CODE_SUPERSEDED', details)))
  expect((await directory.verifications({ contactId })).verifications[0]?.attemptsRemaining).toBe(2)
})
