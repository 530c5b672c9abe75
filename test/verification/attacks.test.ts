import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Refused } from '../client.js'
import { expectRefusal, preconditionFailure } from '../refusal.js'
import { until } from '../rpc/toy-service.js'
import { Directory } from '../service/directory.js'
import { type RunningService, startService, uniqueName, verificationSecrets } from '../service/running-service.js'
import { otherThan } from './proving-directory.js'
import { startReceivers } from './receivers.js'

const tries = 5
const mailsPerDay = 20
const longestCallMs = 50_000

/** How a call was answered: OK, or the reason of its refusal. */
async function answerOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'OK'
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const [info] = error.refusal.details
    return info && 'reason' in info ? String(info.reason) : error.message
  }
}

/** How often each answer was given. */
async function answersOf(calls: readonly Promise<unknown>[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const answer of await Promise.all(calls.map(answerOf))) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}

describe('two services on one database', () => {
  const MONGODB_DATABASE = uniqueName('attacks')
  let receivers: Awaited<ReturnType<typeof startReceivers>>
  let services: readonly [RunningService, RunningService]
  beforeAll(async () => {
    receivers = await startReceivers()
    const environment = {
      MONGODB_DATABASE,
      MAILS_PER_DAY: String(mailsPerDay),
      MESSAGES_PER_ADDRESS_PER_MINUTE: '1000',
      MAX_CALL_SECONDS: String(longestCallMs / 1000),
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

  /** The same directory through both. */
  function directories(): readonly [Directory, Directory] {
    const [one, other] = services
    const directory = new Directory(one, longestCallMs)
    return [directory, Object.assign(new Directory(other, longestCallMs), { id: directory.id })]
  }

  test('compare no more of a thousand wrong codes at once than a code has tries', async () => {
    const both = directories()
    const [directory] = both
    const { contactId, emailAddress } = await directory.add({ emailAddress: 'attacked@example.com' })
    await directory.sendMail(contactId, emailAddress)
    const { code } = await receivers.mailed(emailAddress)
    const target = { case: 'emailAddress', value: emailAddress } as const

    const calls = Array.from({ length: 500 }, () =>
      both.map((through) => through.confirm({ contactId, target, code: otherThan(code) })),
    )
    const { CONCURRENT_CALL_NOT_SUPPORTED: overtaken = 0, ...answers } = await answersOf(calls.flat())
    expect(answers).toEqual({
      VERIFICATION_CODE_WRONG: tries,
      VERIFICATION_TRIES_USED_UP: 1000 - tries - overtaken,
    })
    const [stored] = await directory.stored()
    expect(stored).toMatchObject({ emailVerification: { triesLeft: 0 } })
    expect(stored?.wrongCodeDates).toHaveLength(tries)
    const details = { PreconditionFailure: preconditionFailure('VERIFICATION_TRIES_USED_UP', contactId) }
    for (const through of both)
      await expectRefusal(through.confirm({ contactId, target, code }), 'VERIFICATION_TRIES_USED_UP', details)
    expect(stored).not.toHaveProperty('emailVerifyDate')
  })

  test('accept exactly as many of 200 mails at once as a directory may have sent in a day', async () => {
    const both = directories()
    const [directory] = both
    const names = Array.from({ length: 10 }, (_, index) => `Tom${String.fromCharCode(65 + index)}`)
    const contacts: MessageContact[] = []
    for (const name of names) contacts.push(await directory.add({ name, emailAddress: `${name}@example.com` }))

    const calls = Array.from({ length: 10 }, () =>
      contacts.flatMap(({ contactId, emailAddress }) =>
        both.map((through) => through.sendMail(contactId, emailAddress)),
      ),
    )
    expect(await answersOf(calls.flat())).toEqual({
      OK: mailsPerDay,
      SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT: 200 - mailsPerDay,
    })
    const database = new MongoClient(inject('mongodbUri'))
    onTestFinished(() => database.close())
    const quotas = database.db(MONGODB_DATABASE).collection<{ _id: string; dates: Date[] }>('message_contacts_quotas')
    expect((await quotas.findOne({ _id: `EMAIL ${directory.id}` }))?.dates).toHaveLength(mailsPerDay)
    for (const { contactId } of contacts) await until('all is sent', () => isSent(contactId), 20_000)
    // A code that the next one overtook before its mail was begun is not sent.
    const mailed = receivers.mails.filter(({ to }) => to[0]?.startsWith('Tom')).length
    expect(mailed).toBeLessThanOrEqual(mailsPerDay)
    expect(mailed).toBeGreaterThan(0)
  })

  test('have written nothing of it into their logs that tells whom, what or how', async () => {
    const said = services.map(({ log }) => log()).join('\n')
    expect(said).toContain('VERIFICATION_CODE_WRONG')
    expect(said).toContain('SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT')
    expect(said).toContain('"msg":"delivered"')
    const codes = receivers.mails.map(({ mail }) => /\d{6}/.exec(mail.text ?? '')?.[0] ?? expect.fail('no code'))
    const secret = ['example.com', 'attacked', 'TomA', '13900001234', verificationSecrets]
    for (const text of secret) expect(said).not.toContain(text)
    // As a word: the digits of dates and durations are none.
    for (const code of codes) expect(said).not.toMatch(new RegExp(`(?<![\\d.-])${code}(?![\\d-])`))
  })
})
