import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Refused } from '../../support/client.js'
import { Directory } from '../../support/directory.js'
import { startReceivers } from '../../support/receivers.js'
import { expectRefusal, preconditionFailure } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName, verificationSecrets } from '../../support/running-service.js'
import { incorrectCode } from '../../support/verifying-directory.js'
import { until } from '../../support/waiting.js'

const maxAttempts = 5
const emailsPerDay = 20
const maxCallMs = 50_000

/** OK, or the reason of the refusal. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'OK'
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const [info] = error.refusal.details
    return info && 'reason' in info ? String(info.reason) : error.message
  }
}

/** The number of calls with each outcome. */
async function countOutcomes(calls: readonly Promise<unknown>[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const outcome of await Promise.all(calls.map(outcomeOf))) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

describe('two services on one database, under many concurrent calls', () => {
  const MONGODB_DATABASE = uniqueName('attacks')
  let receivers: Awaited<ReturnType<typeof startReceivers>>
  let services: readonly [RunningService, RunningService]
  beforeAll(async () => {
    receivers = await startReceivers()
    const environment = {
      MONGODB_DATABASE,
      EMAILS_PER_DIRECTORY_PER_DAY: String(emailsPerDay),
      MESSAGES_PER_ADDRESS_PER_MINUTE: '1000',
      MAX_CALL_SECONDS: String(maxCallMs / 1000),
      ...receivers.settings,
    }
    services = [await startService({ environment }), await startService({ environment })]
  })
  afterAll(async () => {
    for (const service of services) await service.stop()
  })

  const isSent = async (contactId: string) => {
    const contact = await services[0].collection.findOne({ _id: contactId })
    return contact !== null && contact.deliveryDueDate === undefined
  }

  /** One directory, through both services. */
  function createDirectories(): readonly [Directory, Directory] {
    const [one, other] = services
    const directory = new Directory(one, maxCallMs)
    return [directory, Object.assign(new Directory(other, maxCallMs), { id: directory.id })]
  }

  test('ConfirmMessageContactVerification compares only as many of 1000 incorrect codes as one code has attempts', async () => {
    const directories = createDirectories()
    const [directory] = directories
    const { contactId, emailAddress } = await directory.add({ emailAddress: 'attacked@example.com' })
    await directory.sendEmail(contactId, emailAddress)
    const { code } = await receivers.codeByEmail(emailAddress)
    const target = { case: 'emailAddress', value: emailAddress } as const

    const calls = Array.from({ length: 500 }, () =>
      directories.map((each) => each.confirm({ contactId, target, code: incorrectCode(code) })),
    )
    const { CONCURRENT_CALL_NOT_SUPPORTED: conflicts = 0, ...outcomes } = await countOutcomes(calls.flat())
    expect(outcomes).toEqual({
      VERIFICATION_CODE_INCORRECT: maxAttempts,
      VERIFICATION_ATTEMPTS_EXHAUSTED: 1000 - maxAttempts - conflicts,
    })
    const [stored] = await directory.stored()
    expect(stored).toMatchObject({ email: { verification: { attemptsRemaining: 0 } } })
    expect(stored?.incorrectCodeDates).toHaveLength(maxAttempts)
    const details = { PreconditionFailure: preconditionFailure('VERIFICATION_ATTEMPTS_EXHAUSTED', contactId) }
    for (const each of directories)
      await expectRefusal(each.confirm({ contactId, target, code }), 'VERIFICATION_ATTEMPTS_EXHAUSTED', details)
    expect(stored?.email).not.toHaveProperty('verifyDate')
  })

  test('SendEmailVerificationForMessageContact accepts exactly the daily maximum out of 200 calls', async () => {
    const directories = createDirectories()
    const [directory] = directories
    const names = Array.from({ length: 10 }, (_, index) => `Tom${String.fromCharCode(65 + index)}`)
    const contacts: MessageContact[] = []
    for (const name of names) contacts.push(await directory.add({ name, emailAddress: `${name}@example.com` }))

    const calls = Array.from({ length: 10 }, () =>
      contacts.flatMap(({ contactId, emailAddress }) =>
        directories.map((each) => each.sendEmail(contactId, emailAddress)),
      ),
    )
    expect(await countOutcomes(calls.flat())).toEqual({
      OK: emailsPerDay,
      SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT: 200 - emailsPerDay,
    })
    const database = new MongoClient(inject('mongodbUri'))
    onTestFinished(() => database.close())
    const quotas = database.db(MONGODB_DATABASE).collection<{ _id: string; dates: Date[] }>('message_contacts_quotas')
    expect((await quotas.findOne({ _id: `email ${directory.id}` }))?.dates).toHaveLength(emailsPerDay)
    for (const { contactId } of contacts) await until('all emails are sent', () => isSent(contactId))
    // A code that another one replaced before its email was begun is not sent.
    const sentEmails = receivers.emails.filter(({ to }) => to[0]?.startsWith('Tom')).length
    expect(sentEmails).toBeLessThanOrEqual(emailsPerDay)
    expect(sentEmails).toBeGreaterThan(0)
  })

  test('the logs of both contain no address, name, number, code or secret', async () => {
    const logs = services.map(({ log }) => log()).join('\n')
    expect(logs).toContain('VERIFICATION_CODE_INCORRECT')
    expect(logs).toContain('SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT')
    expect(logs).toContain('"msg":"delivery attempt"')
    const codes = receivers.emails.map(({ mail }) => /\d{6}/.exec(mail.text ?? '')?.[0] ?? expect.fail('no code'))
    const privateTexts = ['example.com', 'attacked', 'TomA', '13900001234', verificationSecrets]
    for (const text of privateTexts) expect(logs).not.toContain(text)
    // Only as a whole word: dates and durations have six digits in a row too.
    for (const code of codes) expect(logs).not.toMatch(new RegExp(`(?<![\\d.-])${code}(?![\\d-])`))
  })
})
