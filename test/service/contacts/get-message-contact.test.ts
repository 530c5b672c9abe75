import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { bothClocks } from '../../support/clock.js'
import { contactNotFound, Directory, unknownContactId } from '../../support/directory.js'
import { badRequest, expectRefusal, requestIdPattern } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

const noon = new Date('2026-03-27T12:00:00.123Z')

describe('GetMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ dependencies: bothClocks(() => noon.getTime()) })
  })
  afterAll(() => service.stop())

  test('returns the contact that was added, and a request id', async () => {
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

  test('shows when each address was verified, and status ACTIVE as soon as one of them is', async () => {
    const directory = new Directory(service)
    const contact = await directory.add()
    const [email, phone] = [new Date('2026-04-01T00:00:00Z'), new Date('2026-04-02T00:00:00Z')]
    await directory.verify(contact, email, phone)
    expect(await directory.get(contact.contactId)).toMatchObject({
      status: MessageContactStatus.ACTIVE,
      emailVerifyDate: timestampFromDate(email),
      phoneVerifyDate: timestampFromDate(phone),
    })
    for (const kind of ['email', 'phone'] as const) {
      await directory.verify(contact, email, phone)
      await service.collection.updateOne({ _id: contact.contactId }, { $unset: { [`${kind}.verifyDate`]: '' } })
      const one = await directory.get(contact.contactId)
      expect(one.status).toBe(MessageContactStatus.ACTIVE)
      expect(one[`${kind}VerifyDate`]).toBeUndefined()
    }
  })

  test('changes nothing: the etag is the same after many reads', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const stored = await directory.stored()
    for (let reads = 0; reads < 3; reads += 1) expect((await directory.get(contactId)).etag).toBe('"1"')
    await directory.list()
    expect(await directory.stored()).toEqual(stored)
  })

  test('is refused without a contact_id', async () => {
    const details = { BadRequest: badRequest(['contact_id', 'MISSING_PARAMETER_CONTACT_ID']) }
    await expectRefusal(new Directory(service).get(''), 'MISSING_PARAMETER_CONTACT_ID', details)
  })

  test.each([
    ['one character short', 'c-000000000000000'],
    ['one character long', 'c-00000000000000000'],
    ['without its prefix', '000000000000000000'],
    ['with a character outside the alphabet', 'c-00000000_0000000'],
    ['with a line break at its end', `${unknownContactId}\n`],
    ['of 10,000 characters', 'c'.repeat(10_000)],
  ])('is refused with a contact_id %s', async (_, contactId) => {
    const details = { BadRequest: badRequest(['contact_id', 'INVALID_PARAMETER_CONTACT_ID']) }
    await expectRefusal(new Directory(service).get(contactId), 'INVALID_PARAMETER_CONTACT_ID', details)
  })

  test('is refused for an unknown contact, with the id as it was sent', async () => {
    await expectRefusal(
      new Directory(service).get(unknownContactId),
      'ENTITY_NOT_EXISTS_CONTACT',
      contactNotFound(unknownContactId),
    )
  })
})
