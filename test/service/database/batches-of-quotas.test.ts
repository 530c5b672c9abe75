import { expect, test } from 'vitest'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from '../../support/directory.js'
import { reasonOf } from '../../support/load.js'
import { startService, uniqueName } from '../../support/running-service.js'
import { startWatched } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

const letter = (index: number) => String.fromCharCode(97 + index)

test('messages that are requested at once share the commands of their limits, which stay exact', async () => {
  const service = await startWatched({
    environment: { EMAILS_PER_DIRECTORY_PER_DAY: '5', UNCONFIGURED_SENDER: 'print' },
    dependencies: { print: () => {}, batching: { maxConcurrent: 1, slowAfterMs: 60_000 } },
  })
  const directory = new Directory(service)
  const names = Array.from({ length: 16 }, (_, index) => `T${letter(index)}`)
  const contacts = await directory.addAll(names)
  for (const { contactId } of contacts)
    await directory.update({
      contactId,
      emailAddress: `${contactId}@example.com`,
      updateMask: { paths: ['email_address'] },
    })
  const reasons: string[] = []
  const commands = await service.commandsOf(async () => {
    const sends = contacts.map(({ contactId }) =>
      directory.sendEmail(contactId, `${contactId}@example.com`).then(() => 'OK', reasonOf),
    )
    reasons.push(...(await Promise.all(sends)))
  })
  const limit = 'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT'
  expect(reasons.toSorted()).toEqual([...Array(5).fill('OK'), ...Array(11).fill(limit)])
  const quotas = service.collection.db.collection<{ _id: string; dates: Date[] }>('message_contacts_quotas')
  expect((await quotas.findOne({ _id: `email ${directory.id}` }))?.dates).toHaveLength(5)
  expect(commands).toContain('bulkWrite')
  // Alone, each send that is answered has eight, and each that is refused five.
  expect(commands.length).toBeLessThan(50)
  await service.stop()
})

test('uses are known as taken, however many others another process takes before they are read', async () => {
  const MONGODB_DATABASE = uniqueName('quotas')
  const environment = { MONGODB_DATABASE, CONTACTS_PER_DIRECTORY: '100', EMAILS_PER_DIRECTORY_PER_DAY: '1000' }
  const options = {
    environment: { ...environment, UNCONFIGURED_SENDER: 'print' },
    dependencies: { print: () => {}, batching: { maxConcurrent: 1, slowAfterMs: 60_000 } },
  }
  const service = await startWatched(options)
  const other = await startService(options)
  const directory = new Directory(service)
  const throughOther = Object.assign(new Directory(other), { id: directory.id })
  const contacts: MessageContact[] = []
  for (let index = 0; index < 60; index += 1) {
    const name = `T${letter(index % 26)}${letter(Math.floor(index / 26))}`
    contacts.push(await directory.add({ name, emailAddress: `${name}@example.com` }))
  }
  const send = (through: Directory) => (contact: MessageContact) =>
    through.sendEmail(contact.contactId, contact.emailAddress).then(() => 'OK', reasonOf)
  let otherReasons: Promise<string[]> | undefined
  let isTaken = false
  service.proxy.watch(async ({ name, body }): Promise<Verdict> => {
    if (name === 'bulkWrite' && body['ops'][0].filter._id === `email ${directory.id}`) isTaken = true
    if (isTaken && name === 'find' && body['find'] === 'message_contacts_quotas') {
      otherReasons ??= Promise.all(contacts.slice(20).map(send(throughOther)))
      await otherReasons
    }
    return 'pass'
  })
  const reasons = await Promise.all(contacts.slice(0, 20).map(send(directory)))
  expect(reasons).toEqual(Array(20).fill('OK'))
  expect(await otherReasons).toEqual(Array(40).fill('OK'))
  const quotas = service.collection.db.collection<{ _id: string; dates: Date[] }>('message_contacts_quotas')
  expect((await quotas.findOne({ _id: `email ${directory.id}` }))?.dates).toHaveLength(60)
  await service.stop()
  await other.stop()
})
