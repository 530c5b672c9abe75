import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { contactNotFound, Directory } from '../../support/directory.js'
import { expectRefusal } from '../../support/refusal.js'
import { deferred } from '../../support/waiting.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

describe('the database commands', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({ environment: { CONTACTS_PER_DIRECTORY: '150' } })
  })
  afterAll(() => service.stop())

  test('of Get are one find, and none if the request is invalid', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    expect(await service.commandsOf(() => directory.get(contactId))).toEqual(['find'])
    expect(await service.commandsOf(() => directory.get('c-?'))).toEqual([])
  })

  test('of List are one find, and a count if the page is not the whole list', async () => {
    const directory = new Directory(service)
    expect(await service.commandsOf(() => directory.list())).toEqual(['find'])
    await directory.addAll(['Aa', 'Ab', 'Ac'])
    expect(await service.commandsOf(() => directory.list())).toEqual(['find'])
    expect(await service.commandsOf(() => directory.list({ pageSize: 3 }))).toEqual(['find'])
    expect(await service.commandsOf(() => directory.list({ pageSize: 2 }))).toEqual(['find', 'aggregate'])
    const { nextPageToken: pageToken } = await directory.list({ pageSize: 2 })
    expect(await service.commandsOf(() => directory.list({ pageToken }))).toEqual(['find', 'aggregate'])
    expect(await service.commandsOf(() => directory.list({ pageSize: -1, pageToken }))).toEqual([])
  })

  test('of List are no more for a hundred contacts than for two', async () => {
    const directory = new Directory(service)
    await directory.addAll(Array.from({ length: 102 }, (_, index) => `T${letter(index / 26)}${letter(index % 26)}`))
    expect(await service.commandsOf(() => directory.list({ pageSize: 100 }))).toEqual(['find', 'aggregate'])
  })

  const letter = (index: number) => String.fromCharCode(97 + Math.floor(index))

  test('of Update are a find and an update, also if nothing changes, and no update if the etag differs', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await directory.add({ name: 'Bob' })
    expect(await service.commandsOf(() => directory.update({ contactId, name: 'Ann' }))).toEqual(['find', 'update'])
    const stored = await directory.stored()
    // The second update only confirms that the state which was read is the current one.
    expect(await service.commandsOf(() => directory.update({ contactId, name: 'Ann' }))).toEqual(['find', 'update'])
    expect(await directory.stored()).toEqual(stored)
    expect(await service.commandsOf(() => directory.update({ contactId, name: 'Amy', etag: '"7"' }))).toEqual(['find'])
    expect(await service.commandsOf(() => directory.update({ contactId, name: 'Bob' }))).toEqual(['find', 'update'])
    expect(await service.commandsOf(() => directory.update({ contactId, name: 'B' }))).toEqual([])
  })

  test('of Delete are one delete, and a find if it removes nothing', async () => {
    const directory = new Directory(service)
    const [first, second] = await directory.addAll(['Ann', 'Bob'])
    const removal = (contact?: MessageContact, etag = '') =>
      service.commandsOf(() => directory.remove({ contactId: contact?.contactId ?? '', etag }))
    expect(await removal(first, '"7"')).toEqual(['delete', 'find'])
    expect(await removal(first, '"1"')).toEqual(['delete'])
    expect(await removal(second)).toEqual(['delete'])
    expect(await removal(second)).toEqual(['delete', 'find'])
    expect(await removal()).toEqual([])
    expect(await directory.stored()).toEqual([])
  })

  test('of many concurrent Gets are few, and each caller gets its own contact', async () => {
    const directories = Array.from({ length: 6 }, () => new Directory(service))
    const contacts = await Promise.all(directories.map((directory) => directory.addAll(['Ann', 'Bob'])))
    const read: unknown[] = []
    const commands = await service.commandsOf(async () => {
      const gets = Array.from({ length: 60 }, (_, index) => {
        const contactId = contacts[index % 6]?.[index % 2]?.contactId ?? ''
        return directories[index % 6]?.get(contactId)
      })
      read.push(...(await Promise.all(gets)))
    })
    expect(read).toEqual(Array.from({ length: 60 }, (_, index) => contacts[index % 6]?.[index % 2]))
    expect(new Set(commands)).toEqual(new Set(['find']))
    expect(commands.length).toBeLessThanOrEqual(10)
  })

  test('of waiting Gets of several directories are one, and each caller sees only its own directory', async () => {
    const [one, other] = [new Directory(service), new Directory(service)]
    const [{ contactId: ofOne }, { contactId: ofOther }] = [await one.add(), await other.add()]
    const held = deferred()
    const finds: (readonly string[])[] = []
    service.proxy.watch(async (command): Promise<Verdict> => {
      if (!isCallCommand(command)) return 'pass'
      finds.push(command.body['filter']._id.$in)
      if (finds.length <= 2) await held.promise
      return 'pass'
    })
    // While two finds are running, further reads gather.
    const first = one.get(ofOne)
    await expect.poll(() => finds.length).toBe(1)
    const second = one.get(ofOne)
    await expect.poll(() => finds.length).toBe(2)
    const gathered = Promise.all([
      expectOwn(one, ofOne),
      expectForeign(one, ofOther),
      expectOwn(other, ofOther),
      expectForeign(other, ofOne),
    ])
    await haveArrived(one)
    held.resolve()
    await Promise.all([first, second, gathered])
    expect(finds.slice(2)).toEqual([[ofOne, ofOther, ofOther, ofOne]])
    service.proxy.reset()
  })

  const expectOwn = async (directory: Directory, contactId: string) =>
    expect(await directory.get(contactId)).toMatchObject({ contactId })
  const expectForeign = (directory: Directory, contactId: string) =>
    expectRefusal(directory.get(contactId), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
  /** One connection carries all calls in order: when this one is refused, the earlier ones have arrived. */
  const haveArrived = (directory: Directory) => expect(directory.get('')).rejects.toThrow('You must specify ContactId.')
})
