import { type AddressKind, addressKinds, addressToVerify, type Verification } from '../addresses/address.js'
import type { Contact, Decision } from '../contacts/contact.js'
import { type Channel, maxSendMs, type SendResult } from '../messaging/message.js'
import { addMs } from '../time.js'

/**
 * A process that claimed a message and does not report the result for so long has failed, and another one sends it. In milliseconds.
 * Longer than any attempt to send, so that a running attempt keeps its claim, with time to store the result.
 */
export const leaseMs = maxSendMs + 15_000

/** The wait between attempts, in milliseconds: the first, twice as long each time, up to the maximum. */
const firstWaitMs = 1000
const maxWaitMs = 60_000

/** The channel that reaches an address. */
export const channelOf = (kind: AddressKind): Channel => (kind === 'email' ? 'email' : 'sms')

/** A message that one process has claimed in order to send it. */
export interface Claim {
  readonly kind: AddressKind
  readonly address: string
  readonly verification: Verification
  /** The code had expired already: the message has failed and must not be sent. */
  readonly isExpired: boolean
}

/** Claims one of the contact's messages that are due at `now`. The result is the claim. */
export function claimDelivery(contact: Contact, now: Date): Decision<Claim> {
  for (const kind of addressKinds) {
    const found = contact[kind]
    const address = found && addressToVerify(found)
    const verification = found?.verification
    if (address === undefined || !verification?.dueDate || verification.dueDate > now) continue
    const isExpired = verification.expireDate <= now
    const claimed: Verification = isExpired
      ? { ...verification, deliveryState: 'FAILED', dueDate: undefined }
      : { ...verification, attempts: verification.attempts + 1, dueDate: addMs(now, leaseMs) }
    return {
      kind: 'write',
      contact: { ...contact, [kind]: { ...found, verification: claimed } },
      isVisible: false,
      result: { kind, address, verification: claimed, isExpired },
    }
  }
  return { kind: 'unchanged' }
}

/** Records the result of a claimed delivery. The result of the decision is the verification after it. */
export function recordDelivery(contact: Contact, claim: Claim, result: SendResult, now: Date): Decision<Verification> {
  const found = contact[claim.kind]
  const verification = found?.verification
  if (verification?.id !== claim.verification.id || verification.deliveryState !== 'QUEUED')
    return { kind: 'unchanged' }
  // Another process has claimed it since. A message that was sent was sent nevertheless.
  if (verification.attempts !== claim.verification.attempts && result.kind !== 'sent') return { kind: 'unchanged' }
  const after = { ...verification, ...stateAfter(verification, result, now) }
  return {
    kind: 'write',
    contact: { ...contact, [claim.kind]: { ...found, verification: after } },
    isVisible: false,
    result: after,
  }
}

function stateAfter(
  { attempts, expireDate }: Verification,
  result: SendResult,
  now: Date,
): Pick<Verification, 'deliveryState' | 'dueDate'> {
  if (result.kind === 'sent') return { deliveryState: 'SENT', dueDate: undefined }
  const waitMs = Math.min(firstWaitMs * 2 ** (attempts - 1), maxWaitMs)
  const dueDate = addMs(now, result.kind === 'retry' ? Math.max(waitMs, result.afterMs ?? 0) : 0)
  return result.kind === 'failed' || dueDate >= expireDate
    ? { deliveryState: 'FAILED', dueDate: undefined }
    : { deliveryState: 'QUEUED', dueDate }
}
