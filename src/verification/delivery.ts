import { type AddressKind, addressKinds, type Verification, verificationOf } from '../addresses/address.js'
import { type Contact, type Decision, deliveryDueDateOf } from '../contacts/contact.js'
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
  readonly verification: Verification
  /** An attempt before this one may have delivered the message. */
  readonly mayHaveArrived: boolean
  /** The code had expired already: the message has failed and must not be sent. */
  readonly isExpired: boolean
}

/** Decides whether this process may send a message. */
export type CanSend = (kind: AddressKind, verification: Verification) => boolean

/**
 * Claims one of the contact's messages that are due at `now` and that this process can send; the result is the claim. A message whose code
 * has expired can be claimed by any process. If there is none, but the contact's due date says otherwise, the date is repaired.
 */
export function claimDelivery(contact: Contact, now: Date, canSend: CanSend): Decision<Claim> {
  for (const kind of addressKinds) {
    const found = contact[kind]
    const verification = found && verificationOf(found)
    if (!found || verification?.deliveryState !== 'QUEUED' || !verification.dueDate || verification.dueDate > now)
      continue
    const isExpired = verification.expireDate <= now
    if (!isExpired && !canSend(kind, verification)) continue
    const claimed: Verification = isExpired
      ? { ...verification, deliveryState: 'FAILED', dueDate: undefined }
      : {
          ...verification,
          attempts: verification.attempts + 1,
          // Until the result is recorded: if this process ends before, the message may have been sent.
          mayHaveArrived: true,
          dueDate: addMs(now, leaseMs),
        }
    return {
      kind: 'write',
      contact: { ...contact, [kind]: { ...found, verification: claimed } },
      isVisible: false,
      result: { kind, verification: claimed, mayHaveArrived: verification.mayHaveArrived ?? false, isExpired },
    }
  }
  const isDueDateRight = deliveryDueDateOf(contact)?.getTime() === contact.deliveryDueDate?.getTime()
  return isDueDateRight ? { kind: 'skip' } : { kind: 'write', contact, isVisible: false }
}

/** Records the result of a claimed delivery. The result of the decision is the verification after it. */
export function recordDelivery(contact: Contact, claim: Claim, result: SendResult, now: Date): Decision<Verification> {
  const found = contact[claim.kind]
  const verification = found && verificationOf(found)
  if (!found || verification?.id !== claim.verification.id || verification.deliveryState !== 'QUEUED')
    return { kind: 'skip' }
  // Another process has claimed it since. A message that was sent was sent nevertheless.
  if (verification.attempts !== claim.verification.attempts && result.kind !== 'sent') return { kind: 'skip' }
  const after = { ...verification, ...stateAfter(claim, verification, result, now) }
  return {
    kind: 'write',
    contact: { ...contact, [claim.kind]: { ...found, verification: after } },
    isVisible: false,
    result: after,
  }
}

function stateAfter(
  claim: Claim,
  { attempts, expireDate }: Verification,
  result: SendResult,
  now: Date,
): Pick<Verification, 'deliveryState' | 'dueDate' | 'mayHaveArrived'> {
  if (result.kind !== 'retry') return { deliveryState: finalStates[result.kind], dueDate: undefined }
  const waitMs = Math.min(firstWaitMs * 2 ** (attempts - 1), maxWaitMs)
  const dueDate = addMs(now, Math.max(waitMs, result.afterMs ?? 0))
  const mayHaveArrived = claim.mayHaveArrived || result.mayHaveArrived
  // When the code has expired, the message fails without a further attempt, and not earlier.
  return { deliveryState: 'QUEUED', dueDate: dueDate < expireDate ? dueDate : expireDate, mayHaveArrived }
}

const finalStates = { sent: 'SENT', failed: 'FAILED' } as const
