import { describe, expect, test } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import {
  cancelledUpdate,
  confirmedContact,
  startedVerification,
  type Target,
  waitingOf,
} from '../../src/contacts/verification.js'
import { failureOf } from './parsing.js'
import {
  before,
  changed,
  contactWith,
  later,
  mailAddress,
  now,
  origin,
  phoneNumber,
  verificationWith,
  written,
} from './proving.js'

const rules = { validMs: 1_800_000, tries: 5, triesPerDay: 3 }
const dayMs = 86_400_000
const mail: Target = { channel: 'EMAIL', address: mailAddress }
const phone: Target = { channel: 'PHONE', address: phoneNumber }
const notFound = { type: 'messagecontacts.v1.MessageContact', name: 'c-1' }

/** Contacts of which an address waits, by where it stands. */
const waiting: readonly (readonly [string, Target, Partial<Contact>])[] = [
  ['a mail address that was added', mail, {}],
  ['a phone number that was added', phone, {}],
  [
    'a mail address behind another',
    { ...mail, address: 'new@example.com' },
    { emailVerifyDate: before, pendingEmailAddress: 'new@example.com' },
  ],
  [
    'a phone number behind another',
    { ...phone, address: '86-13900009999' },
    { phoneVerifyDate: before, pendingPhoneNumber: '86-13900009999' },
  ],
]
/** Targets that wait for nothing. */
const idle: readonly (readonly [string, Target, Partial<Contact>])[] = [
  ['an address in effect', mail, { emailVerifyDate: before }],
  [
    'an address in effect with another behind it',
    mail,
    { emailVerifyDate: before, pendingEmailAddress: 'new@example.com' },
  ],
  ['an address that never was there', { ...mail, address: 'else@example.com' }, {}],
  ['an address that is spelled otherwise', { ...mail, address: 'Tom@example.com' }, {}],
  ['an address of the other kind', { ...phone, address: mailAddress }, {}],
  ['a number of a contact that has none', phone, { phoneNumber: undefined }],
]
const fieldOf = ({ channel }: Target) => (channel === 'EMAIL' ? 'emailVerification' : 'phoneVerification')

describe('a verification that starts', () => {
  const start = (contact: Contact, target: Target) =>
    startedVerification(contact, target, 'fedcba9876543210', origin, rules)

  test.each(waiting)('for %s is queued with all tries, valid from now, unseen by callers', (_, target, fields) => {
    const contact = contactWith(fields)
    expect(start(contact, target)).toEqual({
      ...contact,
      ...written,
      deliveryDueDate: now,
      [fieldOf(target)]: {
        id: 'fedcba9876543210',
        sendDate: now,
        expireDate: later(now, rules.validMs),
        triesLeft: 5,
        deliveryState: 'QUEUED',
        attempts: 0,
        dueDate: now,
      },
    })
  })

  test('ends the code before, with its tries and its message', () => {
    const contact = contactWith({
      emailVerification: verificationWith({ triesLeft: 0, deliveryState: 'FAILED', attempts: 9 }),
    })
    expect(start(contact, mail).emailVerification).toMatchObject({ id: 'fedcba9876543210', triesLeft: 5, attempts: 0 })
  })

  test('leaves the other kind of address alone, and is due with whichever is due first', () => {
    const phoneVerification = verificationWith({ deliveryState: 'QUEUED', dueDate: later(now, -5) })
    const started = start(contactWith({ phoneVerification }), mail)
    expect(started).toMatchObject({ phoneVerification, deliveryDueDate: later(now, -5) })
  })

  test.each(idle)('for %s is refused', (_, target, fields) => {
    const { reason, facts } = failureOf(() => start(contactWith(fields), target))
    expect({ reason, facts }).toEqual({
      reason: 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION',
      facts: { resource: notFound },
    })
  })
})

describe('a right code', () => {
  const confirm = (contact: Contact, target: Target) => confirmedContact(contact, target, () => true, origin, rules)

  test.each(waiting)(
    'puts %s into effect, in place of the one before, and is worth nothing after',
    (_, target, fields) => {
      const contact = contactWith({ ...fields, [fieldOf(target)]: verificationWith() })
      const isMail = target.channel === 'EMAIL'
      expect(confirm(contact, target)).toEqual({
        contact: {
          ...contact,
          ...changed,
          ...(isMail
            ? { emailAddress: target.address, emailVerifyDate: now, pendingEmailAddress: undefined }
            : { phoneNumber: target.address, phoneVerifyDate: now, pendingPhoneNumber: undefined }),
          [fieldOf(target)]: undefined,
        },
      })
    },
  )

  test('counts also with the last try, and just before it expires', () => {
    const emailVerification = verificationWith({ triesLeft: 1, expireDate: later(now, 1) })
    expect(confirm(contactWith({ emailVerification }), mail)).toMatchObject({ contact: { emailVerifyDate: now } })
  })

  test('counts while its message still waits, which is sent no more', () => {
    const emailVerification = verificationWith({ deliveryState: 'QUEUED', dueDate: now })
    const { contact } = confirm(contactWith({ emailVerification, deliveryDueDate: now }), mail)
    expect(contact.deliveryDueDate).toBeUndefined()
  })

  test.each(idle)('for %s is refused', (_, target, fields) => {
    const contact = contactWith({ ...fields, emailVerification: verificationWith() })
    expect(failureOf(() => confirm(contact, target)).reason).toBe('ENTITY_NOT_EXISTS_CONTACT_VERIFICATION')
  })

  test('is refused where no code was asked for', () => {
    expect(failureOf(() => confirm(contactWith(), mail)).facts).toEqual({ resource: notFound })
  })
})

describe('a code that is not asked about', () => {
  const asked = (contact: Contact) =>
    failureOf(() => confirmedContact(contact, mail, () => expect.fail('it was compared'), origin, rules))
  const told = (contact: Contact) => {
    const { reason, facts } = asked(contact)
    return { reason, facts }
  }

  test('has expired', () => {
    for (const expireDate of [now, later(now, -1)])
      expect(told(contactWith({ emailVerification: verificationWith({ expireDate }) }))).toEqual({
        reason: 'VERIFICATION_CODE_EXPIRED',
        facts: { precondition: 'c-1' },
      })
  })

  test('has no tries left', () => {
    expect(told(contactWith({ emailVerification: verificationWith({ triesLeft: 0 }) }))).toEqual({
      reason: 'VERIFICATION_TRIES_USED_UP',
      facts: { precondition: 'c-1' },
    })
  })

  test('is one too many for the contact in a day, however new it is; when there is a try again is told', () => {
    const wrongCodeDates = [later(now, 1 - dayMs), later(now, -2), later(now, -1)]
    const quota = { subject: 'contact', setting: 'VERIFICATION_TRIES_PER_DAY', limit: 3 }
    expect(told(contactWith({ emailVerification: verificationWith(), wrongCodeDates }))).toEqual({
      reason: 'VERIFICATION_TRIES_PER_DAY',
      facts: { quota, retryAfterMs: 1 },
    })
  })
})

describe('a wrong code', () => {
  const confirm = (contact: Contact, target = mail) => confirmedContact(contact, target, () => false, origin, rules)

  test.each(waiting)('for %s costs a try although it is refused, and callers see no change', (_, target, fields) => {
    const contact = contactWith({ ...fields, [fieldOf(target)]: verificationWith() })
    const { contact: after, refuse } = confirm(contact, target)
    expect(after).toEqual({
      ...contact,
      ...written,
      [fieldOf(target)]: verificationWith({ triesLeft: 4 }),
      wrongCodeDates: [now],
    })
    expect({ reason: refuse?.reason, facts: refuse?.facts }).toEqual({
      reason: 'VERIFICATION_CODE_WRONG',
      facts: { precondition: 'c-1', triesLeft: 4 },
    })
  })

  test('of the last try leaves none', () => {
    const emailVerification = verificationWith({ triesLeft: 1 })
    expect(confirm(contactWith({ emailVerification })).refuse?.facts.triesLeft).toBe(0)
  })

  test('is remembered with as many before it as a day may have, of all codes', () => {
    const wrongCodeDates = [later(now, -3 * dayMs), later(now, -dayMs), later(now, -5)]
    const emailVerification = verificationWith()
    expect(
      confirm(contactWith({ emailVerification, wrongCodeDates: wrongCodeDates.slice(1) })).contact.wrongCodeDates,
    ).toEqual([...wrongCodeDates.slice(1), now])
    expect(confirm(contactWith({ emailVerification, wrongCodeDates })).contact.wrongCodeDates).toEqual([
      ...wrongCodeDates.slice(1),
      now,
    ])
  })
})

describe('an update that is cancelled', () => {
  const pending = {
    emailVerifyDate: before,
    pendingEmailAddress: 'new@example.com',
    emailVerification: verificationWith(),
    phoneVerifyDate: before,
    pendingPhoneNumber: '86-13900009999',
    phoneVerification: verificationWith(),
  }
  const [newMail, newPhone] = [
    { ...mail, address: 'new@example.com' },
    { ...phone, address: '86-13900009999' },
  ]
  const noMail = { pendingEmailAddress: undefined, emailVerification: undefined }
  const noPhone = { pendingPhoneNumber: undefined, phoneVerification: undefined }

  test.each([
    ['the mail address', [newMail], noMail],
    ['the phone number', [newPhone], noPhone],
    ['both', [newMail, newPhone], { ...noMail, ...noPhone }],
  ])('loses %s, with its code, and nothing that is in effect', (_, targets, gone) => {
    const contact = contactWith(pending)
    expect(cancelledUpdate(contact, targets, origin)).toEqual({ ...contact, ...changed, ...gone })
  })

  test.each<[string, Partial<Contact>, readonly Target[]]>([
    ['nothing waits', { emailVerifyDate: before }, [newMail]],
    ['another one waits', pending, [mail]],
    ['the only address of the contact waits', {}, [mail]],
    ['one of two does not wait', { ...pending, pendingPhoneNumber: undefined }, [newMail, newPhone]],
  ])('is refused where %s', (_, fields, targets) => {
    const { reason, facts } = failureOf(() => cancelledUpdate(contactWith(fields), targets, origin))
    expect({ reason, facts }).toEqual({ reason: 'CONTACT_STATUS_MISMATCH_ACTION', facts: { precondition: 'c-1' } })
  })
})

describe('what waits', () => {
  const emailVerification = verificationWith()
  test.each<[string, Partial<Contact>, readonly (Target & { verification?: unknown })[]]>([
    ['both, at first', {}, [mail, phone]],
    ['with the code for it', { emailVerification }, [{ ...mail, verification: emailVerification }, phone]],
    ['the number, once the mail address is in effect', { emailVerifyDate: before }, [phone]],
    [
      'what stands behind an address in effect',
      { emailVerifyDate: before, pendingEmailAddress: 'new@example.com', phoneVerifyDate: before },
      [{ ...mail, address: 'new@example.com' }],
    ],
    ['nothing, once both are in effect', { emailVerifyDate: before, phoneVerifyDate: before }, []],
    ['no number that is not there', { phoneNumber: undefined }, [mail]],
  ])('is %s', (_, fields, expected) => {
    expect(waitingOf(contactWith(fields))).toEqual(expected.map((target) => ({ contactId: 'c-1', ...target })))
  })
})
