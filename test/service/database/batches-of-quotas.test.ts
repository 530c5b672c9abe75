import { expect, test } from 'vitest'
import { Directory } from '../../support/directory.js'
import { reasonOf } from '../../support/load.js'
import { startWatched } from '../../support/watched-service.js'

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
