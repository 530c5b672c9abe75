import { MongoClient } from 'mongodb'
import { afterAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { dayMs } from '../../../src/time.js'
import { startService, uniqueName } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

let MONGODB_DATABASE: string
beforeEach(() => {
  MONGODB_DATABASE = uniqueName('settings')
})
const driver = new MongoClient(inject('mongodbUri'))
afterAll(() => driver.close())
const record = () => driver.db(MONGODB_DATABASE).collection<StoredSettings>('message_contacts_health')

interface StoredSettings {
  readonly _id: string
  readonly date: Date
  readonly values: Readonly<Record<string, string>>
}

/** Starts a process with these settings. Gives the settings that its log names as different, once it has compared them. */
async function differencesOf(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const before = await record().findOne({ _id: 'settings' })
  const service = await startService({ environment: { MONGODB_DATABASE, ...environment } })
  onTestFinished(() => service.stop())
  const isRecorded = async () =>
    (await record().findOne({ _id: 'settings' }))?.date.getTime() !== before?.date.getTime()
  await until('the settings are recorded', isRecorded)
  // The answer of the database to this call comes after that to the record.
  await service.client.getMessageContact({ contactId: 'c-0000000000000000' }, { directoryId: 'rd-1' }).catch(() => {})
  const lines = service.log().split('\n')
  return lines
    .filter((line) => line.includes('"msg":"settings differ between processes"'))
    .flatMap((line) => (JSON.parse(line) as { readonly settings: readonly string[] }).settings)
}

const mail = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'no-reply@example.com' }
const sms = { SMS_URL: 'https://sms.example.com/?to={{to}}&text={{text}}' }

test.each([
  ['cannot send emails as the one before does', mail, {}, ['MAIL_FROM']],
  ['can send text messages, which the one before cannot', {}, sms, ['SMS_URL']],
  ['prints codes', mail, { ...mail, UNCONFIGURED_SENDER: 'print' }, ['UNCONFIGURED_SENDER']],
  ['has other limits', { VERIFICATION_MAX_ATTEMPTS: '3' }, {}, ['VERIFICATION_MAX_ATTEMPTS']],
  ['has the same', { ...mail, ...sms }, { ...sms, ...mail }, []],
  ['has another password of the mail server', mail, { ...mail, SMTP_URL: 'smtp://a:b@mail.example.com' }, []],
])('a process that %s says at its start which settings differ', async (_, first, second, expected) => {
  expect(await differencesOf(first)).toEqual([])
  expect(await differencesOf(second)).toEqual(expected)
})

test('settings of a process that started more than a day ago are not compared', async () => {
  await differencesOf(sms)
  await record().updateOne({ _id: 'settings' }, { $set: { date: new Date(Date.now() - dayMs - 60_000) } })
  expect(await differencesOf({})).toEqual([])
})
