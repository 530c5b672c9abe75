import {
  type Address,
  type AddressKind,
  addressKinds,
  addressToVerify,
  type Verification,
} from '../addresses/address.js'
import type { Contact, Decision } from '../contacts/contact.js'
import { verificationNotFound } from '../contacts/refusals.js'
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
  verificationId: string,
  now: Date,
  settings: VerificationSettings,
): Decision<Verification> {
  const address = requireAddressToVerify(contact, target)
  const verification: Verification = {
    id: verificationId,
    sendDate: now,
    expireDate: addMs(now, settings.VERIFICATION_CODE_TTL_SECONDS * 1000),
    attemptsRemaining: settings.VERIFICATION_MAX_ATTEMPTS,
    deliveryState: 'QUEUED',
    attempts: 0,
    dueDate: now,
  }
  const after = { ...contact, [target.kind]: { ...address, verification } }
  return { kind: 'write', contact: after, isVisible: false, result: verification }
}

/** The contact's address of that kind, if the target is to be verified there. */
export function requireAddressToVerify(contact: Contact, { kind, address }: Target): Address {
  const found = contact[kind]
  if (!found || addressToVerify(found) !== address) throw verificationNotFound(contact._id)
  return found
}

/**
 * Applies a code: a correct one puts the address into effect, instead of the one that was verified before; an incorrect one costs an attempt.
 * `isCorrect` compares the code with that of a verification id; it is not called if no attempt remains.
 */
export function confirmVerification(
  contact: Contact,
  target: Target,
  isCorrect: (verificationId: string) => boolean,
  now: Date,
  settings: VerificationSettings,
): Decision {
  const address = requireAddressToVerify(contact, target)
  const { verification } = address
  if (!verification) throw verificationNotFound(contact._id)
  requireAttempt(contact, verification, now, settings)
  if (isCorrect(verification.id)) {
    const verified: Address = { address: target.address, verifyDate: now }
    return { kind: 'write', contact: { ...contact, [target.kind]: verified }, isVisible: true }
  }
  const attemptsRemaining = verification.attemptsRemaining - 1
  const after = {
    ...contact,
    [target.kind]: { ...address, verification: { ...verification, attemptsRemaining } },
    incorrectCodeDates: [...(contact.incorrectCodeDates ?? []), now].slice(-settings.VERIFICATION_MAX_ATTEMPTS_PER_DAY),
  }
  const refusal = new Failure('VERIFICATION_CODE_INCORRECT', { precondition: contact._id, attemptsRemaining })
  return { kind: 'write', contact: after, isVisible: false, refusal }
}

/** Throws if the day's attempts are used up, if the code has expired, or if its attempts are used up. */
function requireAttempt(
  { _id, incorrectCodeDates = [] }: Contact,
  { expireDate, attemptsRemaining }: Verification,
  now: Date,
  { VERIFICATION_MAX_ATTEMPTS_PER_DAY: limit }: VerificationSettings,
): void {
  // The first of as many incorrect codes as a day may have: until it is a day old, there is no further attempt.
  const first = incorrectCodeDates.at(-limit)
  const retryAfterMs = first === undefined ? 0 : first.getTime() + dayMs - now.getTime()
  if (retryAfterMs > 0) {
    const setting: keyof VerificationSettings = 'VERIFICATION_MAX_ATTEMPTS_PER_DAY'
    throw new Failure('VERIFICATION_ATTEMPTS_PER_DAY', { quota: { subject: 'contact', setting, limit }, retryAfterMs })
  }
  if (expireDate <= now) throw new Failure('VERIFICATION_CODE_EXPIRED', { precondition: _id })
  if (attemptsRemaining <= 0) throw new Failure('VERIFICATION_ATTEMPTS_EXHAUSTED', { precondition: _id })
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
    return address === undefined ? [] : [{ contactId: contact._id, kind, address, verification: found?.verification }]
  })
}
