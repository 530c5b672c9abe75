import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { dayMs } from '../../../src/time.js'
import { Clock } from '../../support/clock.js'
import { contactNotFound } from '../../support/directory.js'
import { expectRefusal, preconditionFailure, quotaFailure, requestIdPattern, retryInfo } from '../../support/refusal.js'
import { type RunningService, startService, verificationSecrets } from '../../support/running-service.js'
import { codeFor, incorrectCode, VerifyingDirectory, verificationNotFound } from '../../support/verifying-directory.js'

const codeTtlMs = 1_800_000
const maxAttempts = 5
const maxAttemptsPerDay = 7
const clock = new Clock()
let service: RunningService
let directory: VerifyingDirectory
let contact: MessageContact
let contactId: string

const start = (environment: Readonly<Record<string, string>> = {}) =>
  startService({
    environment: {
      UNCONFIGURED_SENDER: 'print',
      VERIFICATION_MAX_ATTEMPTS_PER_DAY: String(maxAttemptsPerDay),
      ...environment,
    },
    dependencies: { ...clock.dependencies, print: () => {} },
  })
beforeAll(async () => {
  service = await start()
})
afterAll(() => service.stop())
beforeEach(async () => {
  // What earlier tests sent and attempted no longer counts.
  clock.advance(dayMs)
  directory = new VerifyingDirectory(service)
  contact = await directory.add()
  contactId = contact.contactId
})

/**
 * Asserts that a code is incorrect and costs one attempt: that is stored, and nothing changes that callers see of the
 * contact.
 */
async function expectIncorrect(code: string, attemptsRemaining: number) {
  const before = await directory.storedAfterDelivery(contactId)
  const { email, version, incorrectCodeDates = [] } = before
  const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_INCORRECT', contactId) }
  const call = directory.confirmEmail(contact, code)
  await expectRefusal(call, 'VERIFICATION_CODE_INCORRECT', details, { attemptsRemaining: String(attemptsRemaining) })
  expect(await directory.stored()).toContainEqual({
    ...before,
    email: { ...email, verification: { ...email.verification, attemptsRemaining } },
    version: version + 1,
    lastWrite: {
      requestId: expect.stringMatching(requestIdPattern),
      operation: 'ConfirmMessageContactVerification',
      caller: directory.id,
      date: clock.date,
    },
    incorrectCodeDates: [...incorrectCodeDates, clock.date],
  })
}

type Precondition = 'VERIFICATION_CODE_EXPIRED' | 'VERIFICATION_ATTEMPTS_EXHAUSTED'

/** Asserts that a code is refused without costing an attempt. */
const expectNoAttempt = (code: string, reason: Precondition) => {
  const details = { PreconditionFailure: preconditionFailure(reason, contactId) }
  return directory.expectUnchanged(() => directory.confirmEmail(contact, code), reason, details)
}

/** Asserts that a code is refused because the contact's attempts of the day are used up, for another `retryAfterMs`. */
const expectDailyLimit = (code: string, retryAfterMs: number) => {
  const reason = 'VERIFICATION_ATTEMPTS_PER_DAY'
  const details = {
    QuotaFailure: quotaFailure(reason, 'contact', 'VERIFICATION_MAX_ATTEMPTS_PER_DAY', maxAttemptsPerDay),
    RetryInfo: retryInfo(retryAfterMs),
  }
  return directory.expectUnchanged(() => directory.confirmEmail(contact, code), reason, details)
}

describe('ConfirmMessageContactVerification with an incorrect code', () => {
  test('costs one attempt; when none remains, the correct code is refused too', async () => {
    const code = await directory.sendCode(contact)
    for (let remaining = maxAttempts - 1; remaining >= 0; remaining -= 1)
      await expectIncorrect(incorrectCode(code), remaining)
    await expectNoAttempt(incorrectCode(code), 'VERIFICATION_ATTEMPTS_EXHAUSTED')
    await expectNoAttempt(code, 'VERIFICATION_ATTEMPTS_EXHAUSTED')
    expect((await directory.verifications({ contactId })).verifications[0]?.attemptsRemaining).toBe(0)
  })

  test('leaves the correct code valid while an attempt remains', async () => {
    const code = await directory.sendCode(contact)
    for (let remaining = maxAttempts - 1; remaining > 0; remaining -= 1)
      await expectIncorrect(incorrectCode(code), remaining)
    expect((await directory.verifications({ contactId })).verifications[0]?.attemptsRemaining).toBe(1)
    expect((await directory.confirmEmail(contact, code)).emailVerifyDate).toBeDefined()
  })

  test('does not reduce the attempts of the next code', async () => {
    const first = await directory.sendCode(contact)
    for (let remaining = maxAttempts - 1; remaining >= 0; remaining -= 1)
      await expectIncorrect(incorrectCode(first), remaining)
    const second = await directory.sendCode(contact)
    await expectIncorrect(incorrectCode(second), maxAttempts - 1)
    expect((await directory.confirmEmail(contact, second)).emailVerifyDate).toBeDefined()
  })

  test('is limited per contact in 24 hours over all codes, until the first incorrect code is a day old', async () => {
    const first = await directory.sendCode(contact)
    for (let remaining = maxAttempts - 1; remaining >= 0; remaining -= 1) {
      await expectIncorrect(incorrectCode(first), remaining)
      clock.advance(1000)
    }
    const second = await directory.sendCode(contact)
    await expectIncorrect(incorrectCode(second), maxAttempts - 1)
    await expectIncorrect(incorrectCode(second), maxAttempts - 2)
    await expectDailyLimit(incorrectCode(second), dayMs - 5000)
    await expectDailyLimit(second, dayMs - 5000)

    clock.advance(dayMs - 5001)
    const third = await directory.sendCode(contact)
    await expectDailyLimit(third, 1)
    clock.advance(1)
    const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_INCORRECT', contactId) }
    const call = directory.confirmEmail(contact, incorrectCode(third))
    await expectRefusal(call, 'VERIFICATION_CODE_INCORRECT', details, { attemptsRemaining: String(maxAttempts - 1) })
    // The second incorrect code was given one second after the first.
    await expectDailyLimit(third, 1000)
    clock.advance(1000)
    expect((await directory.confirmEmail(contact, third)).emailVerifyDate).toBeDefined()
  })

  test('stores only the dates of the last day', async () => {
    const code = await directory.sendCode(contact)
    for (let remaining = maxAttempts - 1; remaining >= 0; remaining -= 1)
      await expectIncorrect(incorrectCode(code), remaining)
    clock.advance(dayMs)
    const next = await directory.sendCode(contact)
    for (let remaining = maxAttempts - 1; remaining > 0; remaining -= 1)
      await directory.confirmEmail(contact, incorrectCode(next)).catch(() => {})
    const { incorrectCodeDates } = await directory.storedAfterDelivery(contactId)
    expect(incorrectCodeDates).toEqual(Array(maxAttempts - 1).fill(clock.date))
  })
})

describe('ConfirmMessageContactVerification with a correct code', () => {
  test('succeeds until the last millisecond; then the code has expired, which costs no attempt', async () => {
    const code = await directory.sendCode(contact)
    clock.advance(codeTtlMs)
    await expectNoAttempt(code, 'VERIFICATION_CODE_EXPIRED')
    await expectNoAttempt(incorrectCode(code), 'VERIFICATION_CODE_EXPIRED')
    clock.advance(-1)
    expect((await directory.confirmEmail(contact, code)).emailVerifyDate).toBeDefined()
  })

  test('succeeds once', async () => {
    const code = await directory.sendCode(contact)
    await directory.confirmEmail(contact, code)
    const repeat = () => directory.confirmEmail(contact, code)
    await directory.expectUnchanged(repeat, 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', verificationNotFound(contactId))
  })

  test.each([
    ['a space in the middle', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
    ['a hyphen and a line break', (code: string) => `${code.slice(0, 3)}-${code.slice(3)}\n`],
    [
      'full-width digits',
      (code: string) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(Number(digit) + 0xff10)),
    ],
  ])('succeeds if it is pasted with %s', async (_, paste) => {
    const code = await directory.sendCode(contact)
    expect((await directory.confirmEmail(contact, paste(code))).emailVerifyDate).toBeDefined()
  })

  test('fails as incorrect for another contact', async () => {
    const ann = await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    const annsCode = await directory.sendCode(ann)
    await directory.sendCode(contact)
    await expectIncorrect(annsCode, maxAttempts - 1)
  })

  test('fails from another directory as if the contact did not exist, and the code stays valid', async () => {
    const code = await directory.sendCode(contact)
    const other = new VerifyingDirectory(service)
    const call = () => other.confirmEmail(contact, code)
    await other.expectUnchanged(call, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    expect((await directory.confirmEmail(contact, code)).emailVerifyDate).toBeDefined()
  })
})

describe('ConfirmMessageContactVerification after a change of VERIFICATION_SECRETS', () => {
  const newSecret = 'another-secret-only-for-tests-of-this'

  /** The directory of the contact, through another process with these secrets. */
  async function startWithSecrets(secrets: string): Promise<VerifyingDirectory> {
    const { dbName } = service.collection
    const next = await start({ MONGODB_DATABASE: dbName, VERIFICATION_SECRETS: secrets })
    onTestFinished(() => next.stop())
    return Object.assign(new VerifyingDirectory(next), { id: directory.id })
  }

  test('accepts earlier codes and new ones if the new secret stands before the old one', async () => {
    const code = await directory.sendCode(contact)
    const next = await startWithSecrets(`${newSecret},${verificationSecrets}`)
    const ann = await next.add({ name: 'Ann', emailAddress: 'ann@example.com' })
    const annsCode = await next.sendCode(ann, newSecret)
    expect((await next.confirmEmail(contact, code)).emailVerifyDate).toBeDefined()
    expect((await next.confirmEmail(ann, annsCode)).emailVerifyDate).toBeDefined()
  })

  test('refuses earlier codes if the new secret replaces the old one', async () => {
    const code = await directory.sendCode(contact)
    const next = await startWithSecrets(newSecret)
    const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_INCORRECT', contactId) }
    const call = next.confirmEmail(contact, code)
    await expectRefusal(call, 'VERIFICATION_CODE_INCORRECT', details, { attemptsRemaining: String(maxAttempts - 1) })
    const newCode = codeFor(await directory.storedAfterDelivery(contactId), newSecret)
    expect((await next.confirmEmail(contact, newCode)).emailVerifyDate).toBeDefined()
  })
})
