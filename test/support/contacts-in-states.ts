import { expect } from 'vitest'
import type { Verification } from '../../src/addresses/address.js'
import type { WriteStamp } from '../../src/calls/write-stamp.js'
import { type Contact, type Decision, newContact } from '../../src/contacts/contact.js'

export const before = new Date('2026-01-02T03:04:05.678Z')
export const now = new Date('2026-02-03T04:05:06.789Z')
export const emailAddress = 'tom@example.com'
export const phoneNumber = '86-13900001234'

/** Who wrote the contacts of these tests last. */
const stamp: WriteStamp = { requestId: 'CALL-1', operation: 'AddMessageContact', caller: 'rd-1', date: before }

/** A contact as it was added, without verified addresses, except for what is given. */
export function contactWith(changes: Partial<Contact> = {}): Contact {
  const fields = { name: 'Tom', emailAddress, phoneNumber, title: 'CEO', messageTypes: [] } as const
  const options = { contactId: 'c-1', directoryId: 'rd-1', now: before, clientToken: undefined }
  return { ...newContact(fields, options), slot: 7, lastWrite: stamp, ...changes }
}

/** A verification of the mail address whose code was sent a minute ago and is valid for half an hour, except for what is given. */
export function verificationWith(changes: Partial<Verification> = {}): Verification {
  return {
    id: '0123456789abcdef',
    address: emailAddress,
    sendDate: later(now, -60_000),
    expireDate: later(now, 29 * 60_000),
    attemptsRemaining: 5,
    deliveryState: 'SENT',
    attempts: 1,
    ...changes,
  }
}

export const later = (date: Date, ms: number): Date => new Date(date.getTime() + ms)

/** The contact that a decision writes. Fails if it writes nothing. */
export function contactAfter(decision: Decision<unknown>): Contact {
  return decision.kind === 'write' ? decision.contact : expect.fail('nothing is written')
}
