import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { minuteMs } from '../../../src/time.js'
import { Clock } from '../../support/clock.js'
import { Directory } from '../../support/directory.js'
import { reply } from '../../support/mail-server.js'
import { storeQueued } from '../../support/queued-contacts.js'
import { startReceivers } from '../../support/receivers.js'
import { startService, uniqueName } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'

const MONGODB_DATABASE = uniqueName('printed')
const clock = new Clock()
/** What `printing` prints. */
const lines: string[] = []
/** A process without a mail server, for development. */
let printing: WatchedService
beforeAll(async () => {
  const environment = { MONGODB_DATABASE, UNCONFIGURED_SENDER: 'print' }
  const dependencies = { storedNow: clock.read, print: (line: string) => lines.push(line) }
  printing = await startWatched({ environment, dependencies })
})
afterAll(() => printing?.stop())

/** Resolves when the delivery worker has looked for due deliveries so many more times. */
async function looked(times: number): Promise<void> {
  let looks = 0
  printing.proxy.watch(({ name, body }) => {
    if (name === 'find' && body['filter']?.deliveryDueDate) looks += 1
    return 'pass'
  })
  // A look has ended when the next one begins.
  await until('the worker looks', () => looks > times)
  printing.proxy.reset()
}

/** A message that another process was asked for and could not send. That process has ended. */
async function queuedElsewhere(): Promise<Directory> {
  const { settings } = await startReceivers({ onMailFrom: (_, __, done) => done(reply(451)) })
  const sending = await startService({
    environment: { MONGODB_DATABASE, ...settings },
    dependencies: { storedNow: clock.read },
  })
  const directory = new Directory(sending)
  const { contactId, emailAddress } = await directory.add()
  await directory.sendEmail(contactId, emailAddress)
  const isAttempted = async () => (await directory.stored())[0]?.email.verification?.mayHaveArrived === false
  await until('the mail server has refused it for now', isAttempted)
  await sending.stop()
  return Object.assign(new Directory(printing), { id: directory.id })
}

test('a process that prints codes prints only those that it was asked for itself', async () => {
  const directory = await queuedElsewhere()
  clock.advance(minuteMs)
  await looked(2)
  expect(lines).toEqual([])
  const [queued] = await directory.stored()
  expect(queued?.email.verification).toMatchObject({ deliveryState: 'QUEUED', attempts: 1 })
  const { contactId, emailAddress } = await directory.add({ name: 'Ann', emailAddress: 'ann@example.com' })
  await directory.sendEmail(contactId, emailAddress)
  await until('its own code is printed', () => lines.length > 0)
  const codes = lines.filter((line) => line.includes('Code'))
  expect(codes).toEqual([expect.stringMatching(/Code \d{6} for ann@example\.com, /)])
})

test('300 contacts whose codes other processes were asked for do not hide its own', async () => {
  const printed: string[] = []
  const service = await startService({
    environment: { UNCONFIGURED_SENDER: 'print' },
    dependencies: { print: (line) => printed.push(line) },
  })
  onTestFinished(() => service.stop())
  const contacts = Array.from({ length: 300 }, (_, index) => ({
    directoryId: `rd-elsewhere-${index}`,
    emailAddress: `tom${index}@elsewhere.example`,
    phoneNumber: '86-13900001234',
    due: ['email', 'phone'] as const,
  }))
  const ids = await storeQueued(service.collection, contacts)
  const directory = new Directory(service)
  const { contactId, emailAddress, phoneNumber } = await directory.add()
  await directory.sendEmail(contactId, emailAddress)
  await directory.sendSms(contactId, phoneNumber)
  const recipients = () => printed.flatMap((line) => /Code \d{6} for (\S+), /.exec(line)?.[1] ?? [])
  await until('both codes are printed', () => recipients().length === 2)
  expect(recipients().sort()).toEqual([phoneNumber, emailAddress])
  const attempted = {
    $or: [{ 'email.verification.attempts': { $gt: 0 } }, { 'phone.verification.attempts': { $gt: 0 } }],
  }
  expect(await service.collection.countDocuments({ _id: { $in: [...ids] }, ...attempted })).toBe(0)
})
