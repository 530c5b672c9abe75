import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/addresses/address.js'
import { type Contact, type ContactChange, changeContact, statusOf } from '../../../src/contacts/contact.js'
import { before, contactAfter, contactWith, verificationWith } from '../../support/contacts-in-states.js'

const verifyDate = before
const contact = contactWith({
  email: { address: 'current@example.com' },
  phone: { address: '86-13900000001' },
  messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
  revision: 4,
  version: 11,
  clientToken: 'once',
  requestHash: 'hash',
})
const unchanged = { kind: 'unchanged' }
/** The decision to store a contact as a change that callers see. */
const written = (after: Contact) => ({ kind: 'write', contact: after, isVisible: true })

describe('a change of a field that needs no verification', () => {
  test.each<[string, ContactChange]>([
    ['the name', { name: 'Tim' }],
    ['only the case of the name', { name: 'tom' }],
    ['the title', { title: 'OTHER' }],
    ['the message types', { messageTypes: ['FAULT_MESSAGE'] }],
    ['only the order of the message types', { messageTypes: ['SECURITY_MESSAGE', 'FAULT_MESSAGE'] }],
    ['all of them', { name: 'Tim', title: 'OTHER', messageTypes: ['PRODUCT_MESSAGE'] }],
  ])('takes effect at once, is visible, and changes no other field: %s', (_, change) => {
    expect(changeContact(contact, change)).toEqual(written({ ...contact, ...change }))
  })

  test('does not modify the contact that it was given', () => {
    const frozen = Object.freeze({ ...contact })
    changeContact(frozen, { name: 'Tim', emailAddress: 'new@example.com', phoneNumber: undefined })
    expect(frozen).toEqual(contact)
  })
})

describe('an update changes nothing', () => {
  test.each<[string, ContactChange]>([
    ['without fields', {}],
    ['with the same name', { name: 'Tom' }],
    ['with the same mail address', { emailAddress: 'current@example.com' }],
    ['with the same phone number', { phoneNumber: '86-13900000001' }],
    ['with the same title', { title: 'CEO' }],
    ['with the same message types', { messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'] }],
  ])('%s', (_, change) => {
    expect(changeContact(contact, change)).toEqual(unchanged)
  })
})

const kinds = [
  {
    kind: 'email',
    field: 'emailAddress',
    addresses: { current: 'current@example.com', pending: 'pending@example.com', other: 'new@example.com' },
  },
  {
    kind: 'phone',
    field: 'phoneNumber',
    addresses: { current: '86-13900000001', pending: '86-13900000002', other: '86-13900000003' },
  },
] as const

describe.each(kinds)('a changed $field', ({ kind, field, addresses: { current, pending, other } }) => {
  const states = {
    verified: { address: current, verifyDate },
    'verified, with a pending one': { address: current, verifyDate, pending },
    unverified: { address: current },
    // No change leads to this state.
    'unverified, with a pending one': { address: current, pending },
  } satisfies Record<string, Address>

  test.each<[keyof typeof states, string, string | undefined, Address | 'unchanged']>([
    ['verified', 'none', undefined, 'unchanged'],
    ['verified', 'the current one', current, 'unchanged'],
    ['verified', 'a new one', other, { address: current, verifyDate, pending: other }],
    ['verified, with a pending one', 'none', undefined, 'unchanged'],
    ['verified, with a pending one', 'the current one', current, 'unchanged'],
    ['verified, with a pending one', 'the pending one', pending, 'unchanged'],
    ['verified, with a pending one', 'a new one', other, { address: current, verifyDate, pending: other }],
    ['unverified', 'none', undefined, 'unchanged'],
    ['unverified', 'the current one', current, 'unchanged'],
    ['unverified', 'a new one', other, { address: other }],
    ['unverified, with a pending one', 'none', undefined, 'unchanged'],
    ['unverified, with a pending one', 'the current one', current, 'unchanged'],
    ['unverified, with a pending one', 'the pending one', pending, { address: pending }],
    ['unverified, with a pending one', 'a new one', other, { address: other }],
  ])('%s; requested is %s', (state, _, requested, expected) => {
    const given: Contact = { ...contact, [kind]: states[state] }
    const decision = changeContact(given, requested === undefined ? {} : { [field]: requested })
    expect(decision).toEqual(expected === 'unchanged' ? unchanged : written({ ...given, [kind]: expected }))
  })

  test('does not change the other address, verified and with a pending one', () => {
    const given: Contact = {
      ...contact,
      email: { address: 'current@example.com', verifyDate, pending: 'pending@example.com' },
      phone: { address: '86-13900000001', verifyDate, pending: '86-13900000002' },
    }
    const changed = { address: current, verifyDate, pending: other }
    expect(changeContact(given, { [field]: other })).toEqual(written({ ...given, [kind]: changed }))
  })

  test('loses the verification of an address that is not the one to verify any more', () => {
    const verification = verificationWith()
    const change = (address: Address, requested: string) =>
      changeContact({ ...contact, [kind]: address }, { [field]: requested })
    const becomes = (address: Address) => written({ ...contact, [kind]: address })
    expect(change({ address: current, verification }, other)).toEqual(becomes({ address: other }))
    const replaced = { address: current, verifyDate, pending, verification }
    expect(change(replaced, other)).toEqual(becomes({ address: current, verifyDate, pending: other }))
  })

  test('keeps the verification of the address to verify', () => {
    const verification = verificationWith()
    const change = (address: Address, requested: string) =>
      changeContact({ ...contact, [kind]: address }, { name: 'Tim', [field]: requested })
    const unverified = { address: current, verification }
    expect(change(unverified, current)).toEqual(written({ ...contact, name: 'Tim', [kind]: unverified }))
    const replaced = { address: current, verifyDate, pending, verification }
    for (const requested of [pending, current])
      expect(change(replaced, requested)).toEqual(written({ ...contact, name: 'Tim', [kind]: replaced }))
  })
})

describe('a phone number that is removed', () => {
  const without = { ...contact, phone: undefined }

  test.each<[string, Omit<Address, 'address'>]>([
    ['verified', { verifyDate }],
    ['verified, with a pending one', { verifyDate, pending: '86-13900000002' }],
    ['unverified', {}],
    ['unverified, with a pending one', { pending: '86-13900000002' }],
    ['with a verification', { verification: verificationWith() }],
  ])('is removed with everything that belongs to it: %s', (_, state) => {
    const given = { ...contact, phone: { address: '86-13900000001', ...state } }
    expect(changeContact(given, { phoneNumber: undefined })).toEqual(written(without))
  })

  test('changes nothing if there was none', () => {
    expect(changeContact(without, { phoneNumber: undefined })).toEqual(unchanged)
  })

  test('does not change a verified mail address and its pending one', () => {
    const email = { address: 'current@example.com', verifyDate, pending: 'pending@example.com' }
    expect(changeContact({ ...contact, email }, { phoneNumber: undefined })).toEqual(written({ ...without, email }))
  })

  test('may be set again, and is then unverified', () => {
    const phone = { address: '86-13900000003' }
    expect(changeContact(without, { phoneNumber: '86-13900000003' })).toEqual(written({ ...without, phone }))
  })
})

describe('every change of every contact', () => {
  const emails = fc.constantFrom('a@example.com', 'b@example.com', 'c@example.com')
  const phones = fc.constantFrom('86-13900000001', '86-13900000002', '86-13900000003')
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
  const names = fc.constantFrom('Tom', 'Tim')
  const titles = fc.constantFrom<Contact['title'][]>('CEO', 'OTHER')
  const messageTypes = fc.constantFrom<Contact['messageTypes'][]>(
    ['FAULT_MESSAGE'],
    ['FAULT_MESSAGE', 'PRODUCT_MESSAGE'],
  )
  const verification = verificationWith()
  const anyAddress = (addresses: fc.Arbitrary<string>): fc.Arbitrary<Address> =>
    fc.oneof(
      fc.record({ address: addresses, verification: maybe(fc.constant(verification)) }),
      fc
        .record({ address: addresses, pending: maybe(addresses), verification: maybe(fc.constant(verification)) })
        .map((address) => ({ ...address, verifyDate })),
    )
  const anyContact: fc.Arbitrary<Contact> = fc
    .record({
      name: names,
      email: anyAddress(emails),
      phone: maybe(anyAddress(phones)),
      title: titles,
      messageTypes,
      revision: fc.integer({ min: 1, max: 1000 }),
    })
    .map((fields) => ({ ...contact, ...fields }))
  const anyChange: fc.Arbitrary<ContactChange> = fc.record(
    { name: names, emailAddress: emails, phoneNumber: maybe(phones), title: titles, messageTypes },
    { requiredKeys: [] },
  )
  const after = (given: Contact, change: ContactChange): Contact => {
    const decision = changeContact(given, change)
    return decision.kind === 'write' ? decision.contact : given
  }
  const removesPhone = (change: ContactChange) => 'phoneNumber' in change && change.phoneNumber === undefined
  const holds = (rule: (given: Contact, changed: Contact, change: ContactChange) => void) =>
    fc.assert(
      fc.property(anyContact, anyChange, (given, change) => rule(given, after(given, change), change)),
      { numRuns: 1000 },
    )

  test('leaves a verified address verified, except for a phone number that is removed', () => {
    holds((given, changed, change) => {
      if (given.email.verifyDate) expect(changed.email).toMatchObject({ address: given.email.address, verifyDate })
      if (given.phone?.verifyDate && !removesPhone(change))
        expect(changed.phone).toMatchObject({ address: given.phone.address, verifyDate })
      if (statusOf(given) === 'ACTIVE' && !removesPhone(change)) expect(statusOf(changed)).toBe('ACTIVE')
    })
  })

  test('verifies no address', () => {
    holds((given, changed) => {
      if (!given.email.verifyDate) expect(changed.email.verifyDate).toBeUndefined()
      if (!given.phone?.verifyDate) expect(changed.phone?.verifyDate).toBeUndefined()
    })
  })

  test('makes the requested address the current or the pending one', () => {
    holds((_, { email, phone }, { emailAddress, phoneNumber }) => {
      if (emailAddress) expect([email.address, email.pending]).toContain(emailAddress)
      if (phoneNumber) expect([phone?.address, phone?.pending]).toContain(phoneNumber)
    })
  })

  test('leaves no pending address beside an unverified one', () => {
    holds((_, { email, phone }) => {
      for (const address of [email, phone]) if (!address?.verifyDate) expect(address?.pending).toBeUndefined()
    })
  })

  test('changes nothing the second time', () => {
    holds((_, changed, change) => {
      expect(changeContact(changed, change)).toEqual(unchanged)
    })
  })

  test('is unchanged, or differs in a field that callers see', () => {
    const visible = ({ name, title, messageTypes, email, phone }: Contact) => [
      [name, title, messageTypes],
      [email.address, email.verifyDate, email.pending],
      phone && [phone.address, phone.verifyDate, phone.pending],
    ]
    fc.assert(
      fc.property(anyContact, anyChange, (given, change) => {
        const decision = changeContact(given, change)
        if (decision.kind === 'unchanged') return
        expect(visible(contactAfter(decision))).not.toEqual(visible(given))
        expect(decision).toMatchObject({ isVisible: true })
      }),
      { numRuns: 1000 },
    )
  })

  test('leaves id, directory, slot, create date, token and hash as they were', () => {
    holds((_, changed) => {
      const { _id, directoryId, slot, createDate, clientToken, requestHash } = contact
      expect(changed).toMatchObject({ _id, directoryId, slot, createDate, clientToken, requestHash })
    })
  })
})
