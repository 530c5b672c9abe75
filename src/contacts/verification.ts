import { Failure } from '../failure.js'
import {
  type Address,
  addressOf,
  type ChangeOrigin,
  type ChannelName,
  type Contact,
  type Decision,
  seen,
  unseen,
  type Verification,
  waitingIn,
  withAddress,
} from './contact.js'
import { verificationNotFound } from './refusals.js'

/** What the operator decides about codes. */
export interface VerificationRules {
  /** How long a code is valid, in milliseconds. */
  readonly validMs: number
  /** How many wrong codes end a code. */
  readonly tries: number
  /** How many wrong codes a contact may be given in any 24 hours, over all its codes. */
  readonly triesPerDay: number
}

/** One of a contact's addresses, named by its kind and by what it is. */
export interface Target {
  readonly channel: ChannelName
  /** As contacts have it. */
  readonly address: string
}

const dayMs = 24 * 60 * 60 * 1000
const after = (date: Date, ms: number) => new Date(date.getTime() + ms)

/** A new code for an address that waits, to be sent at once; it ends the one before. Throws ENTITY_NOT_EXISTS_CONTACT_VERIFICATION where that one does not wait. */
export function startedVerification(
  contact: Contact,
  target: Target,
  verificationId: string,
  { requestId, now }: ChangeOrigin,
  { validMs, tries }: VerificationRules,
): Contact {
  const verification: Verification = {
    id: verificationId,
    sendDate: now,
    expireDate: after(now, validMs),
    triesLeft: tries,
    deliveryState: 'QUEUED',
    attempts: 0,
    dueDate: now,
  }
  const address = { ...waitingAddress(contact, target), verification }
  return unseen(contact, withAddress(contact, target.channel, address), requestId)
}

/** The contact's address of that kind, where it is this one that waits. */
function waitingAddress(contact: Contact, { channel, address }: Target): Address {
  const found = addressOf(contact, channel)
  if (waitingIn(found) !== address) throw verificationNotFound(contact._id)
  return found
}

/**
 * What a code does: the right one puts the address into effect, in place of the one it waited behind; a wrong one costs a try.
 * `isRight` compares it with the code of a verification's id; it is not asked where no try is left.
 */
export function confirmedContact(
  contact: Contact,
  target: Target,
  isRight: (verificationId: string) => boolean,
  origin: ChangeOrigin,
  { triesPerDay }: VerificationRules,
): Decision {
  const { now } = origin
  const address = waitingAddress(contact, target)
  const { verification } = address
  if (!verification) throw verificationNotFound(contact._id)
  const wrong = contact.wrongCodeDates ?? []
  mustHaveTries(contact._id, verification, wrong.at(-triesPerDay), now, triesPerDay)
  if (isRight(verification.id)) {
    const proved = { address: target.address, verifyDate: now, pending: undefined, verification: undefined }
    return { contact: seen(contact, withAddress(contact, target.channel, proved), origin) }
  }
  const triesLeft = verification.triesLeft - 1
  const tried = withAddress(contact, target.channel, { ...address, verification: { ...verification, triesLeft } })
  const wrongCodeDates = [...wrong, now].slice(-triesPerDay)
  return {
    contact: unseen(contact, { ...tried, wrongCodeDates }, origin.requestId),
    refuse: new Failure('VERIFICATION_CODE_WRONG', { precondition: contact._id, triesLeft }),
  }
}

/** `nthLast` is the first of as many wrong codes as a day may have: while it is younger than that, there is no other. */
function mustHaveTries(
  contactId: string,
  { expireDate, triesLeft }: Verification,
  nthLast: Date | undefined,
  now: Date,
  triesPerDay: number,
) {
  const retryAfterMs = nthLast === undefined ? 0 : nthLast.getTime() + dayMs - now.getTime()
  if (retryAfterMs > 0)
    throw new Failure('VERIFICATION_TRIES_PER_DAY', {
      quota: { subject: 'contact', setting: 'VERIFICATION_TRIES_PER_DAY', limit: triesPerDay },
      retryAfterMs,
    })
  if (expireDate <= now) throw new Failure('VERIFICATION_CODE_EXPIRED', { precondition: contactId })
  if (triesLeft <= 0) throw new Failure('VERIFICATION_TRIES_USED_UP', { precondition: contactId })
}

/** Without the addresses that wait behind those in effect. Throws CONTACT_STATUS_MISMATCH_ACTION where one of the targets is none of them. */
export function cancelledUpdate(contact: Contact, targets: readonly Target[], origin: ChangeOrigin): Contact {
  const cancelled = targets.reduce((left, { channel, address }) => {
    const found = addressOf(left, channel)
    if (found.pending !== address) throw new Failure('CONTACT_STATUS_MISMATCH_ACTION', { precondition: contact._id })
    return withAddress(left, channel, { ...found, pending: undefined, verification: undefined })
  }, contact)
  return seen(contact, cancelled, origin)
}

/** An address that waits for its proof, and the code for it where one was asked for. */
export interface Waiting extends Target {
  readonly contactId: string
  readonly verification: Verification | undefined
}

/** All that waits, the mail address first. */
export function waitingOf(contact: Contact): readonly Waiting[] {
  return (['EMAIL', 'PHONE'] as const).flatMap((channel) => {
    const found = addressOf(contact, channel)
    const address = waitingIn(found)
    return address === undefined ? [] : [{ contactId: contact._id, channel, address, verification: found.verification }]
  })
}
