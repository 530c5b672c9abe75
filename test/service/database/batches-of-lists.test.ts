import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Directory } from '../../support/directory.js'
import { deferred } from '../../support/waiting.js'
import { isCallCommand, startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

describe('lists of several directories that wait for a running list', () => {
  let service: WatchedService
  beforeAll(async () => {
    service = await startWatched({
      environment: { CONTACTS_PER_DIRECTORY: '3' },
      dependencies: { batching: { maxConcurrent: 1, slowAfterMs: 60_000 } },
    })
  })
  afterEach(() => service.proxy.reset())
  afterAll(() => service?.stop())

  /** Starts `calls` while a list is running. Gives what they listed, and for each command after that the directories that it reads. */
  async function together(calls: readonly (() => Promise<unknown>)[]) {
    const [held, isHeld] = [deferred(), deferred()]
    const commands: unknown[] = []
    service.proxy.watch(async (command): Promise<Verdict> => {
      if (!isCallCommand(command)) return 'pass'
      commands.push([command.name, command.body['filter']?.directoryId])
      if (commands.length === 1) {
        isHeld.resolve()
        await held.promise
      }
      return 'pass'
    })
    const other = new Directory(service)
    const first = other.list()
    await isHeld.promise
    const answers = calls.map((call) => call())
    // One connection carries all calls in order: when this one is refused, the earlier ones have arrived.
    await expect(other.get('')).rejects.toThrow()
    held.resolve()
    await first
    return { lists: await Promise.all(answers), commands: commands.slice(1) }
  }

  async function withContacts(...names: string[]) {
    const directory = new Directory(service)
    await directory.addAll(names)
    return directory
  }

  const page = (...names: string[]) => ({ contacts: names.map((name) => ({ name })), totalCount: names.length })

  test('share one command, and each caller sees only its own directory, by name', async () => {
    const [one, two, none] = [await withContacts('Tom', 'Ann', 'Eve'), await withContacts('Bob'), await withContacts()]
    const { lists, commands } = await together([one, two, none, one].map((directory) => () => directory.list()))
    const all = page('Ann', 'Eve', 'Tom')
    expect(lists).toMatchObject([all, page('Bob'), page(), all])
    expect(lists.map((list) => (list as { nextPageToken: string }).nextPageToken)).toEqual(['', '', '', ''])
    expect(commands).toEqual([['find', { $in: [one.id, two.id, none.id] }]])
  })

  test('have a command each with a filter, and for a page that is less than a directory may have', async () => {
    const directory = await withContacts('Ann', 'Bob')
    const { lists, commands } = await together([
      () => directory.list({ namePrefix: 'B' }),
      () => directory.list({ pageSize: 2 }),
    ])
    expect(lists).toMatchObject([page('Bob'), page('Ann', 'Bob')])
    expect(commands).toEqual([
      ['find', directory.id],
      ['find', directory.id],
    ])
  })

  test('are complete beside a directory that has more contacts than the limit', async () => {
    const [large, small] = [await withContacts('Ann'), await withContacts('Tom')]
    const [stored] = await large.stored()
    if (!stored) expect.fail()
    const names = Array.from({ length: 8 }, (_, index) => `B${'abcdefgh'[index]}`)
    await service.collection.insertMany(
      names.map((name, index) => ({ ...stored, _id: `c-${large.id}${name}`, name, slot: 10 + index })),
    )
    const { lists } = await together([() => large.list(), () => small.list()])
    expect(lists).toMatchObject([page('Ann', ...names), page('Tom')])
  })
})
