import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Verification } from '../../../src/addresses/address.js'
import { minuteMs } from '../../../src/time.js'
import { VerificationCodes } from '../../../src/verification/codes.js'
import { Clock } from '../../support/clock.js'
import { Directory } from '../../support/directory.js'
import { holdFirstWrite } from '../../support/late-writes.js'
import { expectRefusal, preconditionFailure, quotaFailure, retryInfo } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName, verificationSecrets } from '../../support/running-service.js'
import { incorrectCode, verificationNotFound } from '../../support/verifying-directory.js'
import { deferred, until } from '../../support/waiting.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'

// As for contacts: the first write of a call is held back until the service has given it up, another caller makes the second attempt meet
// a refusal, and then the first write is executed.

/** The RetryInfo of OUTCOME_UNKNOWN. */
const retryLater = { RetryInfo: retryInfo(1000) }
const emailAddress = 'tom@example.com'
const target = { case: 'emailAddress', value: emailAddress } as const
const codes = new VerificationCodes([verificationSecrets])

const clock = new Clock()
const environment = {
  MONGODB_DATABASE: uniqueName('late'),
  DATABASE_TIMEOUT_SECONDS: '1',
  MAX_CALL_SECONDS: '20',
  UNCONFIGURED_SENDER: 'print',
  VERIFICATION_MAX_ATTEMPTS: '2',
  MESSAGES_PER_ADDRESS_PER_MINUTE: '2',
}
/** What was sent. */
const lines: string[] = []
const dependencies = { storedNow: clock.read, print: (line: string) => lines.push(line) }
let service: WatchedService
let other: RunningService
let directory: Directory
let contactId: string
beforeAll(async () => {
  service = await startWatched({ environment, dependencies })
  other = await startService({ environment, dependencies })
})
afterAll(async () => {
  await other?.stop()
  await service?.stop()
})
beforeEach(async () => {
  // What earlier tests sent no longer counts.
  clock.advance(minuteMs)
  directory = new Directory(service)
  contactId = (await directory.add()).contactId
})

async function storedContact() {
  const [contact = expect.fail('the contact is not stored')] = await directory.stored()
  return contact
}

/** Sends a code to the contact's mail address, and gives it once its delivery has ended, so that nothing else writes the contact. */
async function sendCode(): Promise<string> {
  await directory.sendEmail(contactId, emailAddress)
  await until('the code is sent', async () => (await storedContact()).deliveryDueDate === undefined)
  return codes.codeOf((await storedContact()).email.verification as Verification)
}

/** The calls of another caller, in another process. */
const rival = {
  get options() {
    return { directoryId: directory.id }
  },
  setTitle: (title: number) => other.client.updateMessageContact({ contactId, title }, rival.options),
  setEmail: (address: string) => other.client.updateMessageContact({ contactId, emailAddress: address }, rival.options),
  confirm: (code: string) =>
    other.client.confirmMessageContactVerification({ contactId, target, code }, rival.options).catch(() => {}),
  cancel: () => other.client.cancelMessageContactUpdate({ contactId, emailAddress: 'tom@example.org' }, rival.options),
  remove: () => other.client.deleteMessageContact({ contactId }, rival.options),
}

describe('a confirmation whose write is still under way', () => {
  const confirm = (code: string) => directory.confirm({ contactId, target, code })
  const hold = (meanwhile: () => Promise<unknown>) =>
    holdFirstWrite(service, 'ConfirmMessageContactVerification', meanwhile)

  test('while the code expires is answered by a second attempt: the code was valid when it was given', async () => {
    const code = await sendCode()
    const late = hold(async () => clock.advance(31 * minuteMs))
    expect(await confirm(code)).toMatchObject({ etag: '"2"', emailVerifyDate: expect.anything() })
    expect(await late.land()).toBe(0)
  })

  test('while the code expires and the contact is changed once is VERIFICATION_CODE_EXPIRED, and that stays true', async () => {
    const code = await sendCode()
    const late = hold(async () => {
      clock.advance(31 * minuteMs)
      await rival.setTitle(4)
    })
    const reason = 'VERIFICATION_CODE_EXPIRED'
    const PreconditionFailure = preconditionFailure(reason, contactId)
    await expectRefusal(confirm(code), reason, { PreconditionFailure })
    expect(await late.land()).toBe(0)
    expect((await storedContact()).email.verifyDate).toBeUndefined()
  })

  test('while the code expires and the contact is changed twice is OUTCOME_UNKNOWN', async () => {
    const code = await sendCode()
    const late = hold(async () => {
      clock.advance(31 * minuteMs)
      await rival.setTitle(4)
      await rival.setTitle(5)
    })
    await expectRefusal(confirm(code), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('while others use up the attempts is OUTCOME_UNKNOWN', async () => {
    const code = await sendCode()
    const late = hold(async () => {
      await rival.confirm(incorrectCode(code))
      await rival.confirm(incorrectCode(code))
    })
    await expectRefusal(confirm(code), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('while another one uses the code is ENTITY_NOT_EXISTS_CONTACT_VERIFICATION: that proves who was first', async () => {
    const code = await sendCode()
    const late = hold(() => rival.confirm(code))
    const reason = 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION'
    await expectRefusal(confirm(code), reason, verificationNotFound(contactId))
    expect(await late.land()).toBe(0)
  })

  test('while another one removes the contact is OUTCOME_UNKNOWN', async () => {
    const code = await sendCode()
    const late = hold(() => rival.remove())
    await expectRefusal(confirm(code), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('with an incorrect code is VERIFICATION_CODE_INCORRECT by a second attempt, and is counted once', async () => {
    const code = await sendCode()
    const late = hold(async () => {})
    const reason = 'VERIFICATION_CODE_INCORRECT'
    const PreconditionFailure = preconditionFailure(reason, contactId)
    await expectRefusal(confirm(incorrectCode(code)), reason, { PreconditionFailure }, { attemptsRemaining: '1' })
    expect(await late.land()).toBe(0)
    expect((await storedContact()).email.verification).toMatchObject({ attemptsRemaining: 1 })
  })
})

describe('a cancellation whose write is still under way', () => {
  const cancel = () => directory.cancel({ contactId, emailAddress: 'tom@example.org' })
  const hold = (meanwhile: () => Promise<unknown>) => holdFirstWrite(service, 'CancelMessageContactUpdate', meanwhile)
  beforeEach(async () => {
    await directory.verify(await directory.get(contactId), clock.date)
    await directory.update({ contactId, emailAddress: 'tom@example.org' })
  })

  test('while another one cancels is CONTACT_STATUS_MISMATCH_ACTION: that proves who was first', async () => {
    const late = hold(() => rival.cancel())
    const reason = 'CONTACT_STATUS_MISMATCH_ACTION'
    await expectRefusal(cancel(), reason, { PreconditionFailure: preconditionFailure(reason, contactId) })
    expect(await late.land()).toBe(0)
  })

  test('while another one cancels and changes the contact is OUTCOME_UNKNOWN', async () => {
    const late = hold(async () => {
      await rival.cancel()
      await rival.setTitle(4)
    })
    await expectRefusal(cancel(), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('while another one removes the contact is OUTCOME_UNKNOWN', async () => {
    const late = hold(() => rival.remove())
    await expectRefusal(cancel(), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })
})

describe('a request for a code whose write is still under way', () => {
  const send = () => directory.sendEmail(contactId, emailAddress)
  const hold = (meanwhile: () => Promise<unknown>) =>
    holdFirstWrite(service, 'SendEmailVerificationForMessageContact', meanwhile)

  /** The first write is carried out, and its answer is lost. Before the next command, `meanwhile` happens. */
  function loseFirstAnswer(meanwhile: () => Promise<unknown>) {
    let isLost = false
    let isLater = false
    service.proxy.watch(async (command) => {
      if (!isCallCommand(command)) return 'pass'
      if (command.name === 'update' && !isLost) {
        isLost = true
        return 'cut after'
      }
      if (isLost && !isLater) {
        isLater = true
        await meanwhile()
      }
      return 'pass'
    })
  }

  test('while another one replaces the address is ENTITY_NOT_EXISTS_CONTACT_VERIFICATION: that proves who was first', async () => {
    const late = hold(() => rival.setEmail('tim@example.com'))
    await expectRefusal(send(), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', verificationNotFound(contactId))
    expect(await late.land()).toBe(0)
  })

  test('while another one replaces the address twice is OUTCOME_UNKNOWN', async () => {
    const late = hold(async () => {
      await rival.setEmail('tim@example.com')
      await rival.setEmail('ann@example.com')
    })
    await expectRefusal(send(), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('while another one removes the contact is OUTCOME_UNKNOWN', async () => {
    const late = hold(() => rival.remove())
    await expectRefusal(send(), 'OUTCOME_UNKNOWN', retryLater)
    expect(await late.land()).toBe(0)
  })

  test('although it was carried out, and whose message another process has sent, is OUTCOME_UNKNOWN: it is not sent again', async () => {
    const printed = lines.length
    loseFirstAnswer(() =>
      service.collection.updateOne(
        { _id: contactId },
        {
          $set: { 'email.verification.deliveryState': 'SENT', version: 4, 'lastWrite.requestId': 'other' },
          $unset: { deliveryDueDate: '', 'email.verification.dueDate': '' },
        },
      ),
    )
    await expectRefusal(send(), 'OUTCOME_UNKNOWN', retryLater)
    service.proxy.reset()
    expect(await storedContact()).toMatchObject({ version: 4, email: { verification: { deliveryState: 'SENT' } } })
    expect(lines.slice(printed)).toEqual([])
  })

  test('while its use of a limit is under way is OUTCOME_UNKNOWN, although others exhaust the limit meanwhile', async () => {
    const { promise: released, resolve: release } = deferred()
    let uses = 0
    service.proxy.watch(async ({ name, body }) => {
      if (name !== 'findAndModify' || body[name] !== 'message_contacts_quotas') return 'pass'
      uses += 1
      for (const _ of [1, 2])
        await other.client.sendEmailVerificationForMessageContact({ contactId, emailAddress }, rival.options)
      await released
      return 'cut before'
    })
    await expectRefusal(send(), 'OUTCOME_UNKNOWN', retryLater)
    service.proxy.reset()
    release()
    expect(uses).toBe(1)
    const reason = 'LIMIT_EXCEEDED_ADDRESS'
    const QuotaFailure = quotaFailure(reason, 'address', 'MESSAGES_PER_ADDRESS_PER_MINUTE', 2)
    await expectRefusal(send(), reason, { QuotaFailure, RetryInfo: retryInfo(minuteMs) })
  })
})
