import { describe, expect, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { cancelUpdate, pendingVerifications, type Target } from '../../../src/verification/verification.js'
import { before, contactWith, emailAddress, phoneNumber, verificationWith } from '../../support/contacts-in-states.js'
import { failureOf } from '../../support/failure-of.js'

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
const refusalOf = (act: () => unknown) => {
  const { reason, context } = failureOf(act)
  return { reason, context }
}

describe('an update that is cancelled', () => {
  const contact = contactWith({
    email: { ...replaced.email, verification: verificationWith() },
    phone: { ...replaced.phone, verification: verificationWith() },
  })

  test.each<[string, readonly Target[], Partial<Contact>]>([
    ['the pending mail address', [newEmail], { email: verified.email }],
    ['the pending phone number', [newPhone], { phone: verified.phone }],
    ['both', [newEmail, newPhone], verified],
  ])('drops %s with its verification, and nothing that is verified', (_, targets, after) => {
    expect(cancelUpdate(contact, targets)).toEqual({
      kind: 'write',
      contact: { ...contact, ...after },
      isVisible: true,
    })
  })

  test.each<[string, Partial<Contact>, readonly Target[]]>([
    ['nothing is pending', { email: verified.email }, [newEmail]],
    ['another address is pending', { email: replaced.email }, [email]],
    ['the only address of the contact is to be verified', {}, [email]],
    ['the contact has no phone number', { phone: undefined }, [newPhone]],
    ['one of two is not pending', { email: replaced.email, phone: verified.phone }, [newEmail, newPhone]],
  ])('is refused if %s', (_, changes, targets) => {
    expect(refusalOf(() => cancelUpdate(contactWith(changes), targets))).toEqual({
      reason: 'CONTACT_STATUS_MISMATCH_ACTION',
      context: { precondition: 'c-1' },
    })
  })
})

describe('the pending verifications of a contact', () => {
  const verification = verificationWith()
  const queued = verificationWith({ id: 'fedcba9876543210', address: phoneNumber })

  test.each<[string, Partial<Contact>, readonly (Target & { verification?: unknown })[]]>([
    ['both addresses at first', {}, [email, phone]],
    [
      'each with the verification that was requested for it',
      { email: { ...unverified.email, verification }, phone: { ...unverified.phone, verification: queued } },
      [
        { ...email, verification },
        { ...phone, verification: queued },
      ],
    ],
    [
      'without a verification that was requested for another address',
      { email: { ...unverified.email, verification: queued } },
      [email, phone],
    ],
    ['the phone number once the mail address is verified', { email: verified.email }, [phone]],
    ['the pending address beside a verified one', { email: replaced.email, phone: verified.phone }, [newEmail]],
    ['none once both are verified', verified, []],
    ['no phone number if there is none', { phone: undefined }, [email]],
  ])('are %s', (_, changes, expected) => {
    const pending = expected.map((target) => ({ contactId: 'c-1', verification: undefined, ...target }))
    expect(pendingVerifications(contactWith(changes))).toEqual(pending)
  })
})
