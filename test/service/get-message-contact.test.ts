import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { Directory, nobodysId, notThere } from './directory.js'
import { type RunningService, startService } from './running-service.js'

const noon = new Date('2026-03-27T12:00:00.123Z')

describe('GetMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ surroundings: { now: () => noon.getTime() } })
  })
  afterAll(() => service.stop())

  test('gives the contact that was added, and a request id of its own', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add({ name: '\u8C48\u{20000}' })
    const { response, requestId } = await service.client.getMessageContact({ contactId }, { directoryId: directory.id })
    expect(requestId).toMatch(requestIdPattern)
    expect(response).toMatchObject({
      requestId,
      contact: {
        contactId,
        name: '\u8C48\u{20000}',
        emailAddress: 'tom@example.com',
        phoneNumber: '86-13900001234',
        title: Title.TECHNICAL_DIRECTOR,
        messageTypes: [MessageType.ACCOUNT_EXPENSES],
        status: MessageContactStatus.VERIFYING,
        createDate: timestampFromDate(noon),
        updateDate: timestampFromDate(noon),
        etag: '"1"',
        pendingEmailAddress: '',
        pendingPhoneNumber: '',
      },
    })
    expect(response.contact?.emailVerifyDate).toBeUndefined()
    expect(response.contact?.phoneVerifyDate).toBeUndefined()
  })

  test('tells which addresses are in effect since when, and is ACTIVE with one of them', async () => {
    const directory = new Directory(service)
    const contact = await directory.add()
    const [mail, phone] = [new Date('2026-04-01T00:00:00Z'), new Date('2026-04-02T00:00:00Z')]
    await directory.prove(contact, mail, phone)
    expect(await directory.get(contact.contactId)).toMatchObject({
      status: MessageContactStatus.ACTIVE,
      emailVerifyDate: timestampFromDate(mail),
      phoneVerifyDate: timestampFromDate(phone),
    })
    for (const absent of ['emailVerifyDate', 'phoneVerifyDate'] as const) {
      await directory.prove(contact, mail, phone)
      await service.collection.updateOne({ _id: contact.contactId }, { $unset: { [absent]: '' } })
      const one = await directory.get(contact.contactId)
      expect(one.status).toBe(MessageContactStatus.ACTIVE)
      expect(one[absent]).toBeUndefined()
    }
  })

  test('changes nothing: the etag stays, however often it is read', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const stored = await directory.stored()
    for (let reads = 0; reads < 3; reads += 1) expect((await directory.get(contactId)).etag).toBe('"1"')
    await directory.list()
    expect(await directory.stored()).toEqual(stored)
  })

  test('without a contact_id is refused', async () => {
    const details = { BadRequest: badRequest(['contact_id', 'MISSING_PARAMETER_CONTACT_ID']) }
    await expectRefusal(new Directory(service).get(''), 'MISSING_PARAMETER_CONTACT_ID', details)
  })

  test.each([
    ['one character short', 'c-000000000000000'],
    ['one character long', 'c-00000000000000000'],
    ['without its beginning', '000000000000000000'],
    ['with a character that no id has', 'c-00000000_0000000'],
    ['with a line after it', `${nobodysId}\n`],
    ['of 10,000 characters', 'c'.repeat(10_000)],
  ])('with a contact_id %s is refused', async (_, contactId) => {
    const details = { BadRequest: badRequest(['contact_id', 'INVALID_PARAMETER_CONTACT_ID']) }
    await expectRefusal(new Directory(service).get(contactId), 'INVALID_PARAMETER_CONTACT_ID', details)
  })

  test('of a contact that never was is refused, by the id as it was sent', async () => {
    await expectRefusal(new Directory(service).get(nobodysId), 'ENTITY_NOT_EXISTS_CONTACT', notThere(nobodysId))
  })
})
