import { describe, expect, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { DamagedContactError, requireContact } from '../../../src/contacts/store/stored-contact.js'
import { contactWith, emailAddress, now, phoneNumber, verificationWith } from '../../support/contacts-in-states.js'

/** A date that the database can hold, and JavaScript cannot. */
const noDate = new Date(Number.NaN)

describe('a stored document', () => {
  test.each<[string, Partial<Contact>]>([
    ['a new contact', {}],
    ['no phone number', { phone: undefined }],
    ['verified addresses', { email: { address: emailAddress, verifyDate: now, pending: 'new@example.com' } }],
    ['verifications', { phone: { address: phoneNumber, verification: verificationWith({ dueDate: now }) } }],
    ['incorrect codes', { incorrectCodeDates: [now] }],
    ['no message types', { messageTypes: [] }],
  ])('with %s is a contact, unchanged', (_, changes) => {
    const contact = contactWith(changes)
    expect(requireContact(contact)).toBe(contact)
  })

  test('with a delivery state of a newer version is a contact', () => {
    const verification = { ...verificationWith(), deliveryState: 'RECEIVED' as never }
    const contact = contactWith({ email: { address: emailAddress, verification } })
    expect(requireContact(contact)).toBe(contact)
  })

  test.each<[string, Partial<Contact>]>([
    ['when it was added', { createDate: noDate }],
    ['when it was changed', { updateDate: noDate }],
    ['when an address was verified', { email: { address: emailAddress, verifyDate: noDate } }],
    [
      'when a code expires',
      { email: { address: emailAddress, verification: verificationWith({ expireDate: noDate }) } },
    ],
    [
      'when a code was sent',
      { email: { address: emailAddress, verification: verificationWith({ sendDate: noDate }) } },
    ],
    [
      'when a message is due',
      { email: { address: emailAddress, verification: verificationWith({ dueDate: noDate }) } },
    ],
    ['when an incorrect code was given', { incorrectCodeDates: [now, noDate] }],
  ])('with a date that JavaScript does not have, %s, is damaged', (_, changes) => {
    const require = () => requireContact(contactWith(changes))
    expect(require).toThrow(new DamagedContactError('c-1'))
    expect(require).toThrow(expect.objectContaining({ documentId: 'c-1' }))
  })
})
