import { timestampDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Reason } from '../../src/failure.js'
import { quotaFailure, retryInfo } from '../refusal.js'
import { type RunningService, startService } from '../service/running-service.js'
import { Clock, dayMs, minuteMs } from './clock.js'
import { ProvingDirectory } from './proving-directory.js'

const limits = { MESSAGES_PER_ADDRESS_PER_MINUTE: 3, MAILS_PER_DAY: 4, TEXTS_PER_DAY: 2 }
const clock = new Clock()
let service: RunningService
let directory: ProvingDirectory
let contactId: string
beforeAll(async () => {
  const environment = Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)]))
  service = await startService({
    environment: { UNSENT_MESSAGES: 'print', ...environment },
    surroundings: { now: clock.read, print: () => {} },
  })
})
afterAll(() => service.stop())
beforeEach(async () => {
  // Limits are free again, and no test knows of another one.
  clock.pass(dayMs)
  directory = new ProvingDirectory(service)
  contactId = (await directory.add()).contactId
})

const toms = 'tom@example.com'
const toTom = () => directory.sendMail(contactId, toms)
const textTom = () => directory.sendText(contactId, '86-13900001234')

/** That a call is refused for a limit that frees after so long, and stores nothing. */
async function expectLimited(
  call: () => Promise<unknown>,
  [reason, subject, setting]: readonly [Reason, string, keyof typeof limits],
  retryAfterMs: number,
) {
  await directory.settled(contactId)
  const QuotaFailure = quotaFailure(reason, subject, setting, limits[setting])
  await directory.expectKept(call, reason, { QuotaFailure, RetryInfo: retryInfo(retryAfterMs) })
}
const ofAddress = ['LIMIT_EXCEEDED_ADDRESS', 'address', 'MESSAGES_PER_ADDRESS_PER_MINUTE'] as const
const dayReason = 'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT'
const mailsOfDay = [dayReason, 'resource directory', 'MAILS_PER_DAY'] as const
const textsOfDay = [dayReason, 'resource directory', 'TEXTS_PER_DAY'] as const

describe('messages to one address in a minute', () => {
  test('are so many, and the next one may be sent when the first of them is a minute old to the millisecond', async () => {
    const nextSendMs = async () => {
      const { nextSendDate } = await toTom()
      return timestampDate(nextSendDate ?? expect.fail()).getTime() - clock.date.getTime()
    }
    expect(await nextSendMs()).toBe(0)
    clock.pass(10_000)
    expect(await nextSendMs()).toBe(0)
    clock.pass(1)
    expect(await nextSendMs()).toBe(minuteMs - 10_001)
    await expectLimited(toTom, ofAddress, minuteMs - 10_001)
    clock.pass(minuteMs - 10_002)
    await expectLimited(toTom, ofAddress, 1)
    clock.pass(1)
    // The second of them was sent ten seconds after the first.
    expect(await nextSendMs()).toBe(10_000)
    // And the fourth was the last of the day, which is told first: it uses up nothing of the address.
    await expectLimited(toTom, mailsOfDay, dayMs - minuteMs)
  })

  test('are counted over all directories, however they write it', async () => {
    const other = new ProvingDirectory(service)
    const theirs = await other.add({ name: 'Ann', emailAddress: 'TOM@EXAMPLE.com' })
    for (let sent = 0; sent < 2; sent += 1) await other.sendMail(theirs.contactId, 'TOM@EXAMPLE.com')
    await toTom()
    await expectLimited(toTom, ofAddress, minuteMs)
  })

  test('leave those to another address and to the phone alone', async () => {
    const ann = await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    for (let sent = 0; sent < 3; sent += 1) await toTom()
    await expectLimited(toTom, ofAddress, minuteMs)
    await directory.sendMail(ann.contactId, 'ann@example.com')
    await textTom()
  })
})

describe('messages of a directory in a day', () => {
  test('are so many mails over all its contacts, until the first of them is a day old to the millisecond', async () => {
    const ann = await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    const toAnn = () => directory.sendMail(ann.contactId, 'ann@example.com')
    for (const send of [toTom, toAnn, toTom, toAnn]) {
      await send()
      clock.pass(minuteMs)
    }
    await directory.settled(ann.contactId)
    await expectLimited(toTom, mailsOfDay, dayMs - 4 * minuteMs)
    await expectLimited(toAnn, mailsOfDay, dayMs - 4 * minuteMs)
    clock.pass(dayMs - 4 * minuteMs - 1)
    await expectLimited(toTom, mailsOfDay, 1)
    clock.pass(1)
    await toAnn()
    await directory.settled(ann.contactId)
    await expectLimited(toTom, mailsOfDay, minuteMs)
  })

  test('are so many text messages, whatever was mailed', async () => {
    for (let sent = 0; sent < 2; sent += 1) await textTom()
    await expectLimited(textTom, textsOfDay, dayMs)
    await toTom()
    clock.pass(dayMs - 1)
    await expectLimited(textTom, textsOfDay, 1)
    clock.pass(1)
    await textTom()
  })

  test('leave those of another directory alone', async () => {
    for (let sent = 0; sent < 4; sent += 1) {
      await toTom()
      clock.pass(minuteMs)
    }
    await expectLimited(toTom, mailsOfDay, dayMs - 4 * minuteMs)
    const other = new ProvingDirectory(service)
    await other.sentTo(await other.add())
  })

  test('are not used up by what is not sent at all', async () => {
    for (let asked = 0; asked < 5; asked += 1)
      await expect(directory.sendMail(contactId, 'nobody@example.com')).rejects.toThrow()
    for (let sent = 0; sent < 4; sent += 1) {
      await toTom()
      clock.pass(minuteMs)
    }
  })
})

test('a code that was asked for before the limit was reached goes on to be valid', async () => {
  const contact = await directory.get(contactId)
  for (let sent = 0; sent < 2; sent += 1) await directory.sentTo(contact)
  const code = await directory.sentTo(contact)
  await expectLimited(toTom, ofAddress, minuteMs)
  expect((await directory.confirmMail(contact, code)).emailAddress).toBe(toms)
})
