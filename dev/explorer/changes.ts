import type { Change } from './reference.js'

/** What changed for the callers of each operation, the newest first. A test compares it with the contract and CHANGELOG.md. */

const released020 = { version: '0.2.0', date: '2026-11-28' } as const
const released010 = { version: '0.1.0', date: '2026-11-24' } as const

const added = (operation: string, text: string): Change => ({ ...released020, operation, kind: 'added', text })
const changed = (operation: string, text: string): Change => ({
  version: 'unreleased',
  operation,
  kind: 'changed',
  text,
})

export const changes: readonly Change[] = [
  changed(
    'ConfirmMessageContactVerification',
    'An earlier code of the same address is refused with VERIFICATION_CODE_SUPERSEDED, and costs no attempt. Codes are accepted as people paste them.',
  ),
  changed(
    'UpdateMessageContact',
    'Setting an address to its current value no longer drops a pending one. An update that names no field is refused with INVALID_PARAMETER_UPDATE_MASK.',
  ),
  changed(
    'AddMessageContact',
    'Message types keep the order of the caller. Phone numbers without SMS, such as fixed lines, are refused.',
  ),
  added('GetMessageContact', 'Reads one contact.'),
  added('ListMessageContacts', 'Lists contacts page by page, with filters.'),
  added('UpdateMessageContact', 'Changes a contact, with an update mask and an etag.'),
  added('DeleteMessageContact', 'Deletes a contact.'),
  added('SendEmailVerificationForMessageContact', 'Sends a code to a pending mail address.'),
  added('SendPhoneVerificationForMessageContact', 'Sends a code to a pending phone number.'),
  added('ConfirmMessageContactVerification', 'Verifies a pending address with its code.'),
  added('CancelMessageContactUpdate', 'Drops addresses that are pending behind verified ones.'),
  added('ListMessageContactVerifications', 'Lists the pending addresses of a contact.'),
  {
    ...released020,
    operation: 'AddMessageContact',
    kind: 'changed',
    text: 'The reasons OUT_OF_TIME and CALLER_UNKNOWN are now DEADLINE_EXCEEDED and UNAUTHENTICATED.',
  },
  {
    ...released010,
    operation: 'AddMessageContact',
    kind: 'added',
    text: 'Adds a contact to the directory of the caller.',
  },
]
