import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { bothClocks } from '../../support/clock.js'
import { Directory, type UpdateRequest } from '../../support/directory.js'
import { requestIdPattern } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

const noon = new Date('2026-03-27T12:00:00.123Z')
const later = new Date('2026-03-27T13:00:00.456Z')

/** Every writable field, with other values than in `addRequest`. */
const changes = {
  name: 'Ann',
  emailAddress: 'ann@example.org',
  phoneNumber: '86-13800005678',
  title: Title.CEO,
  messageTypes: [MessageType.SECURITY_MESSAGE, MessageType.FAULT_MESSAGE],
}

describe('UpdateMessageContact', () => {
  let service: RunningService
  let now = noon
  beforeAll(async () => {
    service = await startService({ dependencies: bothClocks(() => now.getTime()) })
  })
  afterAll(() => service.stop())

  /** Adds the contact of `addRequest` at noon; then it is later. */
  async function addedAtNoon() {
    now = noon
    const directory = new Directory(service)
    const contact = await directory.add({ clientToken: 't' })
    now = later
    const [stored] = await directory.stored()
    return { directory, contact, contactId: contact.contactId, stored }
  }

  test('returns and stores the whole contact after the change', async () => {
    const { directory, contact, contactId, stored } = await addedAtNoon()
    const { response, requestId } = await service.client.updateMessageContact(
      { contactId, ...changes },
      { directoryId: directory.id },
    )
    const expected = {
      ...contact,
      ...changes,
      updateDate: timestampFromDate(later),
      etag: '"2"',
    }
    expect(requestId).toMatch(requestIdPattern)
    expect(response.requestId).toBe(requestId)
    expect(response.contact).toEqual(expected)
    expect(await directory.get(contactId)).toEqual(expected)
    expect(await directory.stored()).toEqual([
      {
        ...stored,
        name: 'Ann',
        email: { address: 'ann@example.org' },
        phone: { address: '86-13800005678' },
        title: 'CEO',
        messageTypes: ['SECURITY_MESSAGE', 'FAULT_MESSAGE'],
        updateDate: later,
        revision: 2,
        version: 2,
        lastWrite: { requestId, operation: 'UpdateMessageContact', caller: directory.id, date: later },
      },
    ])
  })

  test.each(Object.entries(changes))(
    'without a mask changes only %s if only that has a value',
    async (field, value) => {
      const { directory, contact, contactId } = await addedAtNoon()
      const updated = await directory.update({ contactId, [field]: value })
      expect(updated).toEqual({ ...contact, [field]: value, updateDate: timestampFromDate(later), etag: '"2"' })
    },
  )

  test.each([
    ['name', ['name'], { name: 'Ann' }],
    ['two fields', ['phone_number', 'title'], { phoneNumber: '86-13800005678', title: Title.CEO }],
    ['one field twice', ['title', 'title'], { title: Title.CEO }],
  ])('with a mask of %s changes nothing else', async (_, paths, changed) => {
    const { directory, contact, contactId } = await addedAtNoon()
    const updated = await directory.update({ contactId, ...changes, updateMask: { paths } })
    expect(updated).toEqual({ ...contact, ...changed, updateDate: timestampFromDate(later), etag: '"2"' })
  })

  test('with the mask * changes every writable field', async () => {
    const { directory, contactId } = await addedAtNoon()
    const messageTypes = [MessageType.PRODUCT_MESSAGE]
    const updated = await directory.update({ contactId, ...changes, messageTypes, updateMask: { paths: ['*'] } })
    expect(updated).toMatchObject({ ...changes, messageTypes })
  })

  test('with a mask ignores the other fields, whatever their values', async () => {
    const { directory, contact, contactId } = await addedAtNoon()
    const invalid: UpdateRequest = {
      name: '?',
      emailAddress: 'tom@localhost',
      phoneNumber: '1-2',
      messageTypes: [99 as MessageType],
    }
    const updated = await directory.update({
      contactId,
      ...invalid,
      title: Title.CEO,
      updateMask: { paths: ['title'] },
    })
    expect(updated).toEqual({ ...contact, title: Title.CEO, updateDate: timestampFromDate(later), etag: '"2"' })
  })

  test('stores values as Add does: names in normalization form C, domains in lower-case ASCII', async () => {
    const { directory, contactId } = await addedAtNoon()
    const updated = await directory.update({
      contactId,
      name: '\u{F900}\u{20000}',
      emailAddress: 'Tom@B\u00FCcher.Example.COM',
      messageTypes: [MessageType.SECURITY_MESSAGE, MessageType.SERVICE_MESSAGE, MessageType.SECURITY_MESSAGE],
    })
    expect(updated).toMatchObject({
      name: '\u8C48\u{20000}',
      emailAddress: 'Tom@xn--bcher-kva.example.com',
      messageTypes: [MessageType.SECURITY_MESSAGE, MessageType.SERVICE_MESSAGE],
    })
  })

  test('keeps the order of the message types: the same types in another order are a change', async () => {
    const { directory, contactId } = await addedAtNoon()
    const [one, two, three] = [MessageType.PRODUCT_MESSAGE, MessageType.SERVICE_MESSAGE, MessageType.FAULT_MESSAGE]
    const first = await directory.update({ contactId, messageTypes: [one, two, one, three] })
    expect(first).toMatchObject({ messageTypes: [one, two, three], etag: '"2"' })
    const repeated = await directory.update({ contactId, messageTypes: [one, two, three, two] })
    expect(repeated, 'the same order is no change').toEqual(first)
    const second = await directory.update({ contactId, messageTypes: [three, two, one] })
    expect(second).toMatchObject({ messageTypes: [three, two, one], etag: '"3"' })
    expect(await directory.get(contactId)).toEqual(second)
  })

  test('has an update date that is never before the create date or the last update date, although the clock goes back', async () => {
    const { directory, contact, contactId } = await addedAtNoon()
    const updateAt = async (date: Date, title: Title) => {
      now = date
      return (await directory.update({ contactId, title })).updateDate
    }
    expect(await updateAt(new Date(noon.getTime() - 3_600_000), Title.CEO)).toEqual(contact.createDate)
    expect(await updateAt(later, Title.OTHER)).toEqual(timestampFromDate(later))
    expect(await updateAt(noon, Title.CEO)).toEqual(timestampFromDate(later))
    expect(await updateAt(new Date(later.getTime() + 1), Title.OTHER)).toEqual(
      timestampFromDate(new Date(later.getTime() + 1)),
    )
    const [stored] = await directory.stored()
    expect(stored).toMatchObject({ createDate: noon, revision: 5 })
  })

  test.each([
    ['the current values', { name: 'Tom', title: Title.TECHNICAL_DIRECTOR }],
    [
      'values that are the same after normalization',
      {
        emailAddress: 'tom@EXAMPLE.com',
        messageTypes: [MessageType.ACCOUNT_EXPENSES, MessageType.ACCOUNT_EXPENSES],
        updateMask: { paths: ['email_address', 'message_types'] },
      },
    ],
    ['the current name, with the current etag', { name: 'Tom', etag: '"1"' }],
  ] satisfies [string, UpdateRequest][])('with %s is answered, and writes nothing', async (_, request) => {
    const { directory, contact, contactId, stored } = await addedAtNoon()
    expect(await directory.update({ contactId, ...request })).toEqual(contact)
    expect(await directory.stored()).toEqual([stored])
  })

  test('changes the etag each time, also back to earlier values, and never the create date', async () => {
    const { directory, contact, contactId } = await addedAtNoon()
    const etags = [contact.etag]
    for (const name of ['Ann', 'Tom', 'Ann', 'Tom']) {
      const updated = await directory.update({ contactId, name, etag: etags.at(-1) ?? '' })
      expect(updated.createDate).toEqual(contact.createDate)
      etags.push(updated.etag)
    }
    expect(new Set(etags).size).toBe(5)
    expect((await directory.get(contactId)).etag).toBe(etags.at(-1))
  })

  test('changes no other contact, neither in the directory nor in another one', async () => {
    const { directory, contactId } = await addedAtNoon()
    const [neighbour, otherDirectory] = [await directory.add({ name: 'Bob' }), new Directory(service)]
    await otherDirectory.add()
    const others = await otherDirectory.stored()
    await directory.update({ contactId, name: 'Ann' })
    expect(await directory.get(neighbour.contactId)).toEqual(neighbour)
    expect(await otherDirectory.stored()).toEqual(others)
  })

  test('to another name frees the old one at once, and keeps the slot and the client token', async () => {
    const { directory, contactId, stored } = await addedAtNoon()
    await directory.update({ contactId, name: 'Ann' })
    const again = await directory.add({ name: 'Tom' })
    expect(again.contactId).not.toBe(contactId)
    expect((await directory.stored()).find(({ _id }) => _id === contactId)).toMatchObject({
      slot: stored?.slot,
      clientToken: 't',
      requestHash: stored?.requestHash,
    })
    // The token still stands for the first request, which is answered with the contact as it is now.
    expect(await directory.add({ clientToken: 't' })).toMatchObject({ contactId, name: 'Ann' })
  })

  test('may change upper and lower case of the name', async () => {
    const { directory, contactId } = await addedAtNoon()
    expect(await directory.update({ contactId, name: 'tom' })).toMatchObject({ name: 'tom', etag: '"2"' })
  })

  test('succeeds in a full directory', async () => {
    const { directory, contactId } = await addedAtNoon()
    await directory.addAll(Array.from({ length: 19 }, (_, index) => `Tom${String.fromCharCode(65 + index)}`))
    expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann' })
  })
})

describe('UpdateMessageContact with PHONE_NUMBER=optional', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ environment: { PHONE_NUMBER: 'optional' } })
  })
  afterAll(() => service.stop())

  test('removes a phone number that is in the mask and empty in the request, with its pending number', async () => {
    const directory = new Directory(service)
    const contact = await directory.add()
    await directory.verify(contact, noon)
    await directory.update({ contactId: contact.contactId, phoneNumber: '86-13800005678' })
    const updated = await directory.update({ contactId: contact.contactId, updateMask: { paths: ['phone_number'] } })
    expect(updated).toMatchObject({
      phoneNumber: '',
      pendingPhoneNumber: '',
      status: MessageContactStatus.ACTIVE,
      etag: '"3"',
    })
    expect(updated.phoneVerifyDate).toBeUndefined()
    const [stored = {}] = await directory.stored()
    expect(Object.keys(stored).filter((key) => /phone/i.test(key))).toEqual([])
    const again = await directory.update({ contactId: contact.contactId, updateMask: { paths: ['phone_number'] } })
    expect(again, 'nothing is left to remove').toEqual(updated)
  })

  test('keeps the phone number if it is empty in the request and not in the mask', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await directory.update({ contactId, name: 'Ann', phoneNumber: '' })
    const updated = await directory.update({ contactId, title: Title.CEO, updateMask: { paths: ['title'] } })
    expect(updated).toMatchObject({ name: 'Ann', title: Title.CEO, phoneNumber: '86-13900001234' })
  })

  test('adds a phone number to a contact without one, which is not pending', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add({ phoneNumber: '' })
    const updated = await directory.update({ contactId, phoneNumber: '86-13800005678' })
    expect(updated).toMatchObject({ phoneNumber: '86-13800005678', pendingPhoneNumber: '' })
  })
})
