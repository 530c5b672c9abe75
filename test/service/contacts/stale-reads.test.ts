import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { contactNotFound, Directory } from '../../support/directory.js'
import { expectRefusal } from '../../support/refusal.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'
import { type Command, foundInstead, type Verdict } from '../../support/wire-proxy.js'

// A primary that was just elected, or an old one that does not know of the new one yet, may answer a majority read from an older snapshot.
// Here the proxy answers so: a read of a contact gets what was stored before an acknowledged change.

let service: WatchedService
beforeAll(async () => {
  service = await startWatched({ environment: { DATABASE_TIMEOUT_SECONDS: '1', MAX_CALL_SECONDS: '20' } })
})
afterAll(() => service?.stop())

interface StaleReads {
  /** For each of the next reads of the contact, in order: what it finds; undefined for a read that is current. */
  readonly snapshots: readonly (readonly Contact[] | undefined)[]
  /** Whether all answers to the first update are lost. By default false. */
  readonly isAnswerLost?: boolean
}

/** Gives how many reads of the contact there were. */
function answerReads(contactId: string, { snapshots, isAnswerLost = false }: StaleReads) {
  const reads = { count: 0 }
  let firstUpdate: unknown
  service.proxy.watch((command): Verdict => {
    if (command.body['update'] === 'message_contacts') {
      // All commands that the driver sends for one attempt have the same transaction number.
      const update = `${command.body['lsid']?.id}/${command.body['txnNumber']}`
      firstUpdate ??= update
      return isAnswerLost && update === firstUpdate ? 'cut after' : 'pass'
    }
    if (!isReadOf(contactId, command)) return 'pass'
    const snapshot = snapshots[reads.count]
    reads.count += 1
    return snapshot ? foundInstead(command, snapshot) : 'pass'
  })
  return reads
}

const isReadOf = (contactId: string, { name, body }: Command) =>
  name === 'find' && JSON.stringify(body['filter']?._id)?.includes(contactId) === true

/** A directory with the contact Tom, and a snapshot of it. */
async function withTom() {
  const directory = new Directory(service)
  const { contactId } = await directory.add({ name: 'Tom' })
  return { directory, contactId, toms: await directory.stored() }
}

describe('an update that changes nothing in an older state of the contact', () => {
  test('is carried out on the current state, and not acknowledged over the change of another caller', async () => {
    const { directory, contactId, toms } = await withTom()
    await directory.update({ contactId, name: 'Bob' })
    const reads = answerReads(contactId, { snapshots: [toms] })
    expect(await directory.update({ contactId, name: 'Tom' })).toMatchObject({ name: 'Tom', etag: '"3"' })
    expect(reads.count).toBe(2)
    expect(await directory.stored()).toMatchObject([{ name: 'Tom', revision: 3 }])
  })

  test('is not found if the contact was removed since', async () => {
    const { directory, contactId, toms } = await withTom()
    await directory.remove({ contactId })
    answerReads(contactId, { snapshots: [toms, toms] })
    const call = directory.update({ contactId, name: 'Tom' })
    await expectRefusal(call, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    expect(await directory.stored()).toEqual([])
  })

  test('is carried out although the next read shows a state from before the contact was added', async () => {
    const { directory, contactId, toms } = await withTom()
    await directory.update({ contactId, name: 'Bob' })
    const reads = answerReads(contactId, { snapshots: [toms, []] })
    expect(await directory.update({ contactId, name: 'Tom' })).toMatchObject({ name: 'Tom', etag: '"3"' })
    expect(reads.count).toBe(3)
  })
})

describe('an update that changes something', () => {
  test('in an older state of the contact is decided again, and keeps the change of another caller', async () => {
    const { directory, contactId, toms } = await withTom()
    await directory.update({ contactId, title: Title.CEO })
    answerReads(contactId, { snapshots: [toms, toms] })
    const updated = await directory.update({ contactId, name: 'Bob' })
    expect(updated).toMatchObject({ name: 'Bob', title: Title.CEO, etag: '"3"' })
    expect(await directory.stored()).toMatchObject([{ name: 'Bob', title: 'CEO', revision: 3 }])
  })

  test('of a contact that this call has seen, and that the next read does not show, is carried out', async () => {
    const { directory, contactId, toms } = await withTom()
    await directory.update({ contactId, title: Title.CEO })
    const reads = answerReads(contactId, { snapshots: [toms, []] })
    expect(await directory.update({ contactId, name: 'Bob' })).toMatchObject({ name: 'Bob', etag: '"3"' })
    expect(reads.count).toBe(3)
  })

  test.each([
    ['does not show', () => []],
    ['shows in a state before the one that was changed', (toms: readonly Contact[]) => toms],
  ])('that was written, with a lost answer, and whose contact the next read %s, is answered', async (_, snapshot) => {
    const { directory, contactId, toms } = await withTom()
    await directory.update({ contactId, title: Title.CEO })
    const reads = answerReads(contactId, { snapshots: [undefined, snapshot(toms)], isAnswerLost: true })
    const updated = await directory.update({ contactId, name: 'Ann', etag: '"2"' })
    expect(updated).toMatchObject({ name: 'Ann', etag: '"3"' })
    expect(reads.count).toBeGreaterThanOrEqual(3)
    expect(await directory.stored()).toMatchObject([{ name: 'Ann', title: 'CEO', revision: 3 }])
  })
})

describe('an add with a client token', () => {
  test('does not give the contact that had the token and was removed, although a read still shows it', async () => {
    const { directory } = await withTom()
    const request = { name: 'Ann', clientToken: 'token' }
    const { contactId } = await directory.add(request)
    const snapshot = (await directory.stored()).filter(({ _id }) => _id === contactId)
    const isMajorityRead = ({ name, body }: Command) => name === 'find' && body['readConcern']?.level === 'majority'
    let reads = 0
    service.proxy.watch(async (command): Promise<Verdict> => {
      if (!isMajorityRead(command) || !isReadOf(contactId, command)) return 'pass'
      reads += 1
      // Others have removed it since its token was found.
      await service.collection.deleteOne({ _id: contactId })
      return reads === 1 ? foundInstead(command, snapshot) : 'pass'
    })
    const added = await directory.add(request)
    expect(reads).toBe(1)
    expect(added.contactId).not.toBe(contactId)
    expect(await directory.stored()).toMatchObject([{ _id: added.contactId }, { name: 'Tom' }])
  })
})
