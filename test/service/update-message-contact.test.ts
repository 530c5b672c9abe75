import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { requestIdPattern } from '../refusal.js'
import { Directory, type UpdateRequest } from './directory.js'
import { type RunningService, startService } from './running-service.js'

const noon = new Date('2026-03-27T12:00:00.123Z')
const later = new Date('2026-03-27T13:00:00.456Z')

/** Every field that callers may write, otherwise than `addRequest` has it. */
const otherwise = {
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
    service = await startService({ surroundings: { now: () => now.getTime() } })
  })
  afterAll(() => service.stop())

  /** A contact of `addRequest`, added at noon; then it is later. */
  async function addedAtNoon() {
    now = noon
    const directory = new Directory(service)
    const contact = await directory.add({ clientToken: 't' })
    now = later
    const [stored] = await directory.stored()
    return { directory, contact, contactId: contact.contactId, stored }
  }

  test('gives the whole contact as it is then, and keeps just that', async () => {
    const { directory, contact, contactId, stored } = await addedAtNoon()
    const { response, requestId } = await service.client.updateMessageContact(
      { contactId, ...otherwise },
      { directoryId: directory.id },
    )
    const expected = {
      ...contact,
      ...otherwise,
      messageTypes: [MessageType.FAULT_MESSAGE, MessageType.SECURITY_MESSAGE],
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
        emailAddress: 'ann@example.org',
        phoneNumber: '86-13800005678',
        title: 'CEO',
        messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
        updateDate: later,
        revision: 2,
        version: 1,
        changeRequestId: requestId,
      },
    ])
  })

  test.each(Object.entries(otherwise))(
    'without a mask changes %s alone, where that alone is filled in',
    async (field, value) => {
      const { directory, contact, contactId } = await addedAtNoon()
      const updated = await directory.update({ contactId, [field]: value })
      const said = field === 'messageTypes' ? [MessageType.FAULT_MESSAGE, MessageType.SECURITY_MESSAGE] : value
      expect(updated).toEqual({ ...contact, [field]: said, updateDate: timestampFromDate(later), etag: '"2"' })
    },
  )

  test.each([
    ['name', ['name'], { name: 'Ann' }],
    ['two fields', ['phone_number', 'title'], { phoneNumber: '86-13800005678', title: Title.CEO }],
    ['one field twice', ['title', 'title'], { title: Title.CEO }],
  ])('with a mask of %s changes nothing beside', async (_, paths, changed) => {
    const { directory, contact, contactId } = await addedAtNoon()
    const updated = await directory.update({ contactId, ...otherwise, updateMask: { paths } })
    expect(updated).toEqual({ ...contact, ...changed, updateDate: timestampFromDate(later), etag: '"2"' })
  })

  test('with the mask * changes every field that callers may write', async () => {
    const { directory, contactId } = await addedAtNoon()
    const messageTypes = [MessageType.PRODUCT_MESSAGE]
    const updated = await directory.update({ contactId, ...otherwise, messageTypes, updateMask: { paths: ['*'] } })
    expect(updated).toMatchObject({ ...otherwise, messageTypes })
  })

  test('with a mask ignores the fields outside it, whatever they hold', async () => {
    const { directory, contact, contactId } = await addedAtNoon()
    const nonsense: UpdateRequest = {
      name: '?',
      emailAddress: 'tom@localhost',
      phoneNumber: '1-2',
      messageTypes: [99 as MessageType],
    }
    const updated = await directory.update({
      contactId,
      ...nonsense,
      title: Title.CEO,
      updateMask: { paths: ['title'] },
    })
    expect(updated).toEqual({ ...contact, title: Title.CEO, updateDate: timestampFromDate(later), etag: '"2"' })
  })

  test('keeps what it is given as an add would: names in normalization form C, domains in lower-case ASCII', async () => {
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
      messageTypes: [MessageType.SERVICE_MESSAGE, MessageType.SECURITY_MESSAGE],
    })
  })

  test.each([
    ['nothing at all', {}],
    ['an empty mask and no field', { updateMask: { paths: [] } }],
    ['what the contact says already', { name: 'Tom', title: Title.TECHNICAL_DIRECTOR }],
    [
      'the same in other words',
      {
        emailAddress: 'tom@EXAMPLE.com',
        messageTypes: [MessageType.ACCOUNT_EXPENSES, MessageType.ACCOUNT_EXPENSES],
        updateMask: { paths: ['email_address', 'message_types'] },
      },
    ],
    ['nothing at all, for its present etag', { etag: '"1"' }],
  ] satisfies [string, UpdateRequest][])('that asks for %s is answered, and writes nothing', async (_, request) => {
    const { directory, contact, contactId, stored } = await addedAtNoon()
    expect(await directory.update({ contactId, ...request })).toEqual(contact)
    expect(await directory.stored()).toEqual([stored])
  })

  test('changes the etag each time, also back to what the contact said before, and the create date never', async () => {
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

  test('leaves the etags of all other contacts, and what other directories hold', async () => {
    const { directory, contactId } = await addedAtNoon()
    const [neighbour, stranger] = [await directory.add({ name: 'Bob' }), new Directory(service)]
    await stranger.add()
    const elsewhere = await stranger.stored()
    await directory.update({ contactId, name: 'Ann' })
    expect(await directory.get(neighbour.contactId)).toEqual(neighbour)
    expect(await stranger.stored()).toEqual(elsewhere)
  })

  test('to another name frees the old one at once, and keeps the place and the client token', async () => {
    const { directory, contactId, stored } = await addedAtNoon()
    await directory.update({ contactId, name: 'Ann' })
    const again = await directory.add({ name: 'Tom' })
    expect(again.contactId).not.toBe(contactId)
    expect((await directory.stored()).find(({ _id }) => _id === contactId)).toMatchObject({
      slot: stored?.slot,
      clientToken: 't',
      requestHash: stored?.requestHash,
    })
    // The request of the first call is still known by its token, and answered with the contact as it is now.
    expect(await directory.add({ clientToken: 't' })).toMatchObject({ contactId, name: 'Ann' })
  })

  test('to a name that differs in case alone is a change, and no other contact is in its way', async () => {
    const { directory, contactId } = await addedAtNoon()
    expect(await directory.update({ contactId, name: 'tom' })).toMatchObject({ name: 'tom', etag: '"2"' })
  })

  test('works in a full directory', async () => {
    const { directory, contactId } = await addedAtNoon()
    await directory.addAll(Array.from({ length: 19 }, (_, index) => `Tom${String.fromCharCode(65 + index)}`))
    expect(await directory.update({ contactId, name: 'Ann' })).toMatchObject({ name: 'Ann' })
  })
})

describe('with PHONE_NUMBER=optional', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ environment: { PHONE_NUMBER: 'optional' } })
  })
  afterAll(() => service.stop())

  test('a phone number that the mask names and the request leaves empty is taken away, with all that belongs to it', async () => {
    const directory = new Directory(service)
    const contact = await directory.add()
    await directory.prove(contact, noon)
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
    expect(again, 'there is nothing left to take away').toEqual(updated)
  })

  test('an empty phone number without a mask, or with another one, leaves the number', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await directory.update({ contactId, name: 'Ann', phoneNumber: '' })
    const updated = await directory.update({ contactId, title: Title.CEO, updateMask: { paths: ['title'] } })
    expect(updated).toMatchObject({ name: 'Ann', title: Title.CEO, phoneNumber: '86-13900001234' })
  })

  test('a number comes to a contact that had none, and waits for nothing', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add({ phoneNumber: '' })
    const updated = await directory.update({ contactId, phoneNumber: '86-13800005678' })
    expect(updated).toMatchObject({ phoneNumber: '86-13800005678', pendingPhoneNumber: '' })
  })
})
