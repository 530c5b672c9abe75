import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectRefusal, preconditionFailure } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { VerifyingDirectory, verificationNotFound } from '../../support/verifying-directory.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

/** Of the two processes, only the first one's commands to the database are watched. */
let watched: WatchedService
let other: RunningService
beforeAll(async () => {
  const environment = { MONGODB_DATABASE: uniqueName('superseded'), UNCONFIGURED_SENDER: 'print' }
  const dependencies = { print: () => {} }
  watched = await startWatched({ environment, dependencies })
  other = await startService({ environment, dependencies })
})
afterAll(async () => {
  await watched?.stop()
  await other?.stop()
})

/** One directory through both processes, with a contact that has been sent a code. */
async function sentCode() {
  const first = new VerifyingDirectory(watched)
  const second = Object.assign(new VerifyingDirectory(other), { id: first.id })
  const contact = await first.add()
  return { first, second, contact, code: await first.sendCode(contact) }
}

/** From now on `run` has ended before the first write of such an operation reaches the database. Gives how many there were. */
function beforeFirstWrite(operation: string, run: () => Promise<unknown>): () => number {
  let writes = 0
  watched.proxy.watch(async ({ name, body }): Promise<Verdict> => {
    const isWrite = name === 'update' && body['updates']?.[0]?.u?.lastWrite?.operation === operation
    if (!isWrite) return 'pass'
    writes += 1
    if (writes === 1) await run()
    return 'pass'
  })
  return () => writes
}

/** A code of six digits that is neither. */
const neither = (...codes: string[]) =>
  ['000000', '111111', '222222'].find((code) => !codes.includes(code)) ?? expect.fail('there is always one')

test('a correct code that is superseded before it is stored as confirmed is superseded, and costs no attempt', async () => {
  const { first, second, contact, code } = await sentCode()
  const { contactId, emailAddress } = contact
  const writes = beforeFirstWrite('ConfirmMessageContactVerification', async () => {
    await second.sendEmail(contactId, emailAddress)
    // The writes of the delivery would be in the way too.
    await second.storedAfterDelivery(contactId)
  })
  await expectRefusal(first.confirmEmail(contact, code), 'VERIFICATION_CODE_SUPERSEDED', {
    PreconditionFailure: preconditionFailure('VERIFICATION_CODE_SUPERSEDED', contactId),
  })
  watched.proxy.reset()
  expect(writes()).toBe(1)
  const { email, incorrectCodeDates } = await first.storedAfterDelivery(contactId)
  expect(email).toMatchObject({ superseded: [{ address: emailAddress }], verification: { attemptsRemaining: 5 } })
  expect([email.verifyDate, incorrectCodeDates]).toEqual([undefined, undefined])
})

test('an incorrect code costs an attempt of the newer one if that is sent before the attempt is stored', async () => {
  const { first, second, contact, code } = await sentCode()
  const { contactId, emailAddress } = contact
  const writes = beforeFirstWrite('ConfirmMessageContactVerification', async () => {
    await second.sendEmail(contactId, emailAddress)
    // The writes of the delivery would be in the way too.
    await second.storedAfterDelivery(contactId)
  })
  await expectRefusal(
    first.confirmEmail(contact, neither(code)),
    'VERIFICATION_CODE_INCORRECT',
    { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_INCORRECT', contactId) },
    { attemptsRemaining: '4' },
  )
  watched.proxy.reset()
  expect(writes()).toBe(2)
  const { email } = await first.storedAfterDelivery(contactId)
  expect(email).toMatchObject({ superseded: [{ address: emailAddress }], verification: { attemptsRemaining: 4 } })
})

test('a code that is confirmed before a newer one is stored is accepted, and nothing more is sent', async () => {
  const { first, second, contact, code } = await sentCode()
  const { contactId, emailAddress } = contact
  const writes = beforeFirstWrite('SendEmailVerificationForMessageContact', () => second.confirmEmail(contact, code))
  await expectRefusal(
    first.sendEmail(contactId, emailAddress),
    'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION',
    verificationNotFound(contactId),
  )
  watched.proxy.reset()
  expect(writes()).toBe(1)
  expect((await first.stored())[0]?.email).toEqual({ address: emailAddress, verifyDate: expect.any(Date) })
})
