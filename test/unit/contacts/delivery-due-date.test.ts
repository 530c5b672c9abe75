import { describe, expect, test } from 'vitest'
import type { Verification } from '../../../src/addresses/address.js'
import { deliveryDueDateOf } from '../../../src/contacts/contact.js'
import {
  contactWith,
  emailAddress,
  later,
  now,
  phoneNumber,
  verificationWith,
} from '../../support/contacts-in-states.js'

describe('the next delivery of a contact is due', () => {
  const due = (ms: number) => verificationWith({ deliveryState: 'QUEUED', dueDate: later(now, ms) })
  const withVerifications = (email?: Verification, phone?: Verification) =>
    deliveryDueDateOf(
      contactWith({
        email: { address: emailAddress, verification: email },
        phone: { address: phoneNumber, verification: phone && { ...phone, address: phoneNumber } },
      }),
    )

  test('never without a verification, without a phone number, or if all messages are sent', () => {
    expect(withVerifications()).toBeUndefined()
    expect(withVerifications(verificationWith(), verificationWith())).toBeUndefined()
    expect(deliveryDueDateOf(contactWith({ phone: undefined }))).toBeUndefined()
  })

  test('at the earliest due date of its verifications', () => {
    expect(withVerifications(due(5))).toEqual(later(now, 5))
    expect(withVerifications(undefined, due(5))).toEqual(later(now, 5))
    expect(withVerifications(due(7), due(5))).toEqual(later(now, 5))
    expect(withVerifications(due(5), due(7))).toEqual(later(now, 5))
    expect(withVerifications(verificationWith(), due(7))).toEqual(later(now, 7))
  })

  test('never for a verification of an address that is not to be verified any more', () => {
    expect(withVerifications({ ...due(5), address: 'else@example.com' })).toBeUndefined()
  })
})
