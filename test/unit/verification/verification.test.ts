import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/addresses/address.js'
import type { Contact } from '../../../src/contacts/contact.js'
import type { VerificationSettings } from '../../../src/verification/settings.js'
import { confirmVerification, startVerification, type Target } from '../../../src/verification/verification.js'
import {
  before,
  contactAfter,
  contactWith,
  emailAddress,
  later,
  now,
  phoneNumber,
  verificationWith,
} from '../../support/contacts-in-states.js'
import { failureOf } from '../../support/failure-of.js'

const dayMs = 86_400_000
const settings: VerificationSettings = {
  VERIFICATION_SECRETS: [],
  VERIFICATION_CODE_TTL_SECONDS: 1800,
  VERIFICATION_MAX_ATTEMPTS: 5,
  VERIFICATION_MAX_ATTEMPTS_PER_DAY: 3,
  EMAILS_PER_DIRECTORY_PER_DAY: 100,
  SMS_PER_DIRECTORY_PER_DAY: 100,
  MESSAGES_PER_ADDRESS_PER_DAY: 20,
  MESSAGES_PER_ADDRESS_PER_MINUTE: 10,
}
const email: Target = { kind: 'email', address: emailAddress }
const phone: Target = { kind: 'phone', address: phoneNumber }
const newEmail: Target = { kind: 'email', address: 'new@example.com' }
const newPhone: Target = { kind: 'phone', address: '86-13900009999' }
const unverified = { email: { address: emailAddress }, phone: { address: phoneNumber } }
const verified = {
  email: { address: emailAddress, verifyDate: before },
  phone: { address: phoneNumber, verifyDate: before },
}
const replaced = {
  email: { ...verified.email, pending: newEmail.address },
  phone: { ...verified.phone, pending: newPhone.address },
}
const notFound = {
  reason: 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION',
  context: { resource: { type: 'messagecontacts.v1.MessageContact', name: 'c-1' } },
}

/** What each kind of address to verify looks like. */
const toVerify: readonly (readonly [string, Target, Address])[] = [
  ['a mail address that was added', email, unverified.email],
  ['a phone number that was added', phone, unverified.phone],
  ['a pending mail address', newEmail, replaced.email],
  ['a pending phone number', newPhone, replaced.phone],
]
/** Targets that are not to be verified. */
const notToVerify: readonly (readonly [string, Target, Partial<Contact>])[] = [
  ['a verified address', email, { email: verified.email }],
  ['a verified address that has a pending one', email, { email: replaced.email }],
  ['an address that the contact does not have', { ...email, address: 'else@example.com' }, {}],
  ['an address in another case', { ...email, address: 'Tom@example.com' }, {}],
  ['an address of the other kind', { ...phone, address: emailAddress }, {}],
  ['a phone number of a contact that has none', phone, { phone: undefined }],
]

const refusalOf = (act: () => unknown) => {
  const { reason, context } = failureOf(act)
  return { reason, context }
}

describe('a verification that starts', () => {
  const start = (contact: Contact, target: Target) =>
    startVerification(contact, target, { id: 'fedcba9876543210' }, now, settings)
  const verificationFor = (address: string) => ({
    id: 'fedcba9876543210',
    address,
    sendDate: now,
    expireDate: later(now, 1_800_000),
    attemptsRemaining: 5,
    deliveryState: 'QUEUED',
    attempts: 0,
    dueDate: now,
  })

  test.each(toVerify)('for %s is due at once, with all attempts, and not visible', (_, target, address) => {
    const contact = contactWith({ [target.kind]: address })
    const verification = verificationFor(target.address)
    expect(start(contact, target)).toEqual({
      kind: 'write',
      contact: { ...contact, [target.kind]: { ...address, verification, superseded: [] } },
      isVisible: false,
      result: verification,
    })
  })

  test('replaces the verification before, with its attempts and its message', () => {
    const previous = verificationWith({ attemptsRemaining: 0, deliveryState: 'FAILED', attempts: 9 })
    const contact = contactWith({ email: { ...unverified.email, verification: previous } })
    expect(start(contact, email)).toMatchObject({
      contact: { email: { ...unverified.email, verification: verificationFor(emailAddress) } },
    })
  })

  test('does not change the other address', () => {
    const queued = verificationWith({ address: phoneNumber, deliveryState: 'QUEUED', dueDate: later(now, -5) })
    const other = { ...unverified.phone, verification: queued }
    expect(start(contactWith({ phone: other }), email)).toMatchObject({ contact: { phone: other } })
  })

  test.each(notToVerify)('for %s is refused', (_, target, changes) => {
    expect(refusalOf(() => start(contactWith(changes), target))).toEqual(notFound)
  })
})

describe('a correct code', () => {
  const confirm = (contact: Contact, target: Target) =>
    confirmVerification(contact, target, ({ id }) => id === '0123456789abcdef', now, settings)

  test.each(toVerify)('verifies %s, which replaces the one before, and cannot be used again', (_, target, address) => {
    const verification = verificationWith({ address: target.address })
    const contact = contactWith({ [target.kind]: { ...address, verification } })
    expect(confirm(contact, target)).toEqual({
      kind: 'write',
      contact: { ...contact, [target.kind]: { address: target.address, verifyDate: now } },
      isVisible: true,
    })
  })

  test('is accepted as the last attempt, and until it expires', () => {
    const verification = verificationWith({ attemptsRemaining: 1, expireDate: later(now, 1) })
    const contact = contactWith({ email: { ...unverified.email, verification } })
    expect(contactAfter(confirm(contact, email)).email).toEqual({ address: emailAddress, verifyDate: now })
  })

  test('is accepted before its message was sent, which is then not due any more', () => {
    const verification = verificationWith({ deliveryState: 'QUEUED', dueDate: now })
    const contact = contactWith({ email: { ...unverified.email, verification } })
    expect(contactAfter(confirm(contact, email)).email).toEqual({ address: emailAddress, verifyDate: now })
  })

  test('leaves the dates of earlier incorrect codes', () => {
    const incorrectCodeDates = [later(now, -5)]
    const contact = contactWith({
      email: { ...unverified.email, verification: verificationWith() },
      incorrectCodeDates,
    })
    expect(confirm(contact, email)).toMatchObject({ contact: { incorrectCodeDates } })
  })

  test.each(notToVerify)('for %s is refused', (_, target, changes) => {
    const contact = contactWith(changes)
    const withVerification = { ...contact, email: { ...contact.email, verification: verificationWith() } }
    expect(refusalOf(() => confirm(withVerification, target))).toEqual(notFound)
  })

  test('is refused if no code was requested', () => {
    expect(refusalOf(() => confirm(contactWith(), email))).toEqual(notFound)
  })

  test('is refused if it was sent to another address, which the contact had before', () => {
    const verification = verificationWith({ address: 'before@example.com' })
    expect(refusalOf(() => confirm(contactWith({ email: { ...unverified.email, verification } }), email))).toEqual(
      notFound,
    )
  })
})

describe('a code is refused without a comparison', () => {
  const refusal = (changes: Partial<ReturnType<typeof verificationWith>>, incorrectCodeDates?: readonly Date[]) => {
    const contact = contactWith({
      email: { ...unverified.email, verification: verificationWith(changes) },
      incorrectCodeDates,
    })
    const isCorrect = () => expect.fail('the code was compared')
    return refusalOf(() => confirmVerification(contact, email, isCorrect, now, settings))
  }
  const tooManyToday = [later(now, 1 - dayMs), later(now, -2), later(now, -1)]
  const perDay = {
    reason: 'VERIFICATION_ATTEMPTS_PER_DAY',
    context: {
      quota: { subject: 'contact', setting: 'VERIFICATION_MAX_ATTEMPTS_PER_DAY', limit: 3 },
      retryAfterMs: 1,
    },
  }
  const expired = { reason: 'VERIFICATION_CODE_EXPIRED', context: { precondition: 'c-1' } }

  test('if it has expired', () => {
    for (const expireDate of [now, later(now, -1)]) expect(refusal({ expireDate })).toEqual(expired)
  })

  test('if no attempt remains', () => {
    expect(refusal({ attemptsRemaining: 0 })).toEqual({
      reason: 'VERIFICATION_ATTEMPTS_EXHAUSTED',
      context: { precondition: 'c-1' },
    })
  })

  test('if the contact had the maximum of incorrect codes in a day, with the time until the next attempt', () => {
    expect(refusal({}, tooManyToday)).toEqual(perDay)
  })

  test('if another process with a higher maximum accepted more of them', () => {
    const dates = [later(now, 5 - dayMs), ...tooManyToday]
    expect(refusal({}, dates)).toEqual(perDay)
    expect(refusal({}, [...dates, now])).toEqual({
      ...perDay,
      context: { ...perDay.context, retryAfterMs: dayMs - 2 },
    })
  })

  test('for the maximum in a day first, then because it has expired, then because no attempt remains', () => {
    expect(refusal({ expireDate: now, attemptsRemaining: 0 }, tooManyToday)).toEqual(perDay)
    expect(refusal({ expireDate: now, attemptsRemaining: 0 })).toEqual(expired)
  })
})

describe('an incorrect code', () => {
  const confirm = (contact: Contact, target = email) => {
    const decision = confirmVerification(contact, target, () => false, now, settings)
    return decision.kind === 'write' ? decision : expect.fail('nothing is written')
  }
  const withVerification = (changes = {}) => ({ ...unverified.email, verification: verificationWith(changes) })

  test.each(toVerify)('for %s costs an attempt although it is refused, and is not visible', (_, target, address) => {
    const verification = verificationWith({ address: target.address })
    const contact = contactWith({ [target.kind]: { ...address, verification } })
    const { refusal, ...decision } = confirm(contact, target)
    expect(decision).toEqual({
      kind: 'write',
      contact: {
        ...contact,
        [target.kind]: { ...address, verification: { ...verification, attemptsRemaining: 4 } },
        incorrectCodeDates: [now],
      },
      isVisible: false,
    })
    expect({ reason: refusal?.reason, context: refusal?.context }).toEqual({
      reason: 'VERIFICATION_CODE_INCORRECT',
      context: { precondition: 'c-1', attemptsRemaining: 4 },
    })
  })

  test('leaves no attempt if it was the last one', () => {
    const { refusal } = confirm(contactWith({ email: withVerification({ attemptsRemaining: 1 }) }))
    expect(refusal?.context.attemptsRemaining).toBe(0)
  })

  test('is counted with those before it, of all codes, that are not older than a day and not in the future', () => {
    const counted = [later(now, 1 - dayMs), later(now, 5000)]
    const datesAfter = (incorrectCodeDates: readonly Date[]) =>
      confirm(contactWith({ email: withVerification(), incorrectCodeDates })).contact.incorrectCodeDates
    expect(datesAfter(counted)).toEqual([...counted, now])
    expect(datesAfter([later(now, -3 * dayMs), later(now, -dayMs), ...counted, later(now, 5001)])).toEqual([
      ...counted,
      now,
    ])
  })

  test('counts for the contact as long as a day, to the millisecond', () => {
    const dates = [later(now, -dayMs), later(now, -2), later(now, -1)]
    expect(confirm(contactWith({ email: withVerification(), incorrectCodeDates: dates })).kind).toBe('write')
  })
})
