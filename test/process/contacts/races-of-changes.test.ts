import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, type ContactsClient } from '../../support/client.js'
import type { UpdateRequest } from '../../support/directory.js'
import { type CallResult, nameOf, resultOf, unexpectedReasons } from '../../support/load.js'
import { add } from '../../support/load-of-adds.js'
import { uniqueName } from '../../support/running-service.js'
import { TwoProcesses } from '../../support/two-processes.js'

/** How often a race of two is run. */
const rounds = 40
/** The default of CONTACTS_PER_DIRECTORY. */
const maxContacts = 20

const answeredOf = <Result extends CallResult>(results: readonly Result[]) =>
  results.filter(({ refused }) => refused === undefined)

describe('changes in two processes on one database', () => {
  let processes: TwoProcesses
  beforeAll(async () => {
    processes = await TwoProcesses.start()
  })
  afterAll(() => processes?.close())

  /** Adds a contact and gives its id. */
  async function addOne(directoryId: string, name: string): Promise<string> {
    const [result] = await processes.race(1, (client) => add(client, directoryId, addRequest({ name })))
    return result?.contactId ?? expect.fail(`not added: ${result?.refused}`)
  }
  const stored = (directoryId: string) => processes.collection.find({ directoryId }).sort({ name: 1 }).toArray()
  const update = (client: ContactsClient, directoryId: string, request: UpdateRequest) =>
    resultOf(client.updateMessageContact(request, { directoryId }))
  const remove = (client: ContactsClient, directoryId: string, contactId: string, etag = '') =>
    resultOf(client.deleteMessageContact({ contactId, etag }, { directoryId }))

  test('of 50 updates of one contact with the same etag exactly one is answered', async () => {
    const directoryId = uniqueName('rd')
    const contactId = await addOne(directoryId, 'Tom')
    const results = await processes.race(50, (client, index) =>
      update(client, directoryId, { contactId, name: nameOf(index), etag: '"1"' }),
    )
    expect(unexpectedReasons(results, ['ETAG_MISMATCH', 'CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    const [winner, ...others] = answeredOf(results)
    expect(others).toEqual([])
    expect(winner?.answer?.response.contact?.etag).toBe('"2"')
    expect(await stored(directoryId)).toMatchObject([{ name: winner?.answer?.response.contact?.name, revision: 2 }])
  })

  test('of 50 updates of one contact without an etag each answered one makes one revision', async () => {
    const directoryId = uniqueName('rd')
    const contactId = await addOne(directoryId, 'Tom')
    const results = await processes.race(50, (client, index) =>
      update(client, directoryId, { contactId, name: nameOf(index) }),
    )
    expect(unexpectedReasons(results, ['CONCURRENT_CALL_NOT_SUPPORTED'])).toEqual([])
    const answered = answeredOf(results)
    const etags = answered.map(({ answer }) => answer?.response.contact?.etag)
    expect(etags.length).toBeGreaterThan(0)
    expect(new Set(etags)).toEqual(new Set(etags.map((_, index) => `"${index + 2}"`)))
    const last = answered.find(({ answer }) => answer?.response.contact?.etag === `"${etags.length + 1}"`)
    expect(await stored(directoryId)).toMatchObject([
      { name: last?.answer?.response.contact?.name, revision: etags.length + 1 },
    ])
  })

  test('of two contacts that are renamed to one name at the same time one is renamed, each time', async () => {
    const directoryId = uniqueName('rd')
    const ids = [await addOne(directoryId, 'Ann'), await addOne(directoryId, 'Bob')]
    for (let round = 0; round < rounds; round += 1) {
      const before = await stored(directoryId)
      const results = await processes.race(2, async (client, index) => {
        const contactId = ids[index] ?? ''
        return { contactId, ...(await update(client, directoryId, { contactId, name: nameOf(round) })) }
      })
      const [winner, ...others] = answeredOf(results)
      expect(others).toEqual([])
      expect(results.flatMap(({ refused }) => refused ?? [])).toEqual(['INVALID_PARAMETER_NAME_ALREADY_USED'])
      const loser = before.filter(({ _id }) => _id !== winner?.contactId)
      const after = await stored(directoryId)
      expect(after.filter(({ _id }) => _id !== winner?.contactId)).toEqual(loser)
      expect(after.filter(({ _id }) => _id === winner?.contactId)).toMatchObject([{ name: nameOf(round) }])
    }
  })

  test.each([
    ['without an etag', ''],
    ['with the etag of the state before', '"1"'],
  ])('an update and a removal at the same time, %s, leave the whole contact or nothing', async (_, etag) => {
    for (let round = 0; round < rounds; round += 1) {
      const directoryId = uniqueName('rd')
      const contactId = await addOne(directoryId, 'Tom')
      const [before] = await stored(directoryId)
      const updateFirst = round % 4 < 2
      const results = await processes.race(2, async (client, index) => {
        const isUpdate = (index === 0) === updateFirst
        const result = isUpdate
          ? await update(client, directoryId, { contactId, name: 'Ann', title: Title.CEO, etag })
          : await remove(client, directoryId, contactId, etag)
        return { isUpdate, ...result }
      })
      const updated = results.find(({ isUpdate }) => isUpdate)
      const removed = results.find(({ isUpdate }) => !isUpdate)
      const left = await stored(directoryId)
      const isRemoved = removed?.refused === undefined
      if (isRemoved) expect(left).toEqual([])
      else expect(left).toEqual([{ ...before, name: 'Ann', title: 'CEO', ...writtenByUpdate }])
      expect(possibleOutcomes(etag)).toContainEqual([updated?.refused ?? 'OK', removed?.refused ?? 'OK'])
      // Nothing of it is left: the slot and both names are free.
      if (isRemoved) await Promise.all(['Tom', 'Ann'].map((name) => addOne(directoryId, name)))
    }
  })

  /** What the first update writes beside the fields of its request. */
  const writtenByUpdate = {
    updateDate: expect.any(Date),
    lastWrite: expect.objectContaining({ operation: 'UpdateMessageContact' }),
    revision: 2,
    version: 2,
  }

  /** The outcomes of an update and a removal of the first state, one after the other. Without an etag a removal always succeeds. */
  const possibleOutcomes = (etag: string) =>
    etag === ''
      ? [
          ['OK', 'OK'],
          ['ENTITY_NOT_EXISTS_CONTACT', 'OK'],
        ]
      : [
          ['OK', 'ETAG_MISMATCH'],
          // A majority did not have the change yet when the removal read why its condition had failed.
          ['OK', 'CONCURRENT_CALL_NOT_SUPPORTED'],
          ['ENTITY_NOT_EXISTS_CONTACT', 'OK'],
        ]

  test('of 50 removals of one contact at the same time exactly one is answered', async () => {
    const directoryId = uniqueName('rd')
    const contactId = await addOne(directoryId, 'Tom')
    const results = await processes.race(50, (client) => remove(client, directoryId, contactId))
    expect(answeredOf(results)).toHaveLength(1)
    expect(unexpectedReasons(results, ['ENTITY_NOT_EXISTS_CONTACT'])).toEqual([])
    expect(await stored(directoryId)).toEqual([])
  })

  test('filling, emptying and filling a directory again never exceeds its limit and loses no slot', async () => {
    const directoryId = uniqueName('rd')
    let maxSeen = 0
    let isCounting = true
    const counting = (async () => {
      while (isCounting) maxSeen = Math.max(maxSeen, await processes.collection.countDocuments({ directoryId }))
    })()
    const acknowledged = new Set<string>()
    const results = await processes.race(16, async (client, index) => {
      const own: CallResult[] = []
      for (let turn = 0; turn < 12; turn += 1) {
        const added = await add(client, directoryId, addRequest({ name: nameOf(index * 100 + turn) }))
        own.push(added)
        const { contactId } = added
        if (contactId === undefined) continue
        acknowledged.add(contactId)
        // Two of three are removed again; the others fill the directory.
        if (turn % 3 === 0) continue
        const removed = await remove(client, directoryId, contactId)
        own.push(removed)
        if (removed.refused === undefined) acknowledged.delete(contactId)
      }
      return own
    })
    isCounting = false
    await counting
    const expected = ['LIMIT_EXCEEDED_CONTACTS', 'CONCURRENT_CALL_NOT_SUPPORTED']
    expect(unexpectedReasons(results.flat(), expected)).toEqual([])
    expect(maxSeen).toBeLessThanOrEqual(maxContacts)
    expect(new Set((await stored(directoryId)).map(({ _id }) => _id))).toEqual(acknowledged)

    for (let index = acknowledged.size; index < maxContacts; index += 1) await addOne(directoryId, nameOf(9000 + index))
    const slots = (await stored(directoryId)).map(({ slot }) => slot).sort((one, other) => one - other)
    expect(slots).toEqual(Array.from({ length: maxContacts }, (_, slot) => slot))
    const [oneMore] = await processes.race(1, (client) => add(client, directoryId, addRequest({ name: 'Tom' })))
    expect(oneMore?.refused).toBe('LIMIT_EXCEEDED_CONTACTS')
  })
})
