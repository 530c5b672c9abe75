import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type MessageContact,
  MessageContactStatus,
  Title,
} from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from '../../support/directory.js'
import { type RunningService, startService } from '../../support/running-service.js'

const verifyDate = new Date('2026-03-27T12:00:00.123Z')

/** The names of the fields of each address, in the database and in messages, and values for it. */
const kinds = [
  {
    kind: 'email',
    field: 'emailAddress',
    pendingField: 'pendingEmailAddress',
    verifyDateField: 'emailVerifyDate',
    path: 'email_address',
    current: 'tom@example.com',
    next: 'tom@example.org',
    third: 'tommy@example.org',
  },
  {
    kind: 'phone',
    field: 'phoneNumber',
    pendingField: 'pendingPhoneNumber',
    verifyDateField: 'phoneVerifyDate',
    path: 'phone_number',
    current: '86-13900001234',
    next: '86-13800005678',
    third: '86-13700009012',
  },
] as const

describe.each(kinds)('UpdateMessageContact with another $field', (names) => {
  const { kind, field, pendingField, verifyDateField, path, current, next, third } = names
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  const addressIn = (contact: MessageContact) => ({
    [field]: contact[field],
    [pendingField]: contact[pendingField],
    [verifyDateField]: contact[verifyDateField],
    etag: contact.etag,
  })
  /** The current address, verified, and the pending one; empty for none. */
  const verified = (pending: string, etag: string) => ({
    [field]: current,
    [pendingField]: pending,
    [verifyDateField]: timestampFromDate(verifyDate),
    etag,
  })

  test('replaces an unverified address, and none is pending', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const updated = await directory.update({ contactId, [field]: next })
    expect(addressIn(updated)).toEqual({ [field]: next, [pendingField]: '', [verifyDateField]: undefined, etag: '"2"' })
    const [stored] = await directory.stored()
    expect(stored?.[kind]).toEqual({ address: next })
  })

  describe('beside a verified one', () => {
    async function addVerified() {
      const directory = new Directory(service)
      const contact = await directory.add()
      await directory.verify(contact, verifyDate)
      return { directory, contactId: contact.contactId }
    }

    test('makes it pending, and the current one stays in effect', async () => {
      const { directory, contactId } = await addVerified()
      const updated = await directory.update({ contactId, [field]: next })
      expect(addressIn(updated)).toEqual(verified(next, '"2"'))
      expect(updated.status).toBe(MessageContactStatus.ACTIVE)
      expect(await directory.get(contactId)).toEqual(updated)
      expect(await directory.stored()).toMatchObject([{ [kind]: { address: current, verifyDate, pending: next } }])
    })

    test('replaces the pending one', async () => {
      const { directory, contactId } = await addVerified()
      await directory.update({ contactId, [field]: next })
      const updated = await directory.update({ contactId, [field]: third })
      expect(addressIn(updated)).toEqual(verified(third, '"3"'))
    })

    test('changes nothing if it is the current one, also beside a pending one', async () => {
      const { directory, contactId } = await addVerified()
      const pending = await directory.update({ contactId, [field]: next })
      const [stored] = await directory.stored()
      for (const updateMask of [undefined, { paths: [path] }])
        expect(await directory.update({ contactId, [field]: current, ...(updateMask && { updateMask }) })).toEqual(
          pending,
        )
      expect(addressIn(pending)).toEqual(verified(next, '"2"'))
      expect(await directory.stored()).toEqual([stored])
    })

    test('stays pending when a form changes the title and sends all fields back', async () => {
      const { directory, contactId } = await addVerified()
      const { name, emailAddress, phoneNumber, messageTypes } = await directory.update({ contactId, [field]: next })
      const form = { contactId, name, emailAddress, phoneNumber, messageTypes, title: Title.OTHER }
      const updated = await directory.update({ ...form, updateMask: { paths: ['*'] } })
      expect(addressIn(updated)).toEqual(verified(next, '"3"'))
      expect(updated.title).toBe(Title.OTHER)
    })

    test('changes nothing if it is pending already, or the current one while none is pending', async () => {
      const { directory, contactId } = await addVerified()
      expect(addressIn(await directory.update({ contactId, [field]: current }))).toEqual(verified('', '"1"'))
      const updated = await directory.update({ contactId, [field]: next })
      expect(await directory.update({ contactId, [field]: next, updateMask: { paths: [path] } })).toEqual(updated)
    })

    test('keeps it pending while other fields change, and the contact stays ACTIVE in lists', async () => {
      const { directory, contactId } = await addVerified()
      await directory.update({ contactId, [field]: next })
      const updated = await directory.update({ contactId, name: 'Ann', title: Title.CEO })
      expect(addressIn(updated)).toEqual(verified(next, '"3"'))
      expect((await directory.list({ status: MessageContactStatus.ACTIVE })).contacts).toEqual([updated])
      expect((await directory.list({ status: MessageContactStatus.VERIFYING })).contacts).toEqual([])
    })
  })
})
