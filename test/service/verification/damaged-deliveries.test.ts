import { type Collection, type Document, ObjectId, type UpdateFilter } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { minuteMs } from '../../../src/time.js'
import { type Damage, damageTexts, misshapen, notUtf8, set, undecodable } from '../../support/damage.js'
import { Directory } from '../../support/directory.js'
import { startReceivers } from '../../support/receivers.js'
import { uniqueName } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'
import { isDriverCommand } from '../../support/wire-proxy.js'

const past = () => new Date(Date.now() - minuteMs)

/** A verification whose message is due. */
const queued = () => ({
  id: '0123456789abcdef',
  address: 'tom@example.com',
  sendDate: past(),
  expireDate: new Date(Date.now() + 20 * minuteMs),
  attemptsRemaining: 5,
  deliveryState: 'QUEUED',
  attempts: 0,
  dueDate: past(),
})

describe('the delivery worker', () => {
  let receivers: Awaited<ReturnType<typeof startReceivers>>
  let service: WatchedService
  let polls = 0
  /** The commands of the worker that are no polls. */
  let otherCommands: string[] = []
  beforeAll(async () => {
    receivers = await startReceivers()
    service = await startWatched({ environment: receivers.settings })
  })
  afterAll(() => service.stop())
  beforeEach(() => {
    damageTexts(service.proxy)
    service.proxy.watch((command) => {
      const { name, body } = command
      if (body['filter']?.deliveryDueDate) polls += 1
      else if (!isDriverCommand(command) && body[name] !== 'message_contacts_health') otherCommands.push(name)
      return 'pass'
    })
  })

  /** Resolves when the worker has looked so many more times for due deliveries. */
  const polled = async (times: number) => {
    const target = polls + times
    await until(`${times} polls`, () => polls >= target)
  }

  const storedContact = async (contactId: string) =>
    (await service.collection.findOne({ _id: contactId }, { bsonRegExp: true })) as Contact

  /** A contact with this edited into it, in a directory of its own. */
  async function addEdited(...edits: readonly UpdateFilter<Contact>[]): Promise<string> {
    const { contactId } = await new Directory(service).add()
    for (const edit of edits) await service.collection.updateOne({ _id: contactId }, edit)
    return contactId
  }
  const makeDue = (contactId: string, fields: Document = {}) =>
    service.collection.updateOne({ _id: contactId }, set({ deliveryDueDate: past(), ...fields }))

  /** Sends a code to an address that no other contact has, and waits for its email. */
  async function expectDelivery(address: string): Promise<void> {
    const directory = new Directory(service)
    const { contactId } = await directory.add({ emailAddress: address })
    await directory.sendEmail(contactId, address)
    await receivers.codeByEmail(address)
  }

  const parkedLines = (contactId: string) =>
    service
      .log()
      .split('\n')
      .filter((line) => line.includes('"msg":"delivery parked"') && line.includes(contactId))
      .map((line) => JSON.parse(line) as Document)

  async function untilParked(contactId: string): Promise<void> {
    const isParked = async () => ((await storedContact(contactId)).deliveryDueDate?.getTime() ?? 0) > Date.now()
    await until('it is due later', isParked)
  }

  test('parks the deliveries of damaged contacts, whatever the damage, and reports each once by its id', async () => {
    const damages: readonly Damage[] = [
      ...undecodable,
      ...misshapen,
      ['a directory id that is not UTF-8', set({ directoryId: notUtf8 })],
      ['a number as directory id', set({ directoryId: 7 })],
    ]
    const added = damages.map(async ([description, damage]) => {
      const contactId = await addEdited(set({ 'email.verification': queued() }), damage)
      return { description, contactId, before: await storedContact(contactId) }
    })
    const contacts = await Promise.all(added)
    await Promise.all(contacts.map(({ contactId }) => makeDue(contactId)))
    for (const { contactId } of contacts) await untilParked(contactId)
    await polled(2)
    for (const { description, contactId, before } of contacts) {
      const { deliveryDueDate, ...after } = await storedContact(contactId)
      expect(after, description).toEqual(before)
      const parkedMs = (deliveryDueDate?.getTime() ?? 0) - Date.now()
      expect(Math.abs(parkedMs - 5 * minuteMs), description).toBeLessThan(30_000)
      const cause = expect.objectContaining({ documentId: contactId })
      expect(parkedLines(contactId), description).toEqual([expect.objectContaining({ level: 40, contactId, cause })])
    }
  })

  test.each<[string, (document: Contact, index: number) => Document]>([
    ['an id that is no text', (document) => ({ ...document, _id: new ObjectId() })],
    [
      'a directory id that is no text',
      (document, index) => ({ ...document, _id: `c-damaged-${index}`, directoryId: new ObjectId() }),
    ],
    [
      'a list as due date of the contact',
      (document, index) => ({
        ...document,
        _id: `c-listed-${index}`,
        deliveryDueDate: [past()],
        email: { address: 'a@b.example' },
      }),
    ],
  ])(
    'sends the message of another directory while 40 contacts with %s are due, and parks those',
    async (_, damaged) => {
      const directory = new Directory(service)
      const { contactId } = await directory.add()
      const document = await storedContact(contactId)
      const due = { ...document, deliveryDueDate: past(), email: { ...document.email, verification: queued() } }
      const documents = Array.from({ length: 40 }, (_, index) => ({
        ...damaged({ ...due, name: `Tom${index}` } as Contact, index),
        slot: 1000 + index,
      }))
      const collection = service.collection as unknown as Collection<Document>
      const { insertedIds } = await collection.insertMany(documents)
      await expectDelivery(`beside-${uniqueName('damaged')}@example.com`)
      const areParked = async () => {
        const filter = { _id: { $in: Object.values(insertedIds) }, deliveryDueDate: { $lte: new Date() } }
        return (await collection.countDocuments(filter)) === 0
      }
      await until('all are due later', areParked)
      await collection.deleteMany({ _id: { $in: Object.values(insertedIds) } } as object)
    },
  )

  test('sends the message of another directory while a contact is due whose id is not UTF-8', async () => {
    const contactId = await addEdited(set({ 'email.verification': queued() }))
    const document = { ...(await storedContact(contactId)), _id: `c-${notUtf8}`, name: 'Tim', slot: 1000 }
    await service.collection.insertOne({ ...document, deliveryDueDate: past() })
    await expectDelivery('beside-id@example.com')
    await service.collection.deleteOne({ _id: document._id })
  })

  test('parks both messages of a damaged contact at once', async () => {
    const phone = { address: '86-13900001234', verification: { ...queued(), address: '86-13900001234' } }
    const contactId = await addEdited(set({ 'email.verification': queued(), phone, title: 2 }))
    await makeDue(contactId)
    await untilParked(contactId)
    await polled(1)
    expect(parkedLines(contactId)).toHaveLength(1)
  })

  test('reports a damaged contact again with each attempt, and delivers its message once it is repaired', async () => {
    const address = 'repaired@example.com'
    const directory = new Directory(service)
    const { contactId } = await directory.add({ emailAddress: address })
    const verification = { ...queued(), address }
    await makeDue(contactId, { title: 2, 'email.verification': verification })
    await untilParked(contactId)
    await makeDue(contactId)
    await untilParked(contactId)
    await until('it is reported again', () => parkedLines(contactId).length === 2)
    await makeDue(contactId, { title: 'CEO' })
    await receivers.codeByEmail(address)
    expect(parkedLines(contactId)).toHaveLength(2)
  })

  test('sends the message of another directory while twenty damaged contacts are due, and parks those', async () => {
    const damages = [...undecodable, ...misshapen].slice(0, 20)
    const contactIds = await Promise.all(
      damages.map(([, damage]) => addEdited(set({ 'email.verification': queued() }), damage)),
    )
    await Promise.all(contactIds.map((contactId) => makeDue(contactId)))
    await expectDelivery('beside-twenty@example.com')
    for (const contactId of contactIds) await untilParked(contactId)
    // A line is written after the contact is parked.
    await polled(1)
    expect(contactIds.map((contactId) => parkedLines(contactId).length)).toEqual(contactIds.map(() => 1))
  })

  const { dueDate: _, ...notDue } = queued()
  test.each<[string, Document]>([
    ['no verification', {}],
    ['a message that was sent', { 'email.verification': { ...notDue, deliveryState: 'SENT' } }],
    [
      'a message that was sent although it has a due date',
      { 'email.verification': { ...queued(), deliveryState: 'SENT' } },
    ],
    ['a verification of another address', { 'email.verification': { ...queued(), address: 'a@example.com' } }],
  ])('repairs a due date in the past where there is %s', async (_, edit) => {
    const contactId = await addEdited()
    const { revision, updateDate } = await storedContact(contactId)
    const emails = receivers.emails.length
    await makeDue(contactId, edit)
    await until('it is repaired', async () => !(await storedContact(contactId)).deliveryDueDate)
    expect(await storedContact(contactId)).toMatchObject({ revision, updateDate })
    expect(receivers.emails).toHaveLength(emails)
  })

  test('repairs a due date in the past where the message is due later', async () => {
    const dueDate = new Date(Date.now() + 5 * minuteMs)
    const contactId = await addEdited(set({ 'email.verification': { ...queued(), dueDate } }))
    await makeDue(contactId)
    await untilParked(contactId)
    expect((await storedContact(contactId)).deliveryDueDate).toEqual(dueDate)
    expect(parkedLines(contactId)).toEqual([])
  })

  test('does nothing but look once a second, whatever is parked, repaired or damaged', async () => {
    const contactIds = await Promise.all(misshapen.slice(0, 3).map(([, damage]) => addEdited(damage)))
    const noneDue = await addEdited()
    for (const contactId of [...contactIds, noneDue]) await makeDue(contactId)
    for (const contactId of contactIds) await untilParked(contactId)
    await until('it is repaired', async () => !(await storedContact(noneDue)).deliveryDueDate)
    await polled(2)
    otherCommands = []
    const startTime = Date.now()
    await polled(4)
    // A look that had begun already, and three pauses of a second.
    expect(Date.now() - startTime).toBeGreaterThan(2900)
    expect(otherCommands).toEqual([])
  })
})
