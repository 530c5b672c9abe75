import {
  addressOf,
  type ChannelName,
  type Contact,
  unseen,
  type Verification,
  waitingIn,
  withAddress,
} from './contact.js'

/** How a message with a code fared when it was sent. */
export type Outcome =
  | { readonly kind: 'sent' | 'failed' }
  /** Worth another try, not before `afterMs` milliseconds where the receiver said so. */
  | { readonly kind: 'again'; readonly afterMs?: number | undefined }

/** Whoever has claimed a message and says nothing for so long has failed; another one sends it then. In milliseconds; longer than a sending may take. */
export const leaseMs = 60_000
/** The waits between attempts: one second, twice as long each time, a minute at most. */
const firstWaitMs = 1000
const longestWaitMs = 60_000

/** A message that is to be sent now, by whoever claimed it. */
export interface Claim {
  readonly channel: ChannelName
  readonly address: string
  readonly verification: Verification
}

const after = (date: Date, ms: number) => new Date(date.getTime() + ms)

/** What a look at a contact's due messages leads to. */
export interface Claimed {
  /** The contact with the message claimed; the very same contact where none is due. */
  readonly contact: Contact
  readonly claim?: Claim
  /** The message was due and is not worth sending any more: its code has expired, and so it has failed. */
  readonly late?: Claim
}

/** Claims one of a contact's due messages for the step `stepId`. */
export function claimedContact(contact: Contact, stepId: string, now: Date): Claimed {
  for (const channel of ['EMAIL', 'PHONE'] as const) {
    const found = addressOf(contact, channel)
    const { verification } = found
    const address = waitingIn(found)
    if (!verification?.dueDate || verification.dueDate > now || address === undefined) continue
    const isLate = verification.expireDate <= now
    const next: Verification = isLate
      ? { ...verification, deliveryState: 'FAILED', dueDate: undefined }
      : { ...verification, attempts: verification.attempts + 1, dueDate: after(now, leaseMs) }
    const claim = { channel, address, verification: next }
    const claimed = unseen(contact, withAddress(contact, channel, { ...found, verification: next }), stepId)
    return { contact: claimed, ...(isLate ? { late: claim } : { claim }) }
  }
  return { contact }
}

/** The contact with what became of a claimed message; the very same contact where it is no longer this claim that counts. */
export function deliveredContact(contact: Contact, claim: Claim, outcome: Outcome, stepId: string, now: Date): Contact {
  const address = addressOf(contact, claim.channel)
  const { verification } = address
  if (verification?.id !== claim.verification.id || verification.deliveryState !== 'QUEUED') return contact
  // Somebody else has claimed it since: a message that was sent was sent all the same.
  if (verification.attempts !== claim.verification.attempts && outcome.kind !== 'sent') return contact
  const next = { ...verification, ...stateAfter(verification, outcome, now) }
  return unseen(contact, withAddress(contact, claim.channel, { ...address, verification: next }), stepId)
}

function stateAfter(
  { attempts, expireDate }: Verification,
  outcome: Outcome,
  now: Date,
): Pick<Verification, 'deliveryState' | 'dueDate'> {
  if (outcome.kind === 'sent') return { deliveryState: 'SENT', dueDate: undefined }
  const waitMs = Math.min(firstWaitMs * 2 ** (attempts - 1), longestWaitMs)
  const dueDate = after(now, outcome.kind === 'again' ? Math.max(waitMs, outcome.afterMs ?? 0) : 0)
  return outcome.kind === 'failed' || dueDate >= expireDate
    ? { deliveryState: 'FAILED', dueDate: undefined }
    : { deliveryState: 'QUEUED', dueDate }
}
