import { describe, expect, test } from 'vitest'
import type { Contact, Verification } from '../../src/contacts/contact.js'
import { type Claim, claimedContact, deliveredContact, leaseMs, type Outcome } from '../../src/contacts/delivery.js'
import { before, contactWith, later, mailAddress, now, phoneNumber, verificationWith } from './proving.js'

const queued = (otherwise: Partial<Verification> = {}) =>
  verificationWith({ deliveryState: 'QUEUED', attempts: 0, dueDate: now, ...otherwise })
const step = { version: 1, changeRequestId: 'STEP-1' }

describe('a claim', () => {
  const claim = (contact: Contact) => claimedContact(contact, 'STEP-1', now)

  test('is of what is due, and nobody else has it until it has run out', () => {
    const contact = contactWith({ emailVerification: queued(), deliveryDueDate: now })
    const verification = queued({ attempts: 1, dueDate: later(now, leaseMs) })
    expect(claim(contact)).toEqual({
      contact: { ...contact, ...step, emailVerification: verification, deliveryDueDate: later(now, leaseMs) },
      claim: { channel: 'EMAIL', address: mailAddress, verification },
    })
  })

  test('is of the address that waits, not of the one in effect', () => {
    const emailVerification = queued()
    const contact = contactWith({ emailVerification, emailVerifyDate: before, pendingEmailAddress: 'new@example.com' })
    expect(claim(contact).claim?.address).toBe('new@example.com')
  })

  test('is of one message at a time: the other stays due', () => {
    const contact = contactWith({ emailVerification: queued(), phoneVerification: queued() })
    const first = claim(contact)
    expect(first).toMatchObject({ claim: { channel: 'EMAIL' }, contact: { deliveryDueDate: now } })
    expect(claimedContact(first.contact, 'STEP-2', now).claim).toMatchObject({ channel: 'PHONE', address: phoneNumber })
  })

  test.each<[string, Partial<Contact>]>([
    ['nothing was asked for', {}],
    ['it was sent', { emailVerification: verificationWith() }],
    ['it is not yet due', { emailVerification: queued({ dueDate: later(now, 1) }) }],
    ['there is no number any more', { phoneNumber: undefined, phoneVerification: queued() }],
  ])('there is none where %s: the very same contact', (_, fields) => {
    const contact = contactWith(fields)
    expect(claim(contact)).toEqual({ contact })
    expect(claim(contact).contact).toBe(contact)
  })

  test('of what has expired is none: it has failed', () => {
    const contact = contactWith({ emailVerification: queued({ expireDate: now, attempts: 7 }), deliveryDueDate: now })
    const verification = queued({ expireDate: now, attempts: 7, deliveryState: 'FAILED', dueDate: undefined })
    expect(claim(contact)).toEqual({
      contact: { ...contact, ...step, emailVerification: verification, deliveryDueDate: undefined },
      late: { channel: 'EMAIL', address: mailAddress, verification },
    })
  })
})

describe('what became of a message', () => {
  const claimed = (attempts = 1, otherwise: Partial<Verification> = {}) =>
    queued({ attempts, dueDate: later(now, leaseMs), ...otherwise })
  const become = (outcome: Outcome, verification = claimed(), present: Verification | undefined = verification) => {
    const contact = contactWith({ emailVerification: present })
    const claim: Claim = { channel: 'EMAIL', address: mailAddress, verification }
    const delivered = deliveredContact(contact, claim, outcome, 'STEP-1', now)
    return delivered === contact ? 'unchanged' : delivered
  }

  test('sent: nothing is due any more', () => {
    expect(become({ kind: 'sent' })).toEqual({
      ...contactWith(),
      ...step,
      emailVerification: claimed(1, { deliveryState: 'SENT', dueDate: undefined }),
    })
  })

  test('failed for good: nothing is due any more', () => {
    expect(become({ kind: 'failed' })).toMatchObject({
      emailVerification: { deliveryState: 'FAILED', dueDate: undefined },
    })
  })

  test.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 32_000],
    [7, 60_000],
    [50, 60_000],
  ])('to be tried again after attempt %i: in %i ms', (attempts, waitMs) => {
    expect(become({ kind: 'again' }, claimed(attempts))).toMatchObject({
      emailVerification: { deliveryState: 'QUEUED', attempts, dueDate: later(now, waitMs) },
      deliveryDueDate: later(now, waitMs),
    })
  })

  test.each([
    [500, 1000],
    [90_000, 90_000],
  ])('to be tried again not before %i ms, as the receiver said: in %i ms', (afterMs, waitMs) => {
    expect(become({ kind: 'again', afterMs })).toMatchObject({ emailVerification: { dueDate: later(now, waitMs) } })
  })

  test('to be tried again when its code will have expired: it has failed', () => {
    const outcomes = [later(now, 1000), later(now, 1001)].map((expireDate) =>
      become({ kind: 'again' }, claimed(1, { expireDate })),
    )
    expect(outcomes).toMatchObject([
      { emailVerification: { deliveryState: 'FAILED', dueDate: undefined } },
      { emailVerification: { deliveryState: 'QUEUED' } },
    ])
  })

  test.each<[string, Verification | undefined]>([
    ['the address was proved', undefined],
    ['another code was asked for', claimed(1, { id: 'fedcba9876543210' })],
    ['it is marked already', claimed(1, { deliveryState: 'SENT', dueDate: undefined })],
  ])('is of no account where %s meanwhile', (_, present) => {
    const contact = contactWith({ emailVerification: present })
    const claim: Claim = { channel: 'EMAIL', address: mailAddress, verification: claimed() }
    expect(deliveredContact(contact, claim, { kind: 'sent' }, 'STEP-1', now)).toBe(contact)
  })

  test('counts from a claim that has run out only where it was sent', () => {
    expect(become({ kind: 'again' }, claimed(1), claimed(2))).toBe('unchanged')
    expect(become({ kind: 'failed' }, claimed(1), claimed(2))).toBe('unchanged')
    expect(become({ kind: 'sent' }, claimed(1), claimed(2))).toMatchObject({
      emailVerification: { deliveryState: 'SENT', attempts: 2 },
    })
  })
})
