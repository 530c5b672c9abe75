import { describe, expect, test } from 'vitest'
import type { Verification } from '../../../src/addresses/address.js'
import { type Contact, deliveryDueDateOf } from '../../../src/contacts/contact.js'
import { maxSendMs, type RetryResult, SendError, type SendResult } from '../../../src/messaging/message.js'
import {
  type CanSend,
  type Claim,
  channelOf,
  claimDelivery,
  leaseMs,
  recordDelivery,
} from '../../../src/verification/delivery.js'
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
const queuedSms = () => queued({ address: phoneNumber })
const phoneWith = (verification: Verification | undefined) => ({ address: phoneNumber, verification })
const skip = { kind: 'skip' }
/** This process can send every message. */
const all: CanSend = () => true
const none: CanSend = () => false
/** A contact with a due date that agrees with its verifications, as it is stored. */
const storedWith = (changes: Partial<Contact>): Contact => {
  const contact = contactWith(changes)
  return { ...contact, deliveryDueDate: deliveryDueDateOf(contact) }
}

test('an email address is reached by email, a phone number by SMS', () => {
  expect([channelOf('email'), channelOf('phone')]).toEqual(['email', 'sms'])
})

test('the lease of a claim is longer than any attempt to send, with at least ten seconds to store the result', () => {
  expect(leaseMs - maxSendMs).toBeGreaterThanOrEqual(10_000)
})

describe('a claim', () => {
  test('is of a message that is due, which nobody else can claim until the lease ends', () => {
    const contact = storedWith({ email: emailWith(queued()) })
    const verification = queued({ attempts: 1, mayHaveArrived: true, dueDate: later(now, leaseMs) })
    expect(claimDelivery(contact, now, all)).toEqual({
      kind: 'write',
      contact: { ...contact, email: emailWith(verification) },
      isVisible: false,
      result: { kind: 'email', verification, mayHaveArrived: false, isExpired: false },
    })
    const claimed = storedWith({ email: emailWith(verification) })
    expect(claimDelivery(claimed, later(now, leaseMs - 1), all)).toEqual(skip)
    expect(claimDelivery(claimed, later(now, leaseMs), all)).toMatchObject({
      result: { verification: { attempts: 2 } },
    })
  })

  test.each([
    ['may', true],
    ['cannot', false],
  ])(
    'says that the message %s have arrived, as it was stored; until the result is stored, it may have',
    (_, before) => {
      const contact = storedWith({ email: emailWith(queued({ attempts: 3, mayHaveArrived: before })) })
      expect(claimDelivery(contact, now, all)).toMatchObject({
        contact: { email: { verification: { mayHaveArrived: true } } },
        result: { mayHaveArrived: before },
      })
    },
  )

  test('is for the pending address, not for the verified one', () => {
    const pending = 'new@example.com'
    const email = { ...emailWith(queued({ address: pending })), verifyDate: before, pending }
    expect(claimDelivery(storedWith({ email }), now, all)).toMatchObject({
      contact: { email: { address: emailAddress, verifyDate: before, pending } },
      result: { verification: { address: pending } },
    })
  })

  test('is of one message at a time: the other one stays due', () => {
    const first = claimDelivery(storedWith({ email: emailWith(queued()), phone: phoneWith(queuedSms()) }), now, all)
    expect(first).toMatchObject({ result: { kind: 'email' }, contact: { phone: phoneWith(queuedSms()) } })
    expect(claimDelivery(contactAfter(first), now, all)).toMatchObject({
      result: { kind: 'phone', verification: { address: phoneNumber } },
    })
  })

  test('is not of a message that this process cannot send, but of the other one', () => {
    const contact = storedWith({ email: emailWith(queued()), phone: phoneWith(queuedSms()) })
    expect(claimDelivery(contact, now, none)).toEqual(skip)
    const asked: unknown[][] = []
    const onlySms: CanSend = (kind, verification) => {
      asked.push([kind, verification])
      return kind === 'phone'
    }
    expect(claimDelivery(contact, now, onlySms)).toMatchObject({
      contact: { email: emailWith(queued()) },
      result: { kind: 'phone' },
    })
    expect(asked).toEqual([
      ['email', queued()],
      ['phone', queuedSms()],
    ])
  })

  test.each<[string, Partial<Contact>]>([
    ['is later than that of the contact', { email: emailWith(queued({ dueDate: later(now, 1) })) }],
    ['is for another address', { email: emailWith(queued({ address: 'else@example.com' })) }],
    ['is absent', { email: emailWith(verificationWith()) }],
  ])('repairs the due date of a contact where that of its verification %s', (_, changes) => {
    const contact = contactWith({ ...changes, deliveryDueDate: now })
    expect(claimDelivery(contact, now, all)).toEqual({ kind: 'write', contact, isVisible: false })
  })

  test.each<[string, Partial<Contact>]>([
    ['no code was requested', {}],
    ['the message is sent', { email: emailWith(verificationWith()) }],
    ['it is not due yet', { email: emailWith(queued({ dueDate: later(now, 1) })) }],
    ['the contact has no phone number', { phone: undefined }],
    ['the address is verified', { email: { ...emailWith(queued()), verifyDate: before } }],
    ['the code is for another address', { email: emailWith(queued({ address: 'else@example.com' })) }],
  ])('is not made if %s', (_, changes) => {
    expect(claimDelivery(storedWith(changes), now, all)).toEqual(skip)
  })

  test.each([
    ['can', all],
    ['cannot', none],
  ])('of an expired code is not to be sent: it has failed, also where this process %s send it', (_, canSend) => {
    const contact = storedWith({ email: emailWith(queued({ expireDate: now, attempts: 7 })) })
    const verification = queued({ expireDate: now, attempts: 7, deliveryState: 'FAILED', dueDate: undefined })
    expect(claimDelivery(contact, now, canSend)).toEqual({
      kind: 'write',
      contact: { ...contact, email: emailWith(verification) },
      isVisible: false,
      result: { kind: 'email', verification, mayHaveArrived: false, isExpired: true },
    })
  })

  test('of a code that expires a millisecond later is to be sent', () => {
    const contact = storedWith({ email: emailWith(queued({ expireDate: later(now, 1) })) })
    expect(claimDelivery(contact, now, all)).toMatchObject({ result: { isExpired: false } })
  })
})

describe('the result of a delivery', () => {
  const cause = new SendError(450)
  const retry: RetryResult = { kind: 'retry', cause, mayHaveArrived: false }
  const failed: SendResult = { kind: 'failed', cause }
  const sent: SendResult = { kind: 'sent' }
  const claimed = (attempts = 1, changes: Partial<Verification> = {}) =>
    queued({ attempts, mayHaveArrived: true, dueDate: later(now, leaseMs), ...changes })
  const claimOf = (verification: Verification, mayHaveArrived = false): Claim => ({
    kind: 'email',
    verification,
    mayHaveArrived,
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
    const after = claimed(attempts, { dueDate: later(now, waitMs), mayHaveArrived: false })
    expect(record(retry, claimed(attempts))).toEqual(written(after))
  })

  test.each([
    [500, 1000],
    [90_000, 90_000],
  ])('retry not earlier than %i ms, as the receiver asked: due again in %i ms', (afterMs, waitMs) => {
    const after = claimed(1, { dueDate: later(now, waitMs), mayHaveArrived: false })
    expect(record({ ...retry, afterMs })).toEqual(written(after))
  })

  test.each([
    ['before the code expires', 1000, 1001, 1000],
    ['when the code expires', 1000, 1000, 1000],
    ['after the code has expired, as the wait says', 1000, 999, 999],
    ['long after the code has expired, as the receiver asked', 3_600_000, 60_000, 60_000],
  ])('retry %s: queued until then, but not longer than the code is valid', (_, afterMs, validMs, dueMs) => {
    const expireDate = later(now, validMs)
    const after = claimed(1, { expireDate, dueDate: later(now, dueMs), mayHaveArrived: false })
    expect(record({ ...retry, afterMs }, claimed(1, { expireDate }))).toEqual(written(after))
  })

  test('retry that is due when the code expires: no further attempt, the message has failed then and not earlier', () => {
    const expireDate = later(now, 60_000)
    const waiting = contactAfter(record({ ...retry, afterMs: 3_600_000 }, claimed(1, { expireDate })))
    const stored = storedWith({ email: waiting.email })
    expect(claimDelivery(stored, later(expireDate, -1), all)).toEqual(skip)
    expect(claimDelivery(stored, expireDate, all)).toMatchObject({
      contact: { email: { verification: { attempts: 1, deliveryState: 'FAILED', dueDate: undefined } } },
      result: { isExpired: true },
    })
  })

  test.each([
    ['unknown if this one is', false, true, true],
    ['unknown if an earlier one was', true, false, true],
    ['known if all were clear refusals', false, false, false],
  ])('retry: whether the message arrived is %s', (_, before, result, expected) => {
    const contact = contactWith({ email: emailWith(claimed()) })
    const decision = recordDelivery(contact, claimOf(claimed(), before), { ...retry, mayHaveArrived: result }, now)
    expect(contactAfter(decision).email.verification?.mayHaveArrived).toBe(expected)
  })

  test.each<[string, Contact]>([
    ['the address was verified', contactWith({ email: { address: emailAddress, verifyDate: before } })],
    ['another code was requested', contactWith({ email: emailWith(claimed(1, { id: 'fedcba9876543210' })) })],
    [
      'it is recorded already',
      contactWith({ email: emailWith(claimed(1, { deliveryState: 'SENT', dueDate: undefined })) }),
    ],
    ['the address was changed', contactWith({ email: { ...emailWith(claimed()), address: 'else@example.com' } })],
  ])('changes nothing if %s', (_, contact) => {
    expect(recordDelivery(contact, claimOf(claimed()), sent, now)).toEqual(skip)
  })

  test('changes nothing if the phone number was removed', () => {
    const verification = claimed(1, { address: phoneNumber })
    const claim: Claim = { kind: 'phone', verification, mayHaveArrived: false, isExpired: false }
    expect(recordDelivery(contactWith({ phone: undefined }), claim, sent, now)).toEqual(skip)
  })

  test('of a claim whose lease has ended changes nothing unless the message was sent', () => {
    const [first, second] = [claimed(1), claimed(2)]
    expect(record(retry, first, second)).toEqual(skip)
    expect(record(failed, first, second)).toEqual(skip)
    expect(record(sent, first, second)).toEqual(written(claimed(2, { deliveryState: 'SENT', dueDate: undefined })))
  })
})
