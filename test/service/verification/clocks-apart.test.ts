import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Document } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { minuteMs } from '../../../src/time.js'
import type { Directory } from '../../support/directory.js'
import { startReceivers } from '../../support/receivers.js'
import { expectRefusal, preconditionFailure } from '../../support/refusal.js'
import { ServicesApart } from '../../support/services-apart.js'
import { deferred, until } from '../../support/waiting.js'

const codeTtlMs = 30 * minuteMs
/** Everything that is measured here takes less time than this, in milliseconds. */
const slackMs = 20_000

const offsets: readonly (readonly [string, number])[] = [5, 35, 60].flatMap((minutes) => [
  [`${minutes} minutes ahead`, minutes * minuteMs] as const,
  [`${minutes} minutes behind`, -minutes * minuteMs] as const,
])

describe.each(offsets)('beside a process whose clock is %s', (_, offsetMs) => {
  let services: ServicesApart
  let receivers: Awaited<ReturnType<typeof startReceivers>>
  /** The mail server accepts emails once this resolves. */
  let release: Promise<void> = Promise.resolve()
  let begun = 0
  let added = 0
  beforeAll(async () => {
    receivers = await startReceivers({
      async onMailFrom(_, __, done) {
        begun += 1
        await release
        done()
      },
    })
    services = await ServicesApart.start(offsetMs, receivers.settings)
  })
  afterAll(() => services.stop())
  beforeEach(() => {
    begun = 0
    release = Promise.resolve()
    receivers.emails.length = 0
    services.offsetMs = offsetMs
  })

  /** Adds a contact whose mail address no other contact has. */
  const addWithAddressOfItsOwn = (directory: Directory) => {
    added += 1
    const name = `T${String.fromCharCode(96 + added)}`
    return directory.add({ name, emailAddress: `${name.toLowerCase()}@example.com` })
  }
  const untilSent = (contactId: string) =>
    until('it is stored as sent', async () => (await stored(contactId)).deliveryState === 'SENT')
  const stored = async (contactId: string) => {
    const contact = await services.contacts.findOne({ _id: contactId })
    return contact?.email.verification ?? expect.fail('no code was requested')
  }

  test('emails that either process is asked for go out once, also if the wrong clock jumps meanwhile', async () => {
    const gate = deferred()
    onTestFinished(() => gate.resolve())
    release = gate.promise
    const contacts: MessageContact[] = []
    for (const directory of services.createDirectories()) {
      const contact = await addWithAddressOfItsOwn(directory)
      contacts.push(contact)
      await directory.sendEmail(contact.contactId, contact.emailAddress)
    }
    await until('the mail server is asked to accept both', () => begun >= 2)
    // Nobody takes them over while they are being sent.
    await services.polled(2)
    services.offsetMs = -offsetMs
    await services.polled(2)
    gate.resolve()
    for (const { contactId } of contacts) await untilSent(contactId)
    await services.polled(1)
    const recipients = receivers.emails.map(({ to }) => to[0])
    expect(recipients.sort()).toEqual(contacts.map(({ emailAddress }) => emailAddress).sort())
    for (const { contactId } of contacts) expect(await stored(contactId)).toMatchObject({ attempts: 1 })
  })

  test('a code is valid for 30 minutes of the database, and its email says so', async () => {
    for (const directory of services.createDirectories()) {
      const { contactId, emailAddress } = await addWithAddressOfItsOwn(directory)
      const before = await services.databaseTime()
      const { expireDate } = await directory.sendEmail(contactId, emailAddress)
      const validMs = timestampDate(expireDate ?? expect.fail('no expire date')).getTime() - before
      expect(Math.abs(validMs - codeTtlMs)).toBeLessThan(slackMs)
      await receivers.codeByEmail(emailAddress)
      const email = receivers.emails.at(-1)?.mail
      expect(email?.text).toContain('valid for 30 minutes')
      expect(Math.abs((email?.date?.getTime() ?? 0) - before)).toBeLessThan(slackMs)
    }
  })

  test('a code is accepted by either process until it expires by the clock of the database', async () => {
    for (const directory of services.createDirectories()) {
      const { contactId, emailAddress } = await addWithAddressOfItsOwn(directory)
      await directory.sendEmail(contactId, emailAddress)
      const { code } = await receivers.codeByEmail(emailAddress)
      await untilSent(contactId)
      const expireAfter = async (ms: number) => {
        const expireDate = new Date((await services.databaseTime()) + ms)
        const $set: Document = { 'email.verification.expireDate': expireDate }
        await services.contacts.updateOne({ _id: contactId }, { $set })
      }
      const confirm = () =>
        directory.confirm({ contactId, code, target: { case: 'emailAddress', value: emailAddress } })
      await expireAfter(-100)
      const details = { PreconditionFailure: preconditionFailure('VERIFICATION_CODE_EXPIRED', contactId) }
      await expectRefusal(confirm(), 'VERIFICATION_CODE_EXPIRED', details)
      await expireAfter(slackMs)
      const { emailVerifyDate } = await confirm()
      const verifyTime = timestampDate(emailVerifyDate ?? expect.fail('not verified')).getTime()
      expect(Math.abs(verifyTime - (await services.databaseTime()))).toBeLessThan(slackMs)
    }
  })

  test('stored dates of contacts come from the clock of the database', async () => {
    for (const directory of services.createDirectories()) {
      const { contactId } = await directory.add()
      const { updateDate } = await directory.update({ contactId, title: 3, updateMask: { paths: ['title'] } })
      const [contact] = await directory.stored()
      const now = await services.databaseTime()
      const times = [
        contact?.createDate,
        contact?.updateDate,
        contact?.lastWrite.date,
        timestampDate(updateDate ?? expect.fail()),
      ]
      expect(times.filter((time) => Math.abs((time?.getTime() ?? 0) - now) > slackMs)).toEqual([])
      await directory.remove({ contactId })
    }
  })
})
