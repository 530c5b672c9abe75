import type { Collection } from 'mongodb'
import { describe, expect, test } from 'vitest'
import type { Call } from '../../../src/calls/call.js'
import type { Contact, Decision } from '../../../src/contacts/contact.js'
import type { ContactReader } from '../../../src/contacts/store/reader.js'
import { ContactWriter } from '../../../src/contacts/store/writer.js'
import type { Database } from '../../../src/database/database.js'
import type { SingleWrite } from '../../../src/database/single-write.js'
import { Failure } from '../../../src/errors/failure.js'
import {
  before,
  contactWith,
  emailAddress,
  later,
  now,
  phoneNumber,
  verificationWith,
} from '../../support/contacts-in-states.js'

const contact = contactWith({ revision: 4, version: 11 })
const call: Call = {
  requestId: 'CALL-2',
  operation: 'UpdateMessageContact',
  caller: { id: 'caller-2', directoryId: 'rd-1' },
  deadline: { time: 9000, isExpired: () => false },
}
const lastWrite = { requestId: 'CALL-2', operation: 'UpdateMessageContact', caller: 'caller-2', date: now }

/**
 * A writer to a database that has this contact and accepts every write, and the conditions and documents of the writes. The writes that only
 * confirm a state match as often as `confirmations` say.
 */
function writerTo(stored: Contact, confirmations: number[] = []) {
  const writes: unknown[][] = []
  const confirm = async (...write: unknown[]) => {
    writes.push(write.slice(0, -1))
    return { matchedCount: confirmations.shift() ?? 1 }
  }
  const reader = { get: async () => stored, find: async () => stored } as unknown as ContactReader
  const contacts = { collectionName: 'contacts', updateOne: confirm } as unknown as Collection<Contact>
  const database = {
    now: () => now,
    requireUsable: () => {},
    timeLimitMs: () => 1000,
    writeOne: async (_: unknown, write: SingleWrite<Contact>) => {
      const { filter } = write
      if (write.kind === 'delete') writes.push([filter])
      else writes.push([filter, write.update])
      const isConfirmation = write.kind === 'update' && '$set' in write.update
      return { kind: isConfirmation && (confirmations.shift() ?? 1) === 0 ? 'unmatched' : 'written' }
    },
  } as unknown as Database
  return { writer: new ContactWriter({ database, contacts, reader, randomInt: () => 0 }), writes }
}

/** The document that is stored after a decision about the contact. */
async function storedAfter(decision: Decision, stored = contact) {
  const { writer, writes } = writerTo(stored)
  await writer.change('c-1', call, () => decision)
  const [[filter, document] = []] = writes
  expect([writes.length, filter]).toEqual([1, { _id: 'c-1', directoryId: 'rd-1', version: stored.version }])
  return document
}

describe('a change', () => {
  const renamed = { ...contact, name: 'Tim' }
  /** Matches only if nobody wrote the contact since it was read. */
  const confirmation = [{ _id: 'c-1', directoryId: 'rd-1', version: 11 }, { $set: { directoryId: 'rd-1' } }]

  test('that is visible is stored with the next revision and version, the date, and a write stamp', async () => {
    const stored = await storedAfter({ kind: 'write', contact: renamed, isVisible: true })
    expect(stored).toEqual({ ...renamed, revision: 5, updateDate: now, version: 12, lastWrite })
  })

  test('that is visible never has a date before that of the last change, whatever the clock says', async () => {
    const ahead = { ...contact, createDate: later(now, 1), updateDate: later(now, 1) }
    const stored = await storedAfter({ kind: 'write', contact: { ...ahead, name: 'Tim' }, isVisible: true }, ahead)
    expect(stored).toMatchObject({ createDate: later(now, 1), updateDate: later(now, 1), revision: 5 })
  })

  test('that is not visible is stored with the next version and a write stamp only', async () => {
    const stored = await storedAfter({ kind: 'write', contact: renamed, isVisible: false })
    expect(stored).toEqual({ ...renamed, revision: 4, updateDate: before, version: 12, lastWrite })
  })

  test('is stored with the earliest date at which a delivery is due, or none', async () => {
    const due = (ms: number) => verificationWith({ deliveryState: 'QUEUED', dueDate: later(now, ms) })
    const queued = contactWith({
      email: { address: emailAddress, verification: due(0) },
      phone: { address: phoneNumber, verification: { ...due(-5), address: phoneNumber } },
    })
    expect(await storedAfter({ kind: 'write', contact: queued, isVisible: false })).toMatchObject({
      deliveryDueDate: later(now, -5),
    })
    const overdue = contactWith({ deliveryDueDate: before })
    expect(await storedAfter({ kind: 'write', contact: overdue, isVisible: false })).toHaveProperty(
      'deliveryDueDate',
      undefined,
    )
  })

  test('gives the stored contact, and the result of its rule', async () => {
    const { writer, writes } = writerTo(contact)
    const changed = await writer.change('c-1', call, () => ({
      kind: 'write',
      contact: renamed,
      isVisible: true,
      result: 'from the rule',
    }))
    expect(changed).toEqual({ contact: writes[0]?.[1], result: 'from the rule' })
  })

  test('that changes nothing is confirmed by a write that changes nothing, and gives the contact unchanged', async () => {
    const { writer, writes } = writerTo(contact)
    expect(await writer.change('c-1', call, () => ({ kind: 'unchanged' }))).toEqual({ contact, result: undefined })
    expect(writes).toEqual([confirmation])
  })

  test('that changes nothing is decided again until the state that was read is the current one', async () => {
    const { writer, writes } = writerTo(contact, [0, 0, 1])
    let decisions = 0
    const changed = await writer.change('c-1', call, () => {
      decisions += 1
      return { kind: 'unchanged' }
    })
    expect([changed, decisions]).toEqual([{ contact, result: undefined }, 3])
    expect(writes).toEqual([confirmation, confirmation, confirmation])
  })

  test('that is skipped writes nothing, and gives the contact unchanged', async () => {
    const { writer, writes } = writerTo(contact)
    expect(await writer.change('c-1', call, () => ({ kind: 'skip' }))).toEqual({ contact, result: undefined })
    expect(writes).toEqual([])
  })

  test('that is refused by its rule writes nothing', async () => {
    const { writer, writes } = writerTo(contact)
    const refusal = new Failure('ETAG_MISMATCH')
    const change = writer.change('c-1', call, () => {
      throw refusal
    })
    await expect(change).rejects.toBe(refusal)
    expect(writes).toEqual([])
  })

  test('that records a refusal is stored, and refused', async () => {
    const { writer, writes } = writerTo(contact)
    const refusal = new Failure('VERIFICATION_CODE_INCORRECT')
    const change = writer.change('c-1', call, () => ({ kind: 'write', contact: renamed, isVisible: false, refusal }))
    await expect(change).rejects.toBe(refusal)
    expect(writes).toHaveLength(1)
  })
})

describe('a removal', () => {
  test.each([
    ['any state without an etag', '', {}],
    ['the revision of its etag', '"3"', { revision: 3 }],
    ['no state with an etag that no contact has', 'nonsense', { revision: 0 }],
  ])('is of %s', async (_, etag, state) => {
    const { writer, writes } = writerTo(contact)
    await writer.remove('c-1', etag, call)
    expect(writes).toEqual([[{ _id: 'c-1', directoryId: 'rd-1', ...state }]])
  })
})
