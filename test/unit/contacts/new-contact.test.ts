import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Contact,
  contactIdFormat,
  contactIdPattern,
  newContact,
  statusOf,
  type WritableFields,
} from '../../../src/contacts/contact.js'
import { contactWith } from '../../support/contacts-in-states.js'

const now = new Date('2026-01-02T03:04:05.678Z')
const fields: WritableFields = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: 'CEO',
  messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
}
const options = { contactId: 'c-1', directoryId: 'rd-1', now, clientToken: undefined }
const contact = newContact(fields, options)
const hashOf = (of: WritableFields) => newContact(of, { ...options, clientToken: 'once' }).requestHash

describe('a new contact', () => {
  test('has the fields of the request, revision and version 1, and no verified address', () => {
    expect(contact).toEqual({
      _id: 'c-1',
      directoryId: 'rd-1',
      name: 'Tom',
      email: { address: 'tom@example.com' },
      phone: { address: '86-13900001234' },
      title: 'CEO',
      messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
      createDate: now,
      updateDate: now,
      revision: 1,
      version: 1,
    })
  })

  test('has no phone if the request has no phone number', () => {
    const { phone, ...others } = newContact({ ...fields, phoneNumber: undefined }, options)
    const { phone: _, ...expected } = contact
    expect(phone).toBeUndefined()
    expect(others).toEqual(expected)
  })

  test('has neither token nor hash if the request has no token', () => {
    expect([contact.clientToken, contact.requestHash]).toEqual([undefined, undefined])
  })

  test('keeps the token, and a hash of the request', () => {
    const { clientToken, requestHash, ...others } = newContact(fields, { ...options, clientToken: 'once' })
    expect(others).toEqual(contact)
    expect(clientToken).toBe('once')
    expect(requestHash).toMatch(/^[\w-]{43}$/)
  })
})

describe('the hash of a request', () => {
  test('is the same for another contact, time, directory and token', () => {
    const other = { contactId: 'c-2', directoryId: 'rd-2', now: new Date(0), clientToken: 'twice' }
    expect(newContact(fields, other).requestHash).toBe(hashOf(fields))
  })

  test('does not depend on the order of the message types, which the contact keeps', () => {
    const reversed = { ...fields, messageTypes: fields.messageTypes.toReversed() }
    expect(hashOf(reversed)).toBe(hashOf(fields))
    expect(newContact(reversed, options).messageTypes).toEqual(['SECURITY_MESSAGE', 'FAULT_MESSAGE'])
  })

  test('does not depend on the order of the keys', () => {
    const { name, emailAddress, phoneNumber, title, messageTypes } = fields
    expect(hashOf({ messageTypes, title, phoneNumber, emailAddress, name })).toBe(hashOf(fields))
  })

  test.each<[string, Partial<WritableFields>]>([
    ['name', { name: 'tom' }],
    ['mail address', { emailAddress: 'tom@example.org' }],
    ['phone number', { phoneNumber: '86-13900001235' }],
    ['title', { title: 'OTHER' }],
    ['message types', { messageTypes: ['FAULT_MESSAGE'] }],
  ])('differs for another %s', (_, change) => {
    expect(hashOf({ ...fields, ...change })).not.toBe(hashOf(fields))
  })

  test('differs without a phone number', () => {
    expect(hashOf({ ...fields, phoneNumber: undefined })).not.toBe(hashOf(fields))
  })

  test('keeps the fields apart', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\\', '[') })
    const pair = fc.tuple(text, text)
    fc.assert(
      fc.property(pair, pair, (one, two) => {
        const [first, second] = [one, two].map(([name, emailAddress]) => hashOf({ ...fields, name, emailAddress }))
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(two))
      }),
    )
  })
})

describe('the status of a contact', () => {
  const [email, phone] = [contact.email, { address: '86-13900001234' }]

  test.each<[string, Partial<Contact>, string]>([
    ['no verified address', {}, 'VERIFYING'],
    ['no verified address and no phone number', { phone: undefined }, 'VERIFYING'],
    ['a verified mail address', { email: { ...email, verifyDate: now } }, 'ACTIVE'],
    ['a verified phone number', { phone: { ...phone, verifyDate: now } }, 'ACTIVE'],
    ['both verified', { email: { ...email, verifyDate: now }, phone: { ...phone, verifyDate: now } }, 'ACTIVE'],
    [
      'pending addresses',
      { email: { ...email, pending: 'a@b.co' }, phone: { ...phone, pending: '86-13900001235' } },
      'VERIFYING',
    ],
    ['an address verified at the epoch', { email: { ...email, verifyDate: new Date(0) } }, 'ACTIVE'],
  ])('with %s', (_, changes, status) => {
    expect(statusOf(contactWith(changes))).toBe(status)
  })
})

test('a contact id is the prefix and 16 letters or digits', () => {
  const { prefix, alphabet, length } = contactIdFormat
  expect([prefix, alphabet.length, new Set(alphabet).size, length]).toEqual(['c-', 62, 62, 16])
  for (const character of alphabet) expect(prefix + character.repeat(length)).toMatch(contactIdPattern)
})
