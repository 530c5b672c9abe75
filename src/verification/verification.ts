import {
  type Address,
  type AddressKind,
  addressKinds,
  addressToVerify,
  type SupersededVerification,
  type Verification,
  verificationOf,
} from '../addresses/address.js'
import type { Contact, Decision } from '../contacts/contact.js'
import { verificationNotFound } from '../contacts/refusals.js'
import { maxAheadMs } from '../database/clock.js'
import { Failure } from '../errors/failure.js'
import { addMs, dayMs } from '../time.js'
import type { VerificationSettings } from './settings.js'

/** One of a contact's addresses, by its kind and its value. */
export interface Target {
  readonly kind: AddressKind
  /** In the form in which contacts store it. */
  readonly address: string
}

/**
 * Starts a verification, whose message is to be sent at once; it replaces the one before. Its result is the new verification.
 * Throws ENTITY_NOT_EXISTS_CONTACT_VERIFICATION if the target is not an address to verify.
 */
export function startVerification(
  contact: Contact,
  target: Target,
  { id, traceparent }: Pick<Verification, 'id' | 'traceparent'>,
  now: Date,
  settings: VerificationSettings,
): Decision<Verification> {
  const address = requireAddressToVerify(contact, target)
  const verification: Verification = {
    id,
    address: target.address,
    sendDate: now,
    expireDate: addMs(now, settings.VERIFICATION_CODE_TTL_SECONDS * 1000),
    attemptsRemaining: settings.VERIFICATION_MAX_ATTEMPTS,
    deliveryState: 'QUEUED',
    attempts: 0,
    dueDate: now,
    traceparent,
  }
  const superseded = supersededBy(address)
  const after = { ...contact, [target.kind]: { ...address, verification, superseded } }
  return { kind: 'write', contact: after, isVisible: false, result: verification }
}

/** How many superseded codes of an address are recognized. */
const maxSuperseded = 3

/** What a new verification of the address supersedes. */
function supersededBy(found: Address): readonly SupersededVerification[] {
  const { superseded = [] } = found
  const verification = verificationOf(found)
  if (!verification) return superseded
  const { id, address, expireDate } = verification
  return [...superseded, { id, address, expireDate }].slice(-maxSuperseded)
}

/** The contact's address of that kind, if the target is to be verified there. */
export function requireAddressToVerify(contact: Contact, { kind, address }: Target): Address {
  const found = contact[kind]
  if (!found || addressToVerify(found) !== address) throw verificationNotFound(contact._id)
  return found
}

/**
 * Applies a code: a correct one puts the address into effect, instead of the one that was verified before; an incorrect one costs an attempt.
 * The code of a superseded verification costs none, and verifies nothing: who guesses it gains one attempt, and learns only that it is useless.
 * `isCorrect` compares the code with that of a verification; it is not called if no attempt remains.
 */
export function confirmVerification(
  contact: Contact,
  target: Target,
  isCorrect: (verification: SupersededVerification) => boolean,
  now: Date,
  settings: VerificationSettings,
): Decision {
  const address = requireAddressToVerify(contact, target)
  const verification = verificationOf(address)
  if (!verification) throw verificationNotFound(contact._id)
  requireAttempt(contact, verification, now, settings)
  // All are compared, so that the time does not tell which one matches.
  const isSuperseded = supersededCodes(address, now).map(isCorrect).includes(true)
  if (isCorrect(verification)) {
    const verified: Address = { address: target.address, verifyDate: now }
    return { kind: 'write', contact: { ...contact, [target.kind]: verified }, isVisible: true }
  }
  if (isSuperseded) throw new Failure('VERIFICATION_CODE_SUPERSEDED', { precondition: contact._id })
  const attemptsRemaining = verification.attemptsRemaining - 1
  const after = {
    ...contact,
    [target.kind]: { ...address, verification: { ...verification, attemptsRemaining } },
    incorrectCodeDates: [...countedDates(contact, now), now],
  }
  const refusal = new Failure('VERIFICATION_CODE_INCORRECT', { precondition: contact._id, attemptsRemaining })
  return { kind: 'write', contact: after, isVisible: false, refusal }
}

const supersededCodes = ({ superseded = [] }: Address, now: Date) =>
  superseded.filter(({ expireDate }) => expireDate > now)

/** Throws if the day's attempts are used up, if the code has expired, or if its attempts are used up. */
function requireAttempt(
  contact: Contact,
  { expireDate, attemptsRemaining }: Verification,
  now: Date,
  { VERIFICATION_MAX_ATTEMPTS_PER_DAY: limit }: VerificationSettings,
): void {
  const { _id } = contact
  // The first of as many incorrect codes as a day may have: until it is a day old, there is no further attempt.
  const first = countedDates(contact, now).at(-limit)
  const retryAfterMs = first === undefined ? 0 : first.getTime() + dayMs - now.getTime()
  if (retryAfterMs > 0) {
    const setting: keyof VerificationSettings = 'VERIFICATION_MAX_ATTEMPTS_PER_DAY'
    throw new Failure('VERIFICATION_ATTEMPTS_PER_DAY', { quota: { subject: 'contact', setting, limit }, retryAfterMs })
  }
  if (expireDate <= now) throw new Failure('VERIFICATION_CODE_EXPIRED', { precondition: _id })
  if (attemptsRemaining <= 0) throw new Failure('VERIFICATION_ATTEMPTS_EXHAUSTED', { precondition: _id })
}

/** When the incorrect codes of the last day were given. Not only as many as the limit, which may be higher in another process. */
function countedDates({ incorrectCodeDates = [] }: Contact, now: Date): readonly Date[] {
  return incorrectCodeDates.filter((date) => date > addMs(now, -dayMs) && date <= addMs(now, maxAheadMs))
}

/** Drops pending addresses. Throws CONTACT_STATUS_MISMATCH_ACTION if a target is not the pending address of its kind. */
export function cancelUpdate(contact: Contact, targets: readonly Target[]): Decision {
  const remaining = targets.map(({ kind, address }) => {
    const found = contact[kind]
    if (!found || found.pending !== address)
      throw new Failure('CONTACT_STATUS_MISMATCH_ACTION', { precondition: contact._id })
    return [kind, { address: found.address, verifyDate: found.verifyDate }] as const
  })
  return { kind: 'write', contact: { ...contact, ...Object.fromEntries(remaining) }, isVisible: true }
}

/** An address to verify, and its verification if a code was requested. */
export interface PendingVerification extends Target {
  readonly contactId: string
  readonly verification: Verification | undefined
}

/** All addresses of a contact that are to be verified, the mail address first. */
export function pendingVerifications(contact: Contact): readonly PendingVerification[] {
  return addressKinds.flatMap((kind) => {
    const found = contact[kind]
    const address = found && addressToVerify(found)
    if (!found || address === undefined) return []
    return [{ contactId: contact._id, kind, address, verification: verificationOf(found) }]
  })
}
