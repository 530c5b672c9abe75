import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { DeliveryState } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from '../../support/directory.js'
import { type QueuedContact, storeQueued } from '../../support/queued-contacts.js'
import { startReceivers } from '../../support/receivers.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

// Each of these messages stays in progress until the test ends, so nothing here depends on how long anything takes.

const services: RunningService[] = []
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop()
})

/** A service whose mail server and gateway never answer about the addresses that `isSilent` names. Counts the attempts to send to them. */
async function startWithSilence(
  isSilent: (address: string) => boolean,
  environment: Readonly<Record<string, string>> = {},
) {
  const silentAttempts: string[] = []
  const onRcptTo: SMTPServerOptions['onRcptTo'] = ({ address }, _, accept) => {
    if (isSilent(address)) silentAttempts.push(address)
    else accept()
  }
  const receivers = await startReceivers({ onRcptTo }, (response) => {
    const { to } = JSON.parse(receivers.smsRequests.at(-1)?.body ?? '{}') as { to: string }
    if (isSilent(to)) silentAttempts.push(to)
    else response.end()
  })
  // Stopping aborts the messages in progress.
  const settings = { ...receivers.settings, SHUTDOWN_TIMEOUT_SECONDS: '1', ...environment }
  const service = await startService({ environment: settings })
  services.push(service)
  return { service, receivers, silentAttempts }
}

/** A contact of a directory of its own, which gets a code by each channel. */
async function expectDelivered({ service, receivers }: Awaited<ReturnType<typeof startWithSilence>>, name: string) {
  const directory = new Directory(service)
  const emailAddress = `${name}@other.example`
  const { contactId, phoneNumber } = await directory.add({ emailAddress, phoneNumber: '86-13900009999' })
  await directory.sendEmail(contactId, emailAddress)
  await receivers.codeByEmail(emailAddress)
  await directory.sendSms(contactId, phoneNumber)
  await receivers.codeBySms('+8613900009999')
  const states = async () =>
    (await directory.verifications({ contactId })).verifications.map((one) => one.deliveryState)
  await expect.poll(states).toEqual([DeliveryState.SENT, DeliveryState.SENT])
}

/** How many of the contacts' messages have had so many attempts. */
async function attemptsOf({ collection }: RunningService, contactIds: readonly string[]) {
  const counts: Record<number, number> = {}
  for (const { email, phone } of await collection.find({ _id: { $in: [...contactIds] } }).toArray())
    for (const { verification } of [email, ...(phone ? [phone] : [])])
      if (verification) counts[verification.attempts] = (counts[verification.attempts] ?? 0) + 1
  return counts
}

const contacts = (count: number, contact: (index: number) => Partial<QueuedContact>): readonly QueuedContact[] =>
  Array.from({ length: count }, (_, index) => ({
    directoryId: `rd-silent-${index}`,
    emailAddress: `tom${index}@silent.example`,
    phoneNumber: '86-13900001234',
    due: ['email'],
    ...contact(index),
  }))

describe('a mail server that is silent', () => {
  test.each([16, 40, 300])('for %i emails to one domain delays no other messages', async (count) => {
    const started = await startWithSilence((address) => address.endsWith('@silent.example'))
    const ids = await storeQueued(
      started.service.collection,
      contacts(count, () => ({})),
    )
    await until('as many attempts as one domain may have', () => started.silentAttempts.length === 4)
    await expectDelivered(started, 'one')
    await expectDelivered(started, 'two')
    expect(started.silentAttempts).toHaveLength(4)
    expect(await attemptsOf(started.service, ids)).toEqual({ 0: count - 4, 1: 4 })
  })

  test('for all emails delays no text messages, also of the same contacts', async () => {
    const started = await startWithSilence((address) => address.includes('@'))
    const ids = await storeQueued(
      started.service.collection,
      contacts(40, (index) => ({ emailAddress: `tom@${index}.example`, due: ['email', 'phone'] })),
    )
    const isEverySmsSent = () => started.receivers.smsRequests.length === 40
    await until('all text messages are sent', isEverySmsSent)
    await until('as many attempts as there may be by mail', () => started.silentAttempts.length === 16)
    const stored = await started.service.collection.find({ _id: { $in: [...ids] } }).toArray()
    expect(stored.filter(({ email }) => email.verification?.attempts === 1)).toHaveLength(16)
  })
})

describe('one directory with 300 messages due', () => {
  test('by mail, to as many domains, takes half of what a process sends at the same time', async () => {
    const started = await startWithSilence((address) => address.startsWith('silent@'))
    const queued = contacts(300, (index) => ({ directoryId: 'rd-1', emailAddress: `silent@${index}.example` }))
    const ids = await storeQueued(started.service.collection, queued)
    await until('as many attempts as one directory may have', () => started.silentAttempts.length === 8)
    await expectDelivered(started, 'one')
    await expectDelivered(started, 'two')
    expect(await attemptsOf(started.service, ids)).toEqual({ 0: 292, 1: 8 })
  })

  test('by text message takes half of what a process sends at the same time', async () => {
    const started = await startWithSilence((address) => address === '+8613900001234')
    const ids = await storeQueued(
      started.service.collection,
      contacts(300, () => ({ directoryId: 'rd-1', due: ['phone'] })),
    )
    await until('as many attempts as one directory may have', () => started.silentAttempts.length === 8)
    await expectDelivered(started, 'one')
    await expectDelivered(started, 'two')
    expect(await attemptsOf(started.service, ids)).toEqual({ 0: 292, 1: 8 })
  })
})

test('300 emails that a process without a mail server cannot send do not delay its text messages', async () => {
  const started = await startWithSilence(() => false, { SMTP_URL: '', MAIL_FROM: '' })
  const ids = await storeQueued(
    started.service.collection,
    contacts(300, () => ({})),
  )
  const directory = new Directory(started.service)
  const { contactId, phoneNumber } = await directory.add({ phoneNumber: '86-13900009999' })
  await directory.sendSms(contactId, phoneNumber)
  await started.receivers.codeBySms('+8613900009999')
  expect(await attemptsOf(started.service, ids)).toEqual({ 0: 300 })
})
