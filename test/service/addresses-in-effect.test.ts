import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type MessageContact,
  MessageContactStatus,
  Title,
} from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from './directory.js'
import { type RunningService, startService } from './running-service.js'

const proved = new Date('2026-03-27T12:00:00.123Z')

/** What holds for both of a contact's addresses, in the terms of each. */
const kinds = [
  {
    field: 'emailAddress',
    pending: 'pendingEmailAddress',
    verifyDate: 'emailVerifyDate',
    path: 'email_address',
    present: 'tom@example.com',
    next: 'tom@example.org',
    third: 'tommy@example.org',
  },
  {
    field: 'phoneNumber',
    pending: 'pendingPhoneNumber',
    verifyDate: 'phoneVerifyDate',
    path: 'phone_number',
    present: '86-13900001234',
    next: '86-13800005678',
    third: '86-13700009012',
  },
] as const

describe.each(kinds)('a changed $field', ({ field, pending, verifyDate, path, present, next, third }) => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  const addressIn = (contact: MessageContact) => ({
    [field]: contact[field],
    [pending]: contact[pending],
    [verifyDate]: contact[verifyDate],
    etag: contact.etag,
  })
  const inEffect = (waiting: string, etag: string) => ({
    [field]: present,
    [pending]: waiting,
    [verifyDate]: timestampFromDate(proved),
    etag,
  })

  test('replaces an address that is not in effect, and nothing waits', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const updated = await directory.update({ contactId, [field]: next })
    expect(addressIn(updated)).toEqual({ [field]: next, [pending]: '', [verifyDate]: undefined, etag: '"2"' })
    const [stored] = await directory.stored()
    expect(stored).not.toHaveProperty(pending)
  })

  describe('behind one that is in effect', () => {
    async function addedAndProved() {
      const directory = new Directory(service)
      const contact = await directory.add()
      await directory.prove(contact, proved)
      return { directory, contactId: contact.contactId }
    }

    test('waits, and the present one stays in effect', async () => {
      const { directory, contactId } = await addedAndProved()
      const updated = await directory.update({ contactId, [field]: next })
      expect(addressIn(updated)).toEqual(inEffect(next, '"2"'))
      expect(updated.status).toBe(MessageContactStatus.ACTIVE)
      expect(await directory.get(contactId)).toEqual(updated)
      expect(await directory.stored()).toMatchObject([{ [field]: present, [pending]: next, [verifyDate]: proved }])
    })

    test('gives way to another one that is asked for later', async () => {
      const { directory, contactId } = await addedAndProved()
      await directory.update({ contactId, [field]: next })
      const updated = await directory.update({ contactId, [field]: third })
      expect(addressIn(updated)).toEqual(inEffect(third, '"3"'))
    })

    test('is dropped when the address is set back to the present one', async () => {
      const { directory, contactId } = await addedAndProved()
      await directory.update({ contactId, [field]: next })
      const updated = await directory.update({ contactId, [field]: present })
      expect(addressIn(updated)).toEqual(inEffect('', '"3"'))
      const [stored] = await directory.stored()
      expect(stored).not.toHaveProperty(pending)
      expect(stored).toMatchObject({ [field]: present, [verifyDate]: proved })
    })

    test('asked for again changes nothing, and neither does the present one where nothing waits', async () => {
      const { directory, contactId } = await addedAndProved()
      expect(addressIn(await directory.update({ contactId, [field]: present }))).toEqual(inEffect('', '"1"'))
      const updated = await directory.update({ contactId, [field]: next })
      expect(await directory.update({ contactId, [field]: next, updateMask: { paths: [path] } })).toEqual(updated)
    })

    test('goes on waiting while other fields change, and the contact stays ACTIVE in lists', async () => {
      const { directory, contactId } = await addedAndProved()
      await directory.update({ contactId, [field]: next })
      const updated = await directory.update({ contactId, name: 'Ann', title: Title.CEO })
      expect(addressIn(updated)).toEqual(inEffect(next, '"3"'))
      expect((await directory.list({ status: MessageContactStatus.ACTIVE })).contacts).toEqual([updated])
      expect((await directory.list({ status: MessageContactStatus.VERIFYING })).contacts).toEqual([])
    })
  })
})
