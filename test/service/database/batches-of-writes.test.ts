import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { contactNotFound, contactResource, Directory } from '../../support/directory.js'
import { badRequest, expectRefusal, retryInfo } from '../../support/refusal.js'
import { startService, uniqueName } from '../../support/running-service.js'
import { deferred } from '../../support/waiting.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'
import { type Verdict, WireProxy } from '../../support/wire-proxy.js'

const { DELETED } = MessageContactDeletionStatus

describe('changes of several contacts that wait for a running write', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({
      // The driver repeats a command until its time is up.
      environment: { DATABASE_TIMEOUT_SECONDS: '1', MAX_CALL_SECONDS: '20' },
      dependencies: { batching: { maxConcurrent: 1, slowAfterMs: 60_000 } },
    })
  })
  afterEach(() => service.proxy.reset())
  afterAll(() => service?.stop())

  /**
   * Starts `calls` while a write of another contact is running, and lets `meanwhile` happen before their writes are sent. Gives the commands
   * after that. `verdictOn` decides about the bulkWrite commands, by their number.
   */
  async function together(
    calls: () => readonly Promise<unknown>[],
    meanwhile: () => Promise<unknown> = async () => {},
    verdictOn: (count: number) => Verdict = () => 'pass',
  ) {
    const other = new Directory(service)
    const { contactId } = await other.add()
    const [held, isHeld] = [deferred(), deferred()]
    const commands: string[] = []
    let isReleased = false
    service.proxy.watch(async (command): Promise<Verdict> => {
      if (!isCallCommand(command)) return 'pass'
      if (isReleased) commands.push(command.name)
      if (!isReleased && command.name === 'update') {
        isHeld.resolve()
        await held.promise
      }
      const { length } = commands.filter((name) => name === 'bulkWrite')
      return command.name === 'bulkWrite' ? verdictOn(length) : 'pass'
    })
    const first = other.update({ contactId, name: 'First' })
    await isHeld.promise
    const answers = calls()
    // The reads of one process are answered in order: when these are, those of the calls have been.
    for (let read = 0; read < 3; read += 1) await other.get(contactId)
    await meanwhile()
    isReleased = true
    held.resolve()
    await first
    await Promise.allSettled(answers)
    return { answers, commands }
  }

  async function withContacts(...names: string[]) {
    const directory = new Directory(service)
    const contacts = await directory.addAll(names)
    return { directory, ids: contacts.map(({ contactId }) => contactId) }
  }

  test('share one command', async () => {
    const { directory, ids } = await withContacts('Ann', 'Bob', 'Eve')
    const { answers, commands } = await together(() => [
      directory.update({ contactId: ids[0] ?? '', name: 'Amy' }),
      directory.update({ contactId: ids[1] ?? '', emailAddress: 'bob@example.org' }),
      // It changes nothing, and is confirmed in the same command.
      directory.update({ contactId: ids[2] ?? '', name: 'Eve' }),
    ])
    expect(await Promise.all(answers)).toMatchObject([
      { name: 'Amy', etag: '"2"' },
      { emailAddress: 'bob@example.org', etag: '"2"' },
      { name: 'Eve', etag: '"1"' },
    ])
    expect(commands).toEqual(['bulkWrite'])
    expect(await directory.stored()).toMatchObject([
      { name: 'Amy', version: 2 },
      { name: 'Bob', version: 2 },
      { name: 'Eve', version: 1 },
    ])
  })

  test('have their own outcomes: written, changed by another process, removed, and a name that is used', async () => {
    const { directory, ids } = await withContacts('Ann', 'Bob', 'Eve', 'Tom')
    const [ann = '', bob = '', eve = '', tom = ''] = ids
    const { answers, commands } = await together(
      () => [
        directory.update({ contactId: ann, name: 'Amy' }),
        directory.update({ contactId: bob, name: 'Bill' }),
        directory.update({ contactId: eve, name: 'Eva' }),
        directory.update({ contactId: tom, name: 'Bob' }),
      ],
      async () => {
        await service.collection.updateOne({ _id: bob }, { $set: { title: 'CEO' }, $inc: { version: 1, revision: 1 } })
        await service.collection.deleteOne({ _id: eve })
      },
    )
    expect(await answers[0]).toMatchObject({ name: 'Amy', etag: '"2"' })
    expect(await answers[1]).toMatchObject({ name: 'Bill', etag: '"3"' })
    await expectRefusal(answers[2] ?? expect.fail(), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(eve))
    await expectRefusal(answers[3] ?? expect.fail(), 'INVALID_PARAMETER_NAME_ALREADY_USED', nameUsed('Bob'))
    // The next ones repeat one change, and confirm for another that the contact does not exist: together, unless one is late.
    expect(commands.slice(0, 2)).toEqual(['bulkWrite', 'find'])
    expect(['bulkWrite', 'find', 'update']).toEqual(expect.arrayContaining(commands))
    expect(await directory.stored()).toMatchObject([
      { name: 'Amy', version: 2 },
      { name: 'Bill', title: 'CEO', version: 3 },
      { name: 'Tom', version: 1 },
    ])
  })

  const nameUsed = (name: string) => ({
    BadRequest: badRequest(['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']),
    ResourceInfo: contactResource(name, 'The Name already exists. Please change to another name.'),
  })

  test.each([
    ['the first answer is', (count: number) => count === 1],
    ['all answers are', () => true],
  ])('are each made once although %s lost', async (_, isLost) => {
    const { directory, ids } = await withContacts('Ann', 'Bob')
    const { answers, commands } = await together(
      () => ids.map((contactId) => directory.update({ contactId, emailAddress: 'new@example.org', etag: '"1"' })),
      undefined,
      (count) => (isLost(count) ? 'cut after' : 'pass'),
    )
    expect(await Promise.all(answers)).toMatchObject([{ etag: '"2"' }, { etag: '"2"' }])
    expect(commands[0]).toBe('bulkWrite')
    expect(await directory.stored()).toMatchObject([
      { name: 'Ann', version: 2, email: { address: 'new@example.org' } },
      { name: 'Bob', version: 2, email: { address: 'new@example.org' } },
    ])
  })

  test('are refused with an unknown outcome if no command reaches the database, and leave the old states', async () => {
    const { directory, ids } = await withContacts('Ann', 'Bob')
    const stored = await directory.stored()
    const { answers } = await together(
      () => ids.map((contactId) => directory.update({ contactId, emailAddress: 'new@example.org' })),
      undefined,
      () => 'cut before',
    )
    for (const answer of answers) await expectRefusal(answer, 'OUTCOME_UNKNOWN', { RetryInfo: retryInfo(1000) })
    expect(await directory.stored()).toEqual(stored)
  })

  test('and removals share one command, and of two removals of one contact one is answered', async () => {
    const { directory, ids } = await withContacts('Ann', 'Bob', 'Eve')
    const [ann = '', bob = '', eve = ''] = ids
    const { answers, commands } = await together(() => [
      directory.remove({ contactId: ann }),
      directory.remove({ contactId: bob, etag: '"7"' }),
      directory.remove({ contactId: eve }),
      directory.remove({ contactId: ann }),
    ])
    expect(await Promise.all([answers[0], answers[2]])).toMatchObject([{ status: DELETED }, { status: DELETED }])
    await expectRefusal(answers[1] ?? expect.fail(), 'ETAG_MISMATCH')
    await expectRefusal(answers[3] ?? expect.fail(), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(ann))
    expect(commands).toEqual(['bulkWrite', 'find'])
    expect(await directory.stored()).toMatchObject([{ name: 'Bob', version: 1 }])
  })
})

test('changes have a command each on a server without bulkWrite', async () => {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  // The service asks in its own database, the driver in `admin`.
  proxy.watch(({ name, body }) =>
    name === 'hello' && body['$db'] !== 'admin' ? { reply: { ok: 1, maxWireVersion: 21 } } : 'pass',
  )
  const service = await startService({ environment: { MONGODB_URI: proxy.uri, MONGODB_DATABASE: uniqueName('old') } })
  const directory = new Directory(service)
  const contacts = await directory.addAll(['Ann', 'Bob', 'Eve', 'Tom'])
  const commands: string[] = []
  proxy.watch((command) => {
    if (isCallCommand(command) && command.name !== 'find') commands.push(command.name)
    return 'pass'
  })
  await Promise.all(contacts.map(({ contactId }) => directory.update({ contactId, emailAddress: 'new@example.org' })))
  await Promise.all(contacts.map(({ contactId }) => directory.remove({ contactId })))
  expect(commands).toEqual([...Array.from('1234', () => 'update'), ...Array.from('1234', () => 'delete')])
  expect(await directory.stored()).toEqual([])
  await service.stop()
  await proxy.close()
})
