import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Change, type Contact, changedContact, newContact, statusOf } from '../../src/contacts/contact.js'

const then = new Date('2026-01-02T03:04:05.678Z')
const proved = new Date('2026-01-03T03:04:05.678Z')
const now = new Date('2026-02-03T04:05:06.789Z')
const origin = { requestId: 'CALL-2', now }
const contact: Contact = {
  ...newContact(
    {
      name: 'Tom',
      emailAddress: 'present@example.com',
      phoneNumber: '86-13900000001',
      title: 'CEO',
      messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'],
    },
    { contactId: 'c-1', directoryId: 'rd-1', now: then, clientToken: 'once' },
  ),
  slot: 7,
  revision: 4,
  version: 11,
  changeRequestId: 'CALL-1',
}
/** What every change brings with it. */
const changed = { updateDate: now, revision: 5, version: 12, changeRequestId: 'CALL-2' }

describe('a change of what needs no proof', () => {
  test.each<[string, Change]>([
    ['the name', { name: 'Tim' }],
    ['the name by case alone', { name: 'tom' }],
    ['the title', { title: 'OTHER' }],
    ['the message types', { messageTypes: ['FAULT_MESSAGE'] }],
    ['all of them', { name: 'Tim', title: 'OTHER', messageTypes: ['PRODUCT_MESSAGE'] }],
  ])(
    'takes place at once, one revision further, by this call, as of now, and touches nothing else: %s',
    (_, change) => {
      expect(changedContact(contact, change, origin)).toEqual({ ...contact, ...change, ...changed })
    },
  )

  test('leaves the contact it was made of as it was', () => {
    const frozen = Object.freeze({ ...contact })
    changedContact(frozen, { name: 'Tim', emailAddress: 'new@example.com', phoneNumber: null }, origin)
    expect(frozen).toEqual(contact)
  })

  test('is the first change of a contact that had none', () => {
    const { changeRequestId: _, version: __, ...unchanged } = { ...contact, revision: 1 }
    expect(changedContact(unchanged, { name: 'Tim' }, origin)).toEqual({
      ...unchanged,
      ...changed,
      name: 'Tim',
      revision: 2,
      version: 1,
    })
  })
})

describe('an update that changes nothing gives the very same contact', () => {
  test.each<[string, Change]>([
    ['nothing asked', {}],
    ['the same name', { name: 'Tom' }],
    ['the same mail address', { emailAddress: 'present@example.com' }],
    ['the same phone number', { phoneNumber: '86-13900000001' }],
    ['the same title', { title: 'CEO' }],
    ['the same message types', { messageTypes: ['FAULT_MESSAGE', 'SECURITY_MESSAGE'] }],
  ])('%s', (_, change) => {
    expect(changedContact(contact, change, origin)).toBe(contact)
  })
})

/** One of the two addresses, in terms that fit both. */
interface Address {
  readonly address?: string
  readonly verifyDate?: Date
  readonly pending?: string
}
interface AddressKind {
  readonly of: string
  readonly ask: (address: string | undefined) => Change
  readonly texts: { readonly present: string; readonly waiting: string; readonly other: string }
  readonly fields: (address: Address) => Partial<Contact>
}
const kinds: readonly AddressKind[] = [
  {
    of: 'mail address',
    ask: (emailAddress) => ({ emailAddress }),
    texts: { present: 'present@example.com', waiting: 'waiting@example.com', other: 'new@example.com' },
    fields: ({ address = '', verifyDate, pending }) => ({
      emailAddress: address,
      emailVerifyDate: verifyDate,
      pendingEmailAddress: pending,
    }),
  },
  {
    of: 'phone number',
    ask: (phoneNumber) => ({ phoneNumber }),
    texts: { present: '86-13900000001', waiting: '86-13900000002', other: '86-13900000003' },
    fields: ({ address, verifyDate, pending }) => ({
      phoneNumber: address,
      phoneVerifyDate: verifyDate,
      pendingPhoneNumber: pending,
    }),
  },
]

describe.each(kinds)('a changed $of', ({ ask, texts: { present, waiting, other }, fields }) => {
  const states = {
    'in effect, nothing waits': { address: present, verifyDate: proved },
    'in effect, another waits': { address: present, verifyDate: proved, pending: waiting },
    'not in effect, nothing waits': { address: present },
    'not in effect, another waits': { address: present, pending: waiting },
  } satisfies Record<string, Address>
  const unchanged = 'unchanged'

  test.each<[keyof typeof states, string, string | undefined, Address | typeof unchanged]>([
    ['in effect, nothing waits', 'none', undefined, unchanged],
    ['in effect, nothing waits', 'the present one', present, unchanged],
    ['in effect, nothing waits', 'a new one', other, { address: present, verifyDate: proved, pending: other }],
    ['in effect, another waits', 'none', undefined, unchanged],
    ['in effect, another waits', 'the present one', present, { address: present, verifyDate: proved }],
    ['in effect, another waits', 'the one that waits', waiting, unchanged],
    ['in effect, another waits', 'a new one', other, { address: present, verifyDate: proved, pending: other }],
    ['not in effect, nothing waits', 'none', undefined, unchanged],
    ['not in effect, nothing waits', 'the present one', present, unchanged],
    ['not in effect, nothing waits', 'a new one', other, { address: other }],
    ['not in effect, another waits', 'none', undefined, unchanged],
    ['not in effect, another waits', 'the present one', present, { address: present }],
    ['not in effect, another waits', 'the one that waits', waiting, { address: waiting }],
    ['not in effect, another waits', 'a new one', other, { address: other }],
  ])('%s; asked for is %s', (state, _, asked, expected) => {
    const before: Contact = { ...contact, ...fields(states[state]) }
    const after = changedContact(before, ask(asked), origin)
    if (expected === unchanged) expect(after).toBe(before)
    else expect(after).toEqual({ ...before, ...fields(expected), ...changed })
  })

  test('leaves the other kind of address as it is, in effect and with one that waits', () => {
    const whole: Contact = {
      ...contact,
      emailVerifyDate: proved,
      phoneVerifyDate: proved,
      pendingEmailAddress: 'waiting@example.com',
      pendingPhoneNumber: '86-13900000002',
    }
    const after = changedContact(whole, ask(other), origin)
    expect(after).toEqual({
      ...whole,
      ...fields({ address: present, verifyDate: proved, pending: other }),
      ...changed,
    })
  })
})

describe('a phone number that is taken away', () => {
  const { phoneNumber: _, ...without } = contact

  test.each<[string, Partial<Contact>]>([
    ['in effect, nothing waits', { phoneVerifyDate: proved }],
    ['in effect, another waits', { phoneVerifyDate: proved, pendingPhoneNumber: '86-13900000002' }],
    ['not in effect, nothing waits', {}],
    ['not in effect, another waits', { pendingPhoneNumber: '86-13900000002' }],
  ])('is gone with all that belongs to it: %s', (_, state) => {
    expect(changedContact({ ...contact, ...state }, { phoneNumber: null }, origin)).toEqual({ ...without, ...changed })
  })

  test('changes nothing where there was none', () => {
    expect(changedContact(without, { phoneNumber: null }, origin)).toBe(without)
  })

  test('leaves the mail address in effect, and what waits behind it', () => {
    const mail = { emailVerifyDate: proved, pendingEmailAddress: 'waiting@example.com' }
    expect(changedContact({ ...contact, ...mail }, { phoneNumber: null }, origin)).toEqual({
      ...without,
      ...mail,
      ...changed,
    })
  })

  test('may be given again, and is then not in effect', () => {
    expect(changedContact(without, { phoneNumber: '86-13900000003' }, origin)).toEqual({
      ...without,
      ...changed,
      phoneNumber: '86-13900000003',
    })
  })
})

describe('whatever the contact and the change', () => {
  const emails = fc.constantFrom('a@example.com', 'b@example.com', 'c@example.com')
  const phones = fc.constantFrom('86-13900000001', '86-13900000002', '86-13900000003')
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
  const names = fc.constantFrom('Tom', 'Tim')
  const titles = fc.constantFrom<Contact['title'][]>('CEO', 'OTHER')
  const messageTypes = fc.constantFrom<Contact['messageTypes'][]>(
    ['FAULT_MESSAGE'],
    ['FAULT_MESSAGE', 'PRODUCT_MESSAGE'],
  )
  const anyContact: fc.Arbitrary<Contact> = fc
    .record({
      name: names,
      emailAddress: emails,
      phoneNumber: maybe(phones),
      title: titles,
      messageTypes,
      emailVerifyDate: maybe(fc.constant(proved)),
      phoneVerifyDate: maybe(fc.constant(proved)),
      pendingEmailAddress: maybe(emails),
      pendingPhoneNumber: maybe(phones),
      revision: fc.integer({ min: 1, max: 1000 }),
    })
    .map((said) => ({ ...contact, ...said }))
  const anyChange: fc.Arbitrary<Change> = fc.record({
    name: maybe(names),
    emailAddress: maybe(emails),
    phoneNumber: maybe(fc.option(phones)),
    title: maybe(titles),
    messageTypes: maybe(messageTypes),
  })
  const holds = (rule: (before: Contact, after: Contact, change: Change) => void) =>
    fc.assert(
      fc.property(anyContact, anyChange, (before, change) =>
        rule(before, changedContact(before, change, origin), change),
      ),
      { numRuns: 1000 },
    )

  test('an address in effect stays so, but for a number that is taken away', () => {
    holds((before, after, { phoneNumber }) => {
      if (before.emailVerifyDate)
        expect(after).toMatchObject({ emailVerifyDate: proved, emailAddress: before.emailAddress })
      if (before.phoneVerifyDate && phoneNumber !== null)
        expect([after.phoneVerifyDate, after.phoneNumber]).toEqual([proved, before.phoneNumber])
      if (phoneNumber !== null && statusOf(before) === 'ACTIVE') expect(statusOf(after)).toBe('ACTIVE')
    })
  })

  test('no address comes into effect by a change', () => {
    holds((before, after) => {
      if (!before.emailVerifyDate) expect(after.emailVerifyDate).toBeUndefined()
      if (!before.phoneVerifyDate) expect(after.phoneVerifyDate).toBeUndefined()
    })
  })

  test('an address that was asked for is there, in its place or waiting for it', () => {
    holds((_, after, { emailAddress, phoneNumber }) => {
      if (emailAddress) expect([after.emailAddress, after.pendingEmailAddress]).toContain(emailAddress)
      if (phoneNumber) expect([after.phoneNumber, after.pendingPhoneNumber]).toContain(phoneNumber)
    })
  })

  test('the same change again changes nothing', () => {
    holds((_, after, change) => {
      expect(changedContact(after, change, { requestId: 'CALL-3', now: new Date(0) })).toBe(after)
    })
  })

  test('it is the very same contact, or one revision further and different in something that is shown', () => {
    const shown = ({ updateDate, revision, changeRequestId, ...others }: Contact) => others
    holds((before, after) => {
      if (after === before) return
      expect(shown(after)).not.toEqual(shown(before))
      expect(after).toMatchObject({ ...changed, revision: before.revision + 1 })
    })
  })

  test('its id, directory, place, beginning, token and hash stay', () => {
    holds((_, after) => {
      const { _id, directoryId, slot, createDate, clientToken, requestHash } = contact
      expect(after).toMatchObject({ _id, directoryId, slot, createDate, clientToken, requestHash })
    })
  })
})
