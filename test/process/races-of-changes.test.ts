import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, type ContactsClient } from '../client.js'
import type { UpdateRequest } from '../service/directory.js'
import { uniqueName } from '../service/running-service.js'
import { type Ending, endingOf, nameOf, reasonsBeside } from './load.js'
import { tryToAdd } from './load-of-adds.js'
import { TwoProcesses } from './two-processes.js'

/** How often a race of two is run. */
const rounds = 40
/** As many as a directory has by default. */
const places = 20

const won = <Attempt extends Ending>(endings: readonly Attempt[]) =>
  endings.filter(({ refused }) => refused === undefined)

describe('two processes on one database', () => {
  let processes: TwoProcesses
  beforeAll(async () => {
    processes = await TwoProcesses.start()
  })
  afterAll(() => processes?.end())

  async function add(directoryId: string, name: string): Promise<string> {
    const [attempt] = await processes.race(1, (client) => tryToAdd(client, directoryId, addRequest({ name })))
    return attempt?.contactId ?? expect.fail(`not added: ${attempt?.refused}`)
  }
  const stored = (directoryId: string) => processes.collection.find({ directoryId }).sort({ name: 1 }).toArray()
  const update = (client: ContactsClient, directoryId: string, request: UpdateRequest) =>
    endingOf(client.updateMessageContact(request, { directoryId }))
  const remove = (client: ContactsClient, directoryId: string, contactId: string, etag = '') =>
    endingOf(client.deleteMessageContact({ contactId, etag }, { directoryId }))

  test('of 50 updates of one contact with the same etag exactly one wins', async () => {
    const directoryId = uniqueName('rd')
    const contactId = await add(directoryId, 'Tom')
    const endings = await processes.race(50, (client, index) =>
      update(client, directoryId, { contactId, name: nameOf(index), etag: '"1"' }),
    )
    expect(reasonsBeside(endings, ['ETAG_MISMATCH', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    const [winner, ...others] = won(endings)
    expect(others).toEqual([])
    expect(winner?.answer?.response.contact?.etag).toBe('"2"')
    expect(await stored(directoryId)).toMatchObject([{ name: winner?.answer?.response.contact?.name, revision: 2 }])
  })

  test('of 50 updates of one contact without an etag every one that is answered counts once', async () => {
    const directoryId = uniqueName('rd')
    const contactId = await add(directoryId, 'Tom')
    const endings = await processes.race(50, (client, index) =>
      update(client, directoryId, { contactId, name: nameOf(index) }),
    )
    expect(reasonsBeside(endings, ['CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    const etags = won(endings).map(({ answer }) => answer?.response.contact?.etag)
    expect(etags.length).toBeGreaterThan(0)
    expect(new Set(etags)).toEqual(new Set(etags.map((_, index) => `"${index + 2}"`)))
    const last = won(endings).find(({ answer }) => answer?.response.contact?.etag === `"${etags.length + 1}"`)
    expect(await stored(directoryId)).toMatchObject([
      { name: last?.answer?.response.contact?.name, revision: etags.length + 1 },
    ])
  })

  test('of two contacts that are renamed to one name at once one wins, each time', async () => {
    const directoryId = uniqueName('rd')
    const ids = [await add(directoryId, 'Ann'), await add(directoryId, 'Bob')]
    for (let round = 0; round < rounds; round += 1) {
      const before = await stored(directoryId)
      const endings = await processes.race(2, async (client, index) => {
        const contactId = ids[index] ?? ''
        return { contactId, ...(await update(client, directoryId, { contactId, name: nameOf(round) })) }
      })
      const [winner, ...others] = won(endings)
      expect(others).toEqual([])
      expect(endings.flatMap(({ refused }) => refused ?? [])).toEqual(['INVALID_PARAMETER_NAME_ALREADY_USED'])
      const loser = before.filter(({ _id }) => _id !== winner?.contactId)
      const after = await stored(directoryId)
      expect(after.filter(({ _id }) => _id !== winner?.contactId)).toEqual(loser)
      expect(after.filter(({ _id }) => _id === winner?.contactId)).toMatchObject([{ name: nameOf(round) }])
    }
  })

  test.each([
    ['without an etag', ''],
    ['with the etag of the state before', '"1"'],
  ])('an update and a removal at once, %s, leave the contact whole or not at all', async (_, etag) => {
    for (let round = 0; round < rounds; round += 1) {
      const directoryId = uniqueName('rd')
      const contactId = await add(directoryId, 'Tom')
      const [before] = await stored(directoryId)
      const updateFirst = round % 4 < 2
      const endings = await processes.race(2, async (client, index) => {
        const updates = (index === 0) === updateFirst
        const ending = updates
          ? await update(client, directoryId, { contactId, name: 'Ann', title: Title.CEO, etag })
          : await remove(client, directoryId, contactId, etag)
        return { updates, ...ending }
      })
      const [updated, removed] = [endings.find(({ updates }) => updates), endings.find(({ updates }) => !updates)]
      const left = await stored(directoryId)
      const isGone = removed?.refused === undefined
      if (isGone) expect(left).toEqual([])
      else
        expect(left).toEqual([{ ...before, ...changed(left[0]), name: 'Ann', title: 'CEO', revision: 2, version: 1 }])
      expect(ways(etag)).toContainEqual([updated?.refused ?? 'OK', removed?.refused ?? 'OK'])
      // Nothing of it is left in the way: the place and both names are free.
      if (isGone) await Promise.all(['Tom', 'Ann'].map((name) => add(directoryId, name)))
    }
  })

  /** What a change writes beside the fields that were asked for. */
  const changed = (contact: { updateDate?: Date; changeRequestId?: string | undefined } = {}) => ({
    updateDate: contact.updateDate,
    changeRequestId: contact.changeRequestId,
  })

  /** How an update and a removal of the first state may end, one after the other. Without an etag a removal always finds its contact. */
  const ways = (etag: string) =>
    etag === ''
      ? [
          ['OK', 'OK'],
          ['ENTITY_NOT_EXISTS_CONTACT', 'OK'],
        ]
      : [
          ['OK', 'ETAG_MISMATCH'],
          // A majority did not have the change yet when it was asked why nothing was removed.
          ['OK', 'CONCURRENT_CALL_NOT_SUPPORTED'],
          ['ENTITY_NOT_EXISTS_CONTACT', 'OK'],
        ]

  test('of 50 removals of one contact at once exactly one finds it', async () => {
    const directoryId = uniqueName('rd')
    const contactId = await add(directoryId, 'Tom')
    const endings = await processes.race(50, (client) => remove(client, directoryId, contactId))
    expect(won(endings)).toHaveLength(1)
    expect(reasonsBeside(endings, ['ENTITY_NOT_EXISTS_CONTACT'])).toEqual([])
    expect(await stored(directoryId)).toEqual([])
  })

  test('filling, emptying and filling a directory again never passes its limit and loses no place', async () => {
    const directoryId = uniqueName('rd')
    let most = 0
    let watching = true
    const watched = (async () => {
      while (watching) most = Math.max(most, await processes.collection.countDocuments({ directoryId }))
    })()
    const acknowledged = new Set<string>()
    const endings = await processes.race(16, async (client, index) => {
      const own: Ending[] = []
      for (let turn = 0; turn < 12; turn += 1) {
        const attempt = await tryToAdd(client, directoryId, addRequest({ name: nameOf(index * 100 + turn) }))
        own.push(attempt)
        const { contactId } = attempt
        if (contactId === undefined) continue
        acknowledged.add(contactId)
        // Two of three go again; what stays makes the directory full.
        if (turn % 3 === 0) continue
        const removed = await remove(client, directoryId, contactId)
        own.push(removed)
        if (removed.refused === undefined) acknowledged.delete(contactId)
      }
      return own
    })
    watching = false
    await watched
    expect(reasonsBeside(endings.flat(), ['LIMIT_EXCEEDED_CONTACTS', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    expect(most).toBeLessThanOrEqual(places)
    expect(new Set((await stored(directoryId)).map(({ _id }) => _id))).toEqual(acknowledged)

    for (let index = acknowledged.size; index < places; index += 1) await add(directoryId, nameOf(9000 + index))
    const slots = (await stored(directoryId)).map(({ slot }) => slot).sort((one, other) => one - other)
    expect(slots).toEqual(Array.from({ length: places }, (_, slot) => slot))
    const [oneMore] = await processes.race(1, (client) => tryToAdd(client, directoryId, addRequest({ name: 'Tom' })))
    expect(oneMore?.refused).toBe('LIMIT_EXCEEDED_CONTACTS')
  })
})
