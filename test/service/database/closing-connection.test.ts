import { Connection } from 'mongodb/lib/cmap/connection.js'
import { afterEach, expect, test, vi } from 'vitest'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from '../../support/directory.js'
import { startService } from '../../support/running-service.js'

afterEach(() => vi.restoreAllMocks())

/** Lets the time of the next change of a contact run out after its command was sent, before its reply is read. */
function expireNextChange(): void {
  const write = Connection.prototype.writeCommand
  let isDone = false
  vi.spyOn(Connection.prototype, 'writeCommand').mockImplementation(async function (this: Connection, sent, options) {
    await write.call(this, sent, options)
    if (isDone || sent.command?.['update'] !== 'message_contacts' || !options.timeoutContext) return
    isDone = true
    // The driver takes the time as run out if less than this remains.
    options.timeoutContext.minRoundTripTime = Number.POSITIVE_INFINITY
  })
}

test('the reply to a command whose time runs out just after it was sent is not taken for that of the next one', async () => {
  const service = await startService({ environment: { DATABASE_POOL_SIZE: '1' } })
  const directory = new Directory(service)
  const [first, second] = [await directory.add({ name: 'First' }), await directory.add({ name: 'Second' })]

  expireNextChange()
  // A read shows that the change was made.
  const changed = await directory.update({ contactId: first.contactId, title: Title.FINANCE_DIRECTOR })
  const found = await directory.get(second.contactId)
  await service.stop()
  expect([changed.title, found.name]).toEqual([Title.FINANCE_DIRECTOR, 'Second'])
})
