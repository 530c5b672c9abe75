import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { show } from '../../src/contacts/answers.js'
import type { Contact } from '../../src/contacts/contact.js'
import { lastInToken, type PageRequest } from '../../src/contacts/pages.js'
import { MessageContactStatus, MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  GetMessageContactResponseSchema,
  ListMessageContactsResponseSchema,
  MessageContactDeletionStatus,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'

const contact: Contact = {
  _id: 'c-qL4HqKONzOM7b2Xd',
  directoryId: 'rd-1',
  slot: 0,
  name: '李明',
  emailAddress: 'li@example.com',
  title: 'CEO',
  messageTypes: ['SERVICE_MESSAGE', 'PRODUCT_MESSAGE'],
  createDate: new Date('2026-01-02T03:04:05.678Z'),
  updateDate: new Date('2026-02-03T04:05:06.789Z'),
  revision: 3,
}
const whole: Contact = {
  ...contact,
  phoneNumber: '86-13900001234',
  emailVerifyDate: new Date(1000),
  phoneVerifyDate: new Date(2000),
  pendingEmailAddress: 'ming@example.com',
  pendingPhoneNumber: '86-13900005678',
  clientToken: 'once',
  requestHash: 'hash',
  changeRequestId: 'CHANGED-BY',
}
const asMessage = (of: Contact) => create(GetMessageContactResponseSchema, show.contact(of, 'REQUEST')).contact
const asText = (message: unknown) =>
  JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value))

describe('a contact becomes a message', () => {
  test('as it is at first: without dates of proof, addresses empty that it has not', () => {
    expect(show.contact(contact, 'REQUEST')).toStrictEqual({
      requestId: 'REQUEST',
      contact: {
        contactId: 'c-qL4HqKONzOM7b2Xd',
        name: '李明',
        emailAddress: 'li@example.com',
        phoneNumber: '',
        title: Title.CEO,
        messageTypes: [MessageType.SERVICE_MESSAGE, MessageType.PRODUCT_MESSAGE],
        status: MessageContactStatus.VERIFYING,
        createDate: expect.objectContaining({ seconds: 1_767_323_045n, nanos: 678_000_000 }),
        updateDate: expect.objectContaining({ seconds: 1_770_091_506n, nanos: 789_000_000 }),
        etag: '"3"',
        pendingEmailAddress: '',
        pendingPhoneNumber: '',
      },
    })
  })

  test('with everything that it can have', () => {
    expect(asMessage(whole)).toMatchObject({
      phoneNumber: '86-13900001234',
      status: MessageContactStatus.ACTIVE,
      emailVerifyDate: { seconds: 1n, nanos: 0 },
      phoneVerifyDate: { seconds: 2n, nanos: 0 },
      pendingEmailAddress: 'ming@example.com',
      pendingPhoneNumber: '86-13900005678',
    })
  })

  test('without its directory, place, token, hash, and the call that changed it', () => {
    const internal = /rd-1|once|hash|CHANGED-BY|slot/
    expect(asText(whole)).toMatch(internal)
    expect(asText(show.contact(whole, 'REQUEST'))).not.toMatch(internal)
  })
})

describe('a page becomes a message', () => {
  const list: PageRequest = { directoryId: 'rd-1', size: 3, namePrefix: '' }
  const contacts = [contact, { ...whole, name: 'Ann' }, { ...whole, name: 'Tom' }]
  const shown = (page: Parameters<typeof show.page>[0], of = list) =>
    create(ListMessageContactsResponseSchema, show.page(page, of, 'REQUEST'))

  test('with its contacts in their order, how many there are in all, and no token where the list ends', () => {
    const message = shown({ contacts, more: false, totalCount: 3 })
    expect(message).toEqual(
      create(ListMessageContactsResponseSchema, {
        requestId: 'REQUEST',
        contacts: contacts.flatMap((one) => asMessage(one) ?? []),
        nextPageToken: '',
        totalCount: 3,
      }),
    )
    expect(message.contacts).toHaveLength(3)
  })

  test('with a token that holds its last name, for this list alone, where the list goes on', () => {
    const { nextPageToken, totalCount } = shown({ contacts, more: true, totalCount: 5 })
    expect(totalCount).toBe(5)
    expect(lastInToken(nextPageToken, list)).toBe('Tom')
    expect(lastInToken(nextPageToken, { ...list, title: 'CEO' })).toBeUndefined()
  })

  test('with the same token whatever the size of the page', () => {
    const [small, large] = [1, 100].map(
      (size) => shown({ contacts, more: true, totalCount: 5 }, { ...list, size }).nextPageToken,
    )
    expect(small).toBe(large)
  })

  test('of nothing, where there is nothing', () => {
    expect(show.page({ contacts: [], more: false, totalCount: 0 }, list, 'REQUEST')).toStrictEqual({
      requestId: 'REQUEST',
      contacts: [],
      nextPageToken: '',
      totalCount: 0,
    })
  })

  test('without a token where there is no name to go on behind', () => {
    expect(shown({ contacts: [], more: true, totalCount: 3 }).nextPageToken).toBe('')
  })
})

test('a removed contact is one that is gone', () => {
  expect(show.deleted('REQUEST')).toStrictEqual({
    requestId: 'REQUEST',
    status: MessageContactDeletionStatus.DELETED,
  })
})
