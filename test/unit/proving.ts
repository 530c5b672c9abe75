import { type Contact, newContact, type Verification } from '../../src/contacts/contact.js'

export const before = new Date('2026-01-02T03:04:05.678Z')
export const now = new Date('2026-02-03T04:05:06.789Z')
export const origin = { requestId: 'CALL-2', now }
export const later = (date: Date, ms: number) => new Date(date.getTime() + ms)
export const mailAddress = 'tom@example.com'
export const phoneNumber = '86-13900001234'

/** A contact at its beginning, but for what is given. */
export function contactWith(otherwise: Partial<Contact> = {}): Contact {
  const details = { name: 'Tom', emailAddress: mailAddress, phoneNumber, title: 'CEO', messageTypes: [] } as const
  return { ...newContact(details, { contactId: 'c-1', directoryId: 'rd-1', now: before }), slot: 7, ...otherwise }
}

/** A code that was sent a minute ago and is valid for half an hour, but for what is given. */
export function verificationWith(otherwise: Partial<Verification> = {}): Verification {
  return {
    id: '0123456789abcdef',
    sendDate: later(now, -60_000),
    expireDate: later(now, 29 * 60_000),
    triesLeft: 5,
    deliveryState: 'SENT',
    attempts: 1,
    ...otherwise,
  }
}

/** What every write leaves behind that callers do not see. */
export const written = { version: 1, changeRequestId: 'CALL-2' }
/** And what it leaves behind where they do. */
export const changed = { ...written, revision: 2, updateDate: now }
