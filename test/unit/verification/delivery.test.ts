import { describe, expect, test } from 'vitest'
import type { Verification } from '../../../src/addresses/address.js'
import type { Contact } from '../../../src/contacts/contact.js'
import { maxSendMs, SendError, type SendResult } from '../../../src/messaging/message.js'
import { type Claim, channelOf, claimDelivery, leaseMs, recordDelivery } from '../../../src/verification/delivery.js'
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

const queued = (changes: Partial<Verification> = {}) =>
  verificationWith({ deliveryState: 'QUEUED', attempts: 0, dueDate: now, ...changes })
const emailWith = (verification: Verification | undefined) => ({ address: emailAddress, verification })
const phoneWith = (verification: Verification | undefined) => ({ address: phoneNumber, verification })
const unchanged = { kind: 'unchanged' }

test('an email address is reached by email, a phone number by SMS', () => {
  expect([channelOf('email'), channelOf('phone')]).toEqual(['email', 'sms'])
})

test('the lease of a claim is longer than any attempt to send, with at least ten seconds to store the result', () => {
  expect(leaseMs - maxSendMs).toBeGreaterThanOrEqual(10_000)
})

describe('a claim', () => {
  test('is of a message that is due, which nobody else can claim until the lease ends', () => {
    const contact = contactWith({ email: emailWith(queued()) })
    const verification = queued({ attempts: 1, dueDate: later(now, leaseMs) })
    expect(claimDelivery(contact, now)).toEqual({
      kind: 'write',
      contact: { ...contact, email: emailWith(verification) },
      isVisible: false,
      result: { kind: 'email', address: emailAddress, verification, isExpired: false },
    })
    const claimed = { ...contact, email: emailWith(verification) }
    expect(claimDelivery(claimed, later(now, leaseMs - 1))).toEqual(unchanged)
    expect(claimDelivery(claimed, later(now, leaseMs))).toMatchObject({ result: { verification: { attempts: 2 } } })
  })

  test('is for the pending address, not for the verified one', () => {
    const email = { ...emailWith(queued()), verifyDate: before, pending: 'new@example.com' }
    expect(claimDelivery(contactWith({ email }), now)).toMatchObject({
      contact: { email: { address: emailAddress, verifyDate: before, pending: 'new@example.com' } },
      result: { address: 'new@example.com' },
    })
  })

  test('is of one message at a time: the other one stays due', () => {
    const first = claimDelivery(contactWith({ email: emailWith(queued()), phone: phoneWith(queued()) }), now)
    expect(first).toMatchObject({ result: { kind: 'email' }, contact: { phone: phoneWith(queued()) } })
    expect(claimDelivery(contactAfter(first), now)).toMatchObject({ result: { kind: 'phone', address: phoneNumber } })
  })

  test.each<[string, Partial<Contact>]>([
    ['no code was requested', {}],
    ['the message is sent', { email: emailWith(verificationWith()) }],
    ['it is not due yet', { email: emailWith(queued({ dueDate: later(now, 1) })) }],
    ['the contact has no phone number', { phone: undefined }],
    ['the address is verified', { email: { ...emailWith(queued()), verifyDate: before } }],
  ])('is not made if %s', (_, changes) => {
    expect(claimDelivery(contactWith(changes), now)).toEqual(unchanged)
  })

  test('of an expired code is not to be sent: it has failed', () => {
    const contact = contactWith({ email: emailWith(queued({ expireDate: now, attempts: 7 })) })
    const verification = queued({ expireDate: now, attempts: 7, deliveryState: 'FAILED', dueDate: undefined })
    expect(claimDelivery(contact, now)).toEqual({
      kind: 'write',
      contact: { ...contact, email: emailWith(verification) },
      isVisible: false,
      result: { kind: 'email', address: emailAddress, verification, isExpired: true },
    })
  })

  test('of a code that expires a millisecond later is to be sent', () => {
    const contact = contactWith({ email: emailWith(queued({ expireDate: later(now, 1) })) })
    expect(claimDelivery(contact, now)).toMatchObject({ result: { isExpired: false } })
  })
})

describe('the result of a delivery', () => {
  const cause = new SendError(450)
  const retry: SendResult = { kind: 'retry', cause }
  const failed: SendResult = { kind: 'failed', cause }
  const sent: SendResult = { kind: 'sent' }
  const claimed = (attempts = 1, changes: Partial<Verification> = {}) =>
    queued({ attempts, dueDate: later(now, leaseMs), ...changes })
  const claimOf = (verification: Verification): Claim => ({
    kind: 'email',
    address: emailAddress,
    verification,
    isExpired: false,
  })
  /** The decision if the contact's verification is `stored` when the result of a claim is known. */
  const record = (result: SendResult, claim = claimed(), stored: Verification | undefined = claim) =>
    recordDelivery(contactWith({ email: emailWith(stored) }), claimOf(claim), result, now)
  const written = (verification: Verification) => ({
    kind: 'write',
    contact: contactWith({ email: emailWith(verification) }),
    isVisible: false,
    result: verification,
  })

  test('sent: no further attempt is due', () => {
    expect(record(sent)).toEqual(written(claimed(1, { deliveryState: 'SENT', dueDate: undefined })))
  })

  test('failed: no further attempt is due', () => {
    expect(record(failed)).toEqual(written(claimed(1, { deliveryState: 'FAILED', dueDate: undefined })))
  })

  test.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 32_000],
    [7, 60_000],
    [50, 60_000],
  ])('retry after attempt %i: due again in %i ms', (attempts, waitMs) => {
    expect(record(retry, claimed(attempts))).toEqual(written(claimed(attempts, { dueDate: later(now, waitMs) })))
  })

  test.each([
    [500, 1000],
    [90_000, 90_000],
  ])('retry not earlier than %i ms, as the receiver asked: due again in %i ms', (afterMs, waitMs) => {
    expect(record({ ...retry, afterMs })).toEqual(written(claimed(1, { dueDate: later(now, waitMs) })))
  })

  test('retry when the code will have expired: failed', () => {
    const resultWith = (expireDate: Date) => record(retry, claimed(1, { expireDate }))
    const [expired, valid] = [later(now, 1000), later(now, 1001)]
    expect(resultWith(expired)).toEqual(
      written(claimed(1, { expireDate: expired, deliveryState: 'FAILED', dueDate: undefined })),
    )
    expect(resultWith(valid)).toEqual(written(claimed(1, { expireDate: valid, dueDate: later(now, 1000) })))
  })

  test.each<[string, Contact]>([
    ['the address was verified', contactWith({ email: { address: emailAddress, verifyDate: before } })],
    ['another code was requested', contactWith({ email: emailWith(claimed(1, { id: 'fedcba9876543210' })) })],
    [
      'it is recorded already',
      contactWith({ email: emailWith(claimed(1, { deliveryState: 'SENT', dueDate: undefined })) }),
    ],
  ])('changes nothing if %s', (_, contact) => {
    expect(recordDelivery(contact, claimOf(claimed()), sent, now)).toEqual(unchanged)
  })

  test('changes nothing if the phone number was removed', () => {
    const claim: Claim = { kind: 'phone', address: phoneNumber, verification: claimed(), isExpired: false }
    expect(recordDelivery(contactWith({ phone: undefined }), claim, sent, now)).toEqual(unchanged)
  })

  test('of a claim whose lease has ended changes nothing unless the message was sent', () => {
    const [first, second] = [claimed(1), claimed(2)]
    expect(record(retry, first, second)).toEqual(unchanged)
    expect(record(failed, first, second)).toEqual(unchanged)
    expect(record(sent, first, second)).toEqual(written(claimed(2, { deliveryState: 'SENT', dueDate: undefined })))
  })
})
