import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { parsePageToken } from '../../../src/calls/paging.js'
import type { Contact } from '../../../src/contacts/contact.js'
import { listOf, type Page, type PageRequest } from '../../../src/contacts/page.js'
import { contactResponse, deleteResponse, listResponse } from '../../../src/contacts/responses.js'
import { MessageContactStatus, MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  GetMessageContactResponseSchema,
  ListMessageContactsResponseSchema,
  MessageContactDeletionStatus,
} from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { verificationWith } from '../../support/contacts-in-states.js'

const contact: Contact = {
  _id: 'c-qL4HqKONzOM7b2Xd',
  directoryId: 'rd-1',
  slot: 0,
  name: '李明',
  email: { address: 'li@example.com' },
  title: 'CEO',
  messageTypes: ['SERVICE_MESSAGE', 'PRODUCT_MESSAGE'],
  createDate: new Date('2026-01-02T03:04:05.678Z'),
  updateDate: new Date('2026-02-03T04:05:06.789Z'),
  revision: 3,
  version: 424_242,
  lastWrite: { requestId: 'CHANGED-BY', operation: 'UpdateMessageContact', caller: 'caller-1', date: new Date(3000) },
}
const wholeContact: Contact = {
  ...contact,
  email: {
    address: 'li@example.com',
    verifyDate: new Date(1000),
    pending: 'ming@example.com',
    verification: verificationWith(),
  },
  phone: { address: '86-13900001234', verifyDate: new Date(2000), pending: '86-13900005678' },
  clientToken: 'once',
  requestHash: 'hash',
  incorrectCodeDates: [new Date(4000)],
  deliveryDueDate: new Date(5000),
}
const messageOf = (of: Contact) => create(GetMessageContactResponseSchema, contactResponse(of, 'REQUEST')).contact
const asText = (message: unknown) =>
  JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value))

describe('the response with a contact', () => {
  test('has no verify dates and empty optional addresses for a new contact', () => {
    const { requestId, contact: message } = create(GetMessageContactResponseSchema, contactResponse(contact, 'REQUEST'))
    const { $typeName: _, ...fields } = message ?? expect.fail('no contact')
    expect({ requestId, fields }).toStrictEqual({
      requestId: 'REQUEST',
      fields: {
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

  test('has everything that a contact can have', () => {
    expect(messageOf(wholeContact)).toMatchObject({
      emailAddress: 'li@example.com',
      phoneNumber: '86-13900001234',
      status: MessageContactStatus.ACTIVE,
      emailVerifyDate: { seconds: 1n, nanos: 0 },
      phoneVerifyDate: { seconds: 2n, nanos: 0 },
      pendingEmailAddress: 'ming@example.com',
      pendingPhoneNumber: '86-13900005678',
    })
  })

  test('has no directory, slot, version, token, hash, verification or write stamp', () => {
    const internal =
      /rd-1|slot|424242|once|hash|0123456789abcdef|CHANGED-BY|caller-1|incorrectCodeDates|deliveryDueDate/
    expect(asText(wholeContact)).toMatch(internal)
    expect(asText(contactResponse(wholeContact, 'REQUEST'))).not.toMatch(internal)
  })
})

describe('the response with a page', () => {
  const list: PageRequest = {
    directoryId: 'rd-1',
    size: 3,
    after: undefined,
    title: undefined,
    messageType: undefined,
    status: undefined,
    namePrefix: '',
  }
  const contacts = [contact, { ...wholeContact, name: 'Ann' }, { ...wholeContact, name: 'Tom' }]
  const responseWith = (page: Page, of = list) =>
    create(ListMessageContactsResponseSchema, listResponse(page, of, 'REQUEST'))

  test('has the contacts in their order, the total count, and no token at the end of the list', () => {
    const message = responseWith({ contacts, hasMore: false, totalCount: 3 })
    expect(message).toEqual(
      create(ListMessageContactsResponseSchema, {
        requestId: 'REQUEST',
        contacts: contacts.flatMap((one) => messageOf(one) ?? []),
        nextPageToken: '',
        totalCount: 3,
      }),
    )
    expect(message.contacts).toHaveLength(3)
  })

  test('has a token with the last name, for this list only, if the list continues', () => {
    const { nextPageToken, totalCount } = responseWith({ contacts, hasMore: true, totalCount: 5 })
    expect(totalCount).toBe(5)
    expect(parsePageToken(nextPageToken, listOf(list))).toEqual({ value: 'Tom' })
    expect(parsePageToken(nextPageToken, listOf({ ...list, title: 'CEO' }))).toHaveProperty('violations')
  })

  test('has the same token for any page size', () => {
    const [small, large] = [1, 100].map(
      (size) => responseWith({ contacts, hasMore: true, totalCount: 5 }, { ...list, size }).nextPageToken,
    )
    expect(small).toBe(large)
  })

  test('has no contacts and no token for an empty list', () => {
    expect(listResponse({ contacts: [], hasMore: false, totalCount: 0 }, list, 'REQUEST')).toStrictEqual({
      requestId: 'REQUEST',
      contacts: [],
      nextPageToken: '',
      totalCount: 0,
    })
  })

  test('has no token without a last name', () => {
    expect(responseWith({ contacts: [], hasMore: true, totalCount: 3 }).nextPageToken).toBe('')
  })
})

test('the response to a deletion has the request id and the status DELETED', () => {
  expect(deleteResponse('REQUEST')).toStrictEqual({
    requestId: 'REQUEST',
    status: MessageContactDeletionStatus.DELETED,
  })
})
