import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from '../../support/directory.js'
import { type FaultyService, startFaulty } from '../../support/fail-points.js'
import { reasonOf } from '../../support/load.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'

/** The RetryInfo of OUTCOME_UNKNOWN and DATABASE_UNAVAILABLE. */
const retryLater = { RetryInfo: retryInfo(1000) }

/** Codes that do not say whether the write was executed, here or on a shard behind a router. */
const unclearCodes = [
  [202, 'NetworkInterfaceExceededTimeLimit'],
  [217, 'IncompleteTransactionHistory'],
  [24, 'LockTimeout'],
  [11601, 'Interrupted'],
] as const

/** A write of each kind, with the command that carries it out. */
const writes: readonly (readonly [
  operation: string,
  command: string,
  call: (directory: Directory, contact: MessageContact) => Promise<unknown>,
])[] = [
  ['an add', 'insert', (directory) => directory.add({ name: 'Ann' })],
  ['an update', 'update', (directory, { contactId }) => directory.update({ contactId, name: 'Ann' })],
  ['a removal', 'delete', (directory, { contactId }) => directory.remove({ contactId })],
  [
    'a request for a code, which counts it',
    'findAndModify',
    (directory, { contactId, emailAddress }) => directory.sendEmail(contactId, emailAddress),
  ],
  [
    'a request for a code, which stores it',
    'update',
    (directory, { contactId, emailAddress }) => directory.sendEmail(contactId, emailAddress),
  ],
]
const cases = writes.flatMap((write) => unclearCodes.map((code) => [...code, ...write] as const))

describe('a write that fails in the database', () => {
  let service: FaultyService
  beforeAll(async () => {
    service = await startFaulty({
      DATABASE_TIMEOUT_SECONDS: '3',
      MAX_CALL_SECONDS: '20',
      // Nothing listens there: no message is sent.
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FROM: 'no-reply@contacts.example',
      MESSAGES_PER_ADDRESS_PER_MINUTE: '1000',
    })
  })
  afterEach(() => service.failNothing())
  afterAll(() => service?.stop())

  test.each(cases)(
    'code %i, %s, makes %s (%s) OUTCOME_UNKNOWN',
    async (errorCode, _name, _operation, command, call) => {
      const directory = new Directory(service)
      const contact = await directory.add({ name: 'Tom' })
      const stored = await directory.stored()
      await service.fail(command, { errorCode }, 'alwaysOn')
      await expectRefusal(call(directory, contact), 'OUTCOME_UNKNOWN', retryLater)
      await service.failNothing()
      expect(await directory.stored()).toEqual(stored)
      expect(service.log()).toContain(`"code":${errorCode}`)
    },
  )

  test.each(unclearCodes)(
    'an update with code %i, once, is made again: a read shows that it was not written',
    async (errorCode) => {
      const directory = new Directory(service)
      const { contactId } = await directory.add({ name: 'Tom' })
      await service.fail('update', { errorCode }, { times: 1 })
      expect(await directory.update({ contactId, name: 'Ann', etag: '"1"' })).toMatchObject({
        name: 'Ann',
        etag: '"2"',
      })
      expect(await directory.stored()).toMatchObject([{ name: 'Ann', revision: 2 }])
    },
  )

  test.each(writes)(
    '%s (%s) with code 112, a write conflict, is refused, and a repeat is answered',
    async (_, command, call) => {
      const directory = new Directory(service)
      const contact = await directory.add({ name: 'Tom' })
      const stored = await directory.stored()
      await service.fail(command, { errorCode: 112 }, 'alwaysOn')
      const reason = await call(directory, contact).then(() => 'OK', reasonOf)
      expect(['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN']).toContain(reason)
      await service.failNothing()
      expect(await directory.stored()).toEqual(stored)
      await call(directory, contact)
    },
  )
})
