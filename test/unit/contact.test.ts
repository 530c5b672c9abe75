import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Contact, type Details, newContact, statusOf } from '../../src/contacts/contact.js'

const now = new Date('2026-01-02T03:04:05.678Z')
const details: Details = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: 'CEO',
  messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
}
const origin = { contactId: 'c-1', directoryId: 'rd-1', now }
const contact = newContact(details, origin)
const hashOf = (of: Details) => newContact(of, { ...origin, clientToken: 'once' }).requestHash

describe('a new contact', () => {
  test('is what was said, at revision 1, as of now, with neither address in effect', () => {
    expect(contact).toEqual({
      _id: 'c-1',
      directoryId: 'rd-1',
      name: 'Tom',
      emailAddress: 'tom@example.com',
      phoneNumber: '86-13900001234',
      title: 'CEO',
      messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
      createDate: now,
      updateDate: now,
      revision: 1,
    })
  })

  test('has neither token nor hash where no token came', () => {
    expect(newContact(details, { ...origin, clientToken: undefined })).toEqual(contact)
  })

  test('keeps its token, and of the request a hash that is not the request', () => {
    const { clientToken, requestHash, ...others } = newContact(details, { ...origin, clientToken: 'once' })
    expect(others).toEqual(contact)
    expect(clientToken).toBe('once')
    expect(requestHash).toMatch(/^[\w-]{43}$/)
  })
})

describe('the hash of a request', () => {
  test('is the same for another contact, time, directory and token', () => {
    const other = { contactId: 'c-2', directoryId: 'rd-2', now: new Date(0), clientToken: 'twice' }
    expect(newContact(details, other).requestHash).toBe(hashOf(details))
  })

  test('is the same whatever the order of the keys', () => {
    const { name, emailAddress, phoneNumber, title, messageTypes } = details
    const turned = { messageTypes, title, ...(phoneNumber !== undefined && { phoneNumber }), emailAddress, name }
    expect(hashOf(turned)).toBe(hashOf(details))
  })

  test.each<[string, Partial<Details>]>([
    ['name', { name: 'tom' }],
    ['mail address', { emailAddress: 'tom@example.org' }],
    ['phone number', { phoneNumber: '86-13900001235' }],
    ['title', { title: 'OTHER' }],
    ['message types', { messageTypes: ['FAULT_MESSAGE'] }],
  ])('is another for another %s', (_, otherwise) => {
    expect(hashOf({ ...details, ...otherwise })).not.toBe(hashOf(details))
  })

  test('is another without a phone number', () => {
    const { phoneNumber: _, ...without } = details
    expect(hashOf(without)).not.toBe(hashOf(details))
  })

  test('does not run fields together', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\\', '[') })
    const pair = fc.tuple(text, text)
    fc.assert(
      fc.property(pair, pair, (one, two) => {
        const [first, second] = [one, two].map(([name, emailAddress]) => hashOf({ ...details, name, emailAddress }))
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(two))
      }),
    )
  })
})

describe('the status of a contact', () => {
  test.each<[string, Partial<Contact>, string]>([
    ['neither address in effect', {}, 'VERIFYING'],
    ['the mail address in effect', { emailVerifyDate: now }, 'ACTIVE'],
    ['the phone number in effect', { phoneVerifyDate: now }, 'ACTIVE'],
    ['both in effect', { emailVerifyDate: now, phoneVerifyDate: now }, 'ACTIVE'],
    ['changes that wait', { pendingEmailAddress: 'a@b.co', pendingPhoneNumber: '86-13900001235' }, 'VERIFYING'],
    ['an address in effect since the epoch', { emailVerifyDate: new Date(0) }, 'ACTIVE'],
  ])('with %s', (_, otherwise, status) => {
    expect(statusOf({ ...contact, slot: 0, ...otherwise })).toBe(status)
  })
})
