import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { hotp } from '../../src/contacts/codes.js'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { expectRefusal, preconditionFailure, quotaFailure, retryInfo } from '../refusal.js'
import { notThere } from '../service/directory.js'
import { type RunningService, startService, verificationSecrets } from '../service/running-service.js'
import { Clock, dayMs } from './clock.js'
import { nothingWaits, otherThan, ProvingDirectory } from './proving-directory.js'

const validMs = 1_800_000
const tries = 5
const clock = new Clock()
let service: RunningService
let directory: ProvingDirectory
let contact: MessageContact
let contactId: string

const start = (environment: Readonly<Record<string, string>> = {}) =>
  startService({
    environment: { UNSENT_MESSAGES: 'print', VERIFICATION_TRIES_PER_DAY: '7', ...environment },
    surroundings: { now: clock.read, print: () => {} },
  })
beforeAll(async () => {
  service = await start()
})
afterAll(() => service.stop())
beforeEach(async () => {
  // Limits are free again, and no test knows of another one.
  clock.pass(dayMs)
  directory = new ProvingDirectory(service)
  contact = await directory.add()
  contactId = contact.contactId
})

/** That a code is told to be wrong, and cost one try: the stored contact knows, and its callers see no other contact. */
async function expectWrong(code: string, triesLeft: number) {
  const { emailVerification, version = 0, wrongCodeDates = [], ...before } = await directory.settled(contactId)
  const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_WRONG', contactId) }
  const call = directory.confirmMail(contact, code)
  await expectRefusal(call, 'VERIFICATION_CODE_WRONG', details, { triesLeft: String(triesLeft) })
  expect(await directory.stored()).toContainEqual({
    ...before,
    emailVerification: { ...emailVerification, triesLeft },
    version: version + 1,
    changeRequestId: expect.any(String),
    wrongCodeDates: [...wrongCodeDates, clock.date],
  })
}

type Precondition = 'VERIFICATION_CODE_EXPIRED' | 'VERIFICATION_TRIES_USED_UP'

/** That a code is not even looked at, and cost nothing. */
const expectNotTried = (code: string, reason: Precondition) => {
  const details = { PreconditionFailure: preconditionFailure(reason, contactId) }
  return directory.expectKept(() => directory.confirmMail(contact, code), reason, details)
}

/** The same, for the contact's tries of the day, until so many milliseconds have passed. */
const expectTiredOut = (code: string, retryAfterMs: number) => {
  const reason = 'VERIFICATION_TRIES_PER_DAY'
  const QuotaFailure = quotaFailure(reason, 'contact', reason, 7)
  const details = { QuotaFailure, RetryInfo: retryInfo(retryAfterMs) }
  return directory.expectKept(() => directory.confirmMail(contact, code), reason, details)
}

describe('a wrong code', () => {
  test('costs a try each time; when none is left not even the right one is taken', async () => {
    const code = await directory.sentTo(contact)
    for (let left = tries - 1; left >= 0; left -= 1) await expectWrong(otherThan(code), left)
    await expectNotTried(otherThan(code), 'VERIFICATION_TRIES_USED_UP')
    await expectNotTried(code, 'VERIFICATION_TRIES_USED_UP')
    expect((await directory.waiting({ contactId })).verifications[0]?.triesLeft).toBe(0)
  })

  test('does not keep the right one from being taken while a try is left', async () => {
    const code = await directory.sentTo(contact)
    for (let left = tries - 1; left > 0; left -= 1) await expectWrong(otherThan(code), left)
    expect((await directory.waiting({ contactId })).verifications[0]?.triesLeft).toBe(1)
    expect((await directory.confirmMail(contact, code)).emailVerifyDate).toBeDefined()
  })

  test('of a new code costs none of the old one’s tries, which are given anew', async () => {
    const first = await directory.sentTo(contact)
    for (let left = tries - 1; left >= 0; left -= 1) await expectWrong(otherThan(first), left)
    const second = await directory.sentTo(contact)
    await expectWrong(otherThan(second), tries - 1)
    expect((await directory.confirmMail(contact, second)).emailVerifyDate).toBeDefined()
  })
})

describe('a right code', () => {
  test('is taken until the last millisecond, and in the next one has expired, which costs no try', async () => {
    const code = await directory.sentTo(contact)
    clock.pass(validMs)
    await expectNotTried(code, 'VERIFICATION_CODE_EXPIRED')
    await expectNotTried(otherThan(code), 'VERIFICATION_CODE_EXPIRED')
    clock.pass(-1)
    expect((await directory.confirmMail(contact, code)).emailVerifyDate).toBeDefined()
  })

  test('is worth nothing once it was taken', async () => {
    const code = await directory.sentTo(contact)
    await directory.confirmMail(contact, code)
    const again = () => directory.confirmMail(contact, code)
    await directory.expectKept(again, 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', nothingWaits(contactId))
  })

  test('is a wrong one once another one was asked for', async () => {
    const [old, newest] = [await directory.sentTo(contact), await directory.sentTo(contact)]
    await expectWrong(old, tries - 1)
    expect((await directory.confirmMail(contact, newest)).emailVerifyDate).toBeDefined()
  })

  test('is a wrong one for another contact', async () => {
    const others = await directory.sentTo(await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' }))
    await directory.sentTo(contact)
    await expectWrong(others, tries - 1)
  })

  test('is refused to another directory, as if the contact were none, and not used up', async () => {
    const code = await directory.sentTo(contact)
    const stranger = new ProvingDirectory(service)
    const stolen = () => stranger.confirmMail(contact, code)
    await stranger.expectKept(stolen, 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
    expect((await directory.confirmMail(contact, code)).emailVerifyDate).toBeDefined()
  })
})

describe('wrong codes of one contact', () => {
  test('are bounded in any 24 hours, whatever codes are asked for, until the first of them is a day old', async () => {
    const first = await directory.sentTo(contact)
    for (let left = tries - 1; left >= 0; left -= 1) {
      await expectWrong(otherThan(first), left)
      clock.pass(1000)
    }
    const second = await directory.sentTo(contact)
    await expectWrong(otherThan(second), tries - 1)
    await expectWrong(otherThan(second), tries - 2)
    await expectTiredOut(otherThan(second), dayMs - 5000)
    await expectTiredOut(second, dayMs - 5000)

    clock.pass(dayMs - 5001)
    const third = await directory.sentTo(contact)
    await expectTiredOut(third, 1)
    clock.pass(1)
    await expectWrongAfterADay(otherThan(third))
    // The next of them was given a second after the first.
    await expectTiredOut(third, 1000)
    clock.pass(1000)
    expect((await directory.confirmMail(contact, third)).emailVerifyDate).toBeDefined()
  })

  test('are kept as dates, no more of them than a day may have', async () => {
    const code = await directory.sentTo(contact)
    for (let left = tries - 1; left >= 0; left -= 1) await expectWrong(otherThan(code), left)
    clock.pass(dayMs)
    const next = await directory.sentTo(contact)
    for (let left = tries - 1; left > 0; left -= 1)
      await directory.confirmMail(contact, otherThan(next)).catch(() => {})
    expect((await directory.settled(contactId)).wrongCodeDates).toHaveLength(7)
  })

  async function expectWrongAfterADay(code: string) {
    const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_WRONG', contactId) }
    const metadata = { triesLeft: String(tries - 1) }
    await expectRefusal(directory.confirmMail(contact, code), 'VERIFICATION_CODE_WRONG', details, metadata)
  }
})

describe('a new secret', () => {
  const newSecret = 'another-secret-only-for-tests-of-this'
  const codeMadeWith = async (secret: string) =>
    hotp(secret, (await directory.settled(contactId)).emailVerification?.id ?? expect.fail('no code'))

  async function startAgain(secrets: string) {
    const { dbName } = service.collection
    const next = await start({ MONGODB_DATABASE: dbName, VERIFICATION_SECRETS: secrets })
    onTestFinished(() => next.stop())
    return next
  }
  /** The directory of the contact, through another process. */
  const through = (other: RunningService) => Object.assign(new ProvingDirectory(other), { id: directory.id })

  test('before the old one makes new codes, and those under way are taken', async () => {
    const code = await directory.sentTo(contact)
    const next = through(await startAgain(`${newSecret},${verificationSecrets}`))
    const ann = await next.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    const annsCode = await next.sentTo(ann, newSecret)
    expect((await next.confirmMail(contact, code)).emailVerifyDate).toBeDefined()
    expect((await next.confirmMail(ann, annsCode)).emailVerifyDate).toBeDefined()
  })

  test('in place of the old one ends the codes under way', async () => {
    const code = await directory.sentTo(contact)
    const next = through(await startAgain(newSecret))
    const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_WRONG', contactId) }
    await expectRefusal(next.confirmMail(contact, code), 'VERIFICATION_CODE_WRONG', details, { triesLeft: '4' })
    const sameIdNewSecret = await codeMadeWith(newSecret)
    expect((await next.confirmMail(contact, sameIdNewSecret)).emailVerifyDate).toBeDefined()
  })
})
