import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { ListMessageContactsResponse } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { Directory, type ListRequest } from '../../support/directory.js'
import { badRequest, expectRefusal, requestIdPattern } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

const { VERIFYING, ACTIVE, DELETING } = MessageContactStatus
const names = ({ contacts }: ListMessageContactsResponse) => contacts.map(({ name }) => name)

describe('ListMessageContacts', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  test('returns the contacts as Get returns them, and a request id', async () => {
    const directory = new Directory(service)
    const [ann, tom] = await directory.addAll(['Ann', 'Tom'])
    const { response, requestId } = await service.client.listMessageContacts({}, { directoryId: directory.id })
    expect(requestId).toMatch(requestIdPattern)
    expect(response).toMatchObject({ requestId, contacts: [ann, tom], nextPageToken: '', totalCount: 2 })
    for (const contact of response.contacts) expect(await directory.get(contact.contactId)).toEqual(contact)
  })

  test('is empty for a directory without contacts, whatever other directories have', async () => {
    await new Directory(service).add()
    expect(await new Directory(service).list()).toMatchObject({ contacts: [], nextPageToken: '', totalCount: 0 })
  })

  test('sorts names by code points, also outside the basic plane, where the order of UTF-16 differs', async () => {
    const directory = new Directory(service)
    const byCodePoint = ['Tom', 'tom', '々々', '\u4E00\u4E00', '\uFA0E\uFA0E', '\u{20000}\u{20000}', '\u{30000}A']
    expect([...byCodePoint].sort(), 'JavaScript compares UTF-16').not.toEqual(byCodePoint)
    await directory.addAll(byCodePoint.toReversed())
    expect(names(await directory.list())).toEqual(byCodePoint)
  })

  test('takes a name prefix literally, and distinguishes upper and lower case', async () => {
    const directory = new Directory(service)
    await directory.addAll(['Tom', 'Tommy', 'TomZ', 'tom', 'Tn', 'To', 'Tp'])
    const found = async (namePrefix: string) => names(await directory.list({ namePrefix }))
    expect(await found('Tom')).toEqual(['Tom', 'TomZ', 'Tommy'])
    expect(await found('T')).toEqual(['Tn', 'To', 'Tom', 'TomZ', 'Tommy', 'Tp'])
    expect(await found('Tommy')).toEqual(['Tommy'])
    for (const namePrefix of ['.*', '^T', 'T.m', 'T\u0000', '$', 'Tommyy', 'x'.repeat(10_000)])
      expect(await found(namePrefix), namePrefix.slice(0, 10)).toEqual([])
  })

  test('normalizes a name prefix to form C', async () => {
    const directory = new Directory(service)
    await directory.addAll(['\u8C48\u8C48', 'ee', '\u{20000}\u{20001}'])
    const found = async (namePrefix: string) => names(await directory.list({ namePrefix }))
    expect(await found('\u{F900}'), 'a compatibility ideograph').toEqual(['\u8C48\u8C48'])
    expect(await found('e'), 'a letter').toEqual(['ee'])
    expect(await found('e\u0301'), 'another letter, with which no name begins').toEqual([])
    expect(await found('\u{20000}'), 'outside the basic plane').toEqual(['\u{20000}\u{20001}'])
  })

  describe('filters', () => {
    let directory: Directory
    beforeAll(async () => {
      directory = new Directory(service)
      const { FAULT_MESSAGE: FAULT, SECURITY_MESSAGE: SECURITY } = MessageType
      const ann = await directory.add({ name: 'Ann', title: Title.CEO, messageTypes: [FAULT, SECURITY] })
      await directory.add({ name: 'Amy', title: Title.CEO, messageTypes: [SECURITY] })
      await directory.add({ name: 'Bob', title: Title.OTHER, messageTypes: [FAULT] })
      await directory.verify(ann, new Date())
    })

    test.each([
      ['a title', { title: Title.CEO }, ['Amy', 'Ann']],
      ['a title that nobody has', { title: Title.FINANCE_DIRECTOR }, []],
      ['a message type', { messageType: MessageType.FAULT_MESSAGE }, ['Ann', 'Bob']],
      ['ACTIVE', { status: ACTIVE }, ['Ann']],
      ['VERIFYING', { status: VERIFYING }, ['Amy', 'Bob']],
      ['DELETING, which no contact has', { status: DELETING }, []],
      ['a title and a message type', { title: Title.CEO, messageType: MessageType.FAULT_MESSAGE }, ['Ann']],
      ['a message type and a status', { messageType: MessageType.FAULT_MESSAGE, status: VERIFYING }, ['Bob']],
      ['a title and a prefix', { title: Title.CEO, namePrefix: 'Am' }, ['Amy']],
      [
        'all filters',
        { title: Title.CEO, messageType: MessageType.SECURITY_MESSAGE, status: ACTIVE, namePrefix: 'A' },
        ['Ann'],
      ],
      [
        'all filters, of which one does not match',
        { title: Title.CEO, messageType: MessageType.SECURITY_MESSAGE, status: ACTIVE, namePrefix: 'B' },
        [],
      ],
    ] as const)('by %s return the matching contacts and their number', async (_, filters, expected) => {
      const found = await directory.list(filters)
      expect(names(found)).toEqual(expected)
      expect(found).toMatchObject({ totalCount: expected.length, nextPageToken: '' })
    })

    test.each(['email', 'phone'])('treat a contact with only its %s verified as ACTIVE', async (kind) => {
      const own = new Directory(service)
      const { contactId } = await own.add()
      await service.collection.updateOne({ _id: contactId }, { $set: { [`${kind}.verifyDate`]: new Date() } })
      expect(names(await own.list({ status: ACTIVE }))).toEqual(['Tom'])
      expect(names(await own.list({ status: VERIFYING }))).toEqual([])
    })
  })

  test.each([
    ['page_size', { pageSize: -1 }, 'INVALID_PARAMETER_PAGE_SIZE'],
    ['page_size', { pageSize: -(2 ** 31) }, 'INVALID_PARAMETER_PAGE_SIZE'],
    ['page_token', { pageToken: 'nonsense' }, 'INVALID_PARAMETER_PAGE_TOKEN'],
    ['title', { title: 7 as Title }, 'INVALID_PARAMETER_TITLE'],
    ['title', { title: -1 as Title }, 'INVALID_PARAMETER_TITLE'],
    ['message_type', { messageType: 7 as MessageType }, 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ['status', { status: 4 as MessageContactStatus }, 'INVALID_PARAMETER_STATUS'],
  ] as const)('refuses an invalid %s, as in %j, with %s', async (field, request, reason) => {
    const details = { BadRequest: badRequest([field, reason]) }
    await expectRefusal(new Directory(service).list(request), reason, details)
  })

  test('refuses with every violation at once, in field order', async () => {
    const request: ListRequest = {
      pageSize: -1,
      pageToken: 'nonsense',
      title: 7 as Title,
      messageType: 8 as MessageType,
      status: 9 as MessageContactStatus,
    }
    await expectRefusal(new Directory(service).list(request), 'INVALID_PARAMETER_PAGE_SIZE', {
      BadRequest: badRequest(
        ['page_size', 'INVALID_PARAMETER_PAGE_SIZE'],
        ['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'],
        ['title', 'INVALID_PARAMETER_TITLE'],
        ['message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'],
        ['status', 'INVALID_PARAMETER_STATUS'],
      ),
    })
  })
})
