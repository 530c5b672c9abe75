import { timestampDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Reason } from '../../../src/errors/catalog.js'
import { dayMs, minuteMs } from '../../../src/time.js'
import { Clock } from '../../support/clock.js'
import { expectRefusal, quotaFailure, retryInfo } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { VerifyingDirectory } from '../../support/verifying-directory.js'

const limits = {
  MESSAGES_PER_ADDRESS_PER_MINUTE: 3,
  MESSAGES_PER_ADDRESS_PER_DAY: 4,
  EMAILS_PER_DIRECTORY_PER_DAY: 4,
  SMS_PER_DIRECTORY_PER_DAY: 2,
}
const strictLimits = { MESSAGES_PER_ADDRESS_PER_MINUTE: 2, MESSAGES_PER_ADDRESS_PER_DAY: 3 }
const clock = new Clock()
let service: RunningService
/** Another process, with lower limits of messages to one address. */
let strict: RunningService
let directory: VerifyingDirectory
let contactId: string
beforeAll(async () => {
  const textsOf = (numbers: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]))
  const options = { dependencies: { ...clock.dependencies, print: () => {} } }
  const common = { UNCONFIGURED_SENDER: 'print', MONGODB_DATABASE: uniqueName('limits'), ...textsOf(limits) }
  service = await startService({ environment: common, ...options })
  strict = await startService({
    environment: { ...common, ...textsOf(strictLimits) },
    dependencies: { storedNow: clock.read, print: () => {} },
  })
})
afterAll(async () => {
  await strict?.stop()
  await service?.stop()
})
beforeEach(async () => {
  // What earlier tests sent no longer counts.
  clock.advance(dayMs)
  directory = new VerifyingDirectory(service)
  contactId = (await directory.add()).contactId
})

const tomsAddress = 'tom@example.com'
/** Through the other process. */
const emailStrictly = (id: string, emailAddress: string, { id: directoryId } = directory) =>
  strict.client.sendEmailVerificationForMessageContact({ contactId: id, emailAddress }, { directoryId })
const emailTom = () => directory.sendEmail(contactId, tomsAddress)
const textTom = () => directory.sendSms(contactId, '86-13900001234')

/** Sends a code, and lets a minute pass once it is delivered: a delivery that such a jump of the clock meets is put off. */
async function sendAndWaitAMinute(send: () => Promise<unknown>, id = contactId) {
  await send()
  await directory.storedAfterDelivery(id)
  clock.advance(minuteMs)
}

/**
 * Asserts that a call is refused because of a limit, which it does not reach any more after `retryAfterMs`, and stores
 * nothing.
 */
async function expectLimited(
  call: () => Promise<unknown>,
  [reason, subject, setting]: readonly [Reason, string, keyof typeof limits],
  retryAfterMs: number,
) {
  await directory.storedAfterDelivery(contactId)
  const QuotaFailure = quotaFailure(reason, subject, setting, limits[setting])
  await directory.expectUnchanged(call, reason, { QuotaFailure, RetryInfo: retryInfo(retryAfterMs) })
}
const addressLimit = ['LIMIT_EXCEEDED_ADDRESS', 'address', 'MESSAGES_PER_ADDRESS_PER_MINUTE'] as const
const dayReason = 'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT'
const emailLimit = [dayReason, 'resource directory', 'EMAILS_PER_DIRECTORY_PER_DAY'] as const
const smsLimit = [dayReason, 'resource directory', 'SMS_PER_DIRECTORY_PER_DAY'] as const

describe('the limit of messages to one address in a minute', () => {
  test('ends exactly one minute after the first message, to the millisecond', async () => {
    const waitForNextSendMs = async () => {
      const { nextSendDate } = await emailTom()
      return timestampDate(nextSendDate ?? expect.fail('no next send date')).getTime() - clock.date.getTime()
    }
    expect(await waitForNextSendMs()).toBe(0)
    clock.advance(10_000)
    expect(await waitForNextSendMs()).toBe(0)
    clock.advance(1)
    expect(await waitForNextSendMs()).toBe(minuteMs - 10_001)
    await expectLimited(emailTom, addressLimit, minuteMs - 10_001)
    clock.advance(minuteMs - 10_002)
    await expectLimited(emailTom, addressLimit, 1)
    clock.advance(1)
    // The directory has none left until a day after the first.
    expect(await waitForNextSendMs()).toBe(dayMs - minuteMs)
    // The fourth was the last of the day. That limit is checked first, so that the refusal does not count for the
    // address.
    await expectLimited(emailTom, emailLimit, dayMs - minuteMs)
  })

  test('counts all directories and every form of the address', async () => {
    const other = new VerifyingDirectory(service)
    const ann = await other.add({ name: 'Ann', emailAddress: 'TOM@EXAMPLE.com' })
    for (let sent = 0; sent < 2; sent += 1) await other.sendEmail(ann.contactId, 'TOM@EXAMPLE.com')
    await emailTom()
    await expectLimited(emailTom, addressLimit, minuteMs)
  })

  test('does not affect another address or the phone number', async () => {
    const ann = await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    for (let sent = 0; sent < 3; sent += 1) await emailTom()
    await expectLimited(emailTom, addressLimit, minuteMs)
    await directory.sendEmail(ann.contactId, 'ann@example.com')
    await textTom()
  })
})

describe('a limit that is lower in another process', () => {
  const emailTomStrictly = () => emailStrictly(contactId, tomsAddress)
  const strictRefusal = (retryAfterMs: number) => ({
    QuotaFailure: quotaFailure('LIMIT_EXCEEDED_ADDRESS', 'address', 'MESSAGES_PER_ADDRESS_PER_MINUTE', 2),
    RetryInfo: retryInfo(retryAfterMs),
  })

  test('is exact for the calls of that process, whatever the others let through', async () => {
    // The limit of a day counts each directory.
    const other = new VerifyingDirectory(service)
    const { contactId: tom } = await other.add()
    for (const send of [() => other.sendEmail(tom, tomsAddress), emailTom, emailTom]) {
      await send()
      clock.advance(10_000)
    }
    // The second of the three counts until it is a minute old: then there is one use within the last minute.
    const retryAfterMs = minuteMs - 20_000
    await expectRefusal(emailTomStrictly(), 'LIMIT_EXCEEDED_ADDRESS', strictRefusal(retryAfterMs))
    clock.advance(retryAfterMs - 1)
    await expectRefusal(emailTomStrictly(), 'LIMIT_EXCEEDED_ADDRESS', strictRefusal(1))
    clock.advance(1)
    await emailTomStrictly()
  })
})

describe('the limit of messages of a directory to one address in a day', () => {
  const refusal = (retryAfterMs: number) => ({
    QuotaFailure: quotaFailure('LIMIT_EXCEEDED_ADDRESS', 'address', 'MESSAGES_PER_ADDRESS_PER_DAY', 3),
    RetryInfo: retryInfo(retryAfterMs),
  })
  /** Sends the three messages of the day, a minute apart, to the address of two contacts. Gives the second contact. */
  async function useUp(): Promise<string> {
    const { contactId: other } = await directory.add({ name: 'Ann', emailAddress: 'TOM@example.com' })
    await sendAndWaitAMinute(() => emailStrictly(contactId, tomsAddress))
    await sendAndWaitAMinute(() => emailStrictly(other, 'TOM@example.com'), other)
    await sendAndWaitAMinute(() => emailStrictly(contactId, tomsAddress))
    return other
  }

  test('counts all its contacts with the address, and ends exactly one day after the first message', async () => {
    const other = await useUp()
    const emailOther = () => emailStrictly(other, 'TOM@example.com')
    await expectRefusal(emailOther(), 'LIMIT_EXCEEDED_ADDRESS', refusal(dayMs - 3 * minuteMs))
    await expectRefusal(emailStrictly(contactId, tomsAddress), 'LIMIT_EXCEEDED_ADDRESS', refusal(dayMs - 3 * minuteMs))
    clock.advance(dayMs - 3 * minuteMs - 1)
    await expectRefusal(emailOther(), 'LIMIT_EXCEEDED_ADDRESS', refusal(1))
    clock.advance(1)
    const { response } = await emailOther()
    expect(timestampDate(response.nextSendDate ?? expect.fail('no next send date'))).toEqual(
      new Date(clock.date.getTime() + minuteMs),
    )
  })

  test('does not affect other addresses of the directory, nor other directories', async () => {
    await useUp()
    const { contactId: ann } = await directory.add({ name: 'Anna', emailAddress: 'ann@example.com' })
    await emailStrictly(ann, 'ann@example.com')
    const other = new VerifyingDirectory(service)
    const { contactId: tom } = await other.add()
    await emailStrictly(tom, tomsAddress, other)
  })

  test('is not used by calls that another limit refuses', async () => {
    for (const _ of [1, 2]) await emailStrictly(contactId, tomsAddress)
    for (const _ of [1, 2]) await expect(emailStrictly(contactId, tomsAddress)).rejects.toThrow()
    await directory.storedAfterDelivery(contactId)
    clock.advance(minuteMs)
    await emailStrictly(contactId, tomsAddress)
  })

  test('has no uses of processes that did not know it', async () => {
    await sendAndWaitAMinute(emailTom)
    const id = `email ${directory.id}`
    const { matchedCount } = await service.collection.db
      .collection<{ _id: string }>('message_contacts_quotas')
      .updateOne({ _id: id }, { $unset: { partUses: 1 } })
    expect(matchedCount).toBe(1)
    for (const _ of [1, 2, 3]) await sendAndWaitAMinute(emailTom)
    await expectLimited(emailTom, emailLimit, dayMs - 4 * minuteMs)
  })
})

describe('the limits of messages of a directory in a day', () => {
  test('count the emails to all its contacts and end exactly one day after the first one, to the millisecond', async () => {
    const ann = await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    const emailAnn = () => directory.sendEmail(ann.contactId, 'ann@example.com')
    for (let sent = 0; sent < 2; sent += 1) {
      await sendAndWaitAMinute(emailTom)
      await sendAndWaitAMinute(emailAnn, ann.contactId)
    }
    await expectLimited(emailTom, emailLimit, dayMs - 4 * minuteMs)
    await expectLimited(emailAnn, emailLimit, dayMs - 4 * minuteMs)
    clock.advance(dayMs - 4 * minuteMs - 1)
    await expectLimited(emailTom, emailLimit, 1)
    clock.advance(1)
    await emailAnn()
    await directory.storedAfterDelivery(ann.contactId)
    await expectLimited(emailTom, emailLimit, minuteMs)
  })

  test('count text messages apart from emails', async () => {
    for (let sent = 0; sent < 2; sent += 1) await textTom()
    await expectLimited(textTom, smsLimit, dayMs)
    await emailTom()
    clock.advance(dayMs - 1)
    await expectLimited(textTom, smsLimit, 1)
    clock.advance(1)
    await textTom()
  })

  test('do not affect another directory', async () => {
    for (let sent = 0; sent < 4; sent += 1) await sendAndWaitAMinute(emailTom)
    await expectLimited(emailTom, emailLimit, dayMs - 4 * minuteMs)
    const other = new VerifyingDirectory(service)
    await other.sendCode(await other.add())
  })

  test('do not count refused calls', async () => {
    for (let refused = 0; refused < 5; refused += 1)
      await expect(directory.sendEmail(contactId, 'nobody@example.com')).rejects.toThrow()
    for (let sent = 0; sent < 4; sent += 1) await sendAndWaitAMinute(emailTom)
  })
})

test('a code that was sent before a limit was reached stays valid', async () => {
  const contact = await directory.get(contactId)
  for (let sent = 0; sent < 2; sent += 1) await directory.sendCode(contact)
  const code = await directory.sendCode(contact)
  await expectLimited(emailTom, addressLimit, minuteMs)
  expect((await directory.confirmEmail(contact, code)).emailAddress).toBe(tomsAddress)
})
