import type { DeliveryState } from '../gen/messagecontacts/v1/message_contact_pb.js'

/** A contact has one address of each kind, or none. The names are those of the contact's fields. */
export type AddressKind = 'email' | 'phone'
export const addressKinds: readonly AddressKind[] = ['email', 'phone']

/** One of a contact's addresses: verified, or not; and if it is, perhaps another one that is to replace it. */
export interface Address {
  readonly address: string
  /** When its owner verified it. Absent while it is not in effect. */
  readonly verifyDate?: Date | undefined
  /** A new address that replaces `address` once it is verified. Only beside a verified address. */
  readonly pending?: string | undefined
  /** The verification of the address to verify. Absent until a code is requested. */
  readonly verification?: Verification | undefined
  /** The verifications of the same address before that one, the latest ones: their codes are recognized, but not accepted. */
  readonly superseded?: readonly SupersededVerification[] | undefined
}

/** A verification that was replaced by a newer one. */
export type SupersededVerification = Pick<Verification, 'id' | 'address' | 'expireDate'>

/** A code that was requested, and the delivery of the message that carries it. */
export interface Verification {
  /** 16 random hexadecimal digits. Together with a secret they give the code, which is not stored. */
  readonly id: string
  /** The address that it verifies. It is worth nothing for another one. */
  readonly address: string
  readonly sendDate: Date
  readonly expireDate: Date
  /** How many more incorrect codes are accepted. */
  readonly attemptsRemaining: number
  readonly deliveryState: Exclude<keyof typeof DeliveryState, 'UNSPECIFIED' | 'NOT_SENT'>
  /** How many attempts to deliver the message were begun. */
  readonly attempts: number
  /** True if an earlier attempt ended without a clear answer, or is still in progress: the message may have arrived. */
  readonly mayHaveArrived?: boolean | undefined
  /** When the next attempt is due; during an attempt, when its lease ends. Absent if no further attempt is needed. */
  readonly dueDate?: Date | undefined
  /** The span of the Send, in the form of the header `traceparent`: the delivery is linked to it. Absent if the Send was not traced. */
  readonly traceparent?: string | undefined
}

/** The address that needs verification: the pending one, or `address` itself while it is not verified. */
export const addressToVerify = ({ address, verifyDate, pending }: Address): string | undefined =>
  verifyDate ? pending : address

/** The verification of the address to verify. One that is for another address counts as none. */
export function verificationOf(address: Address): Verification | undefined {
  const { verification } = address
  return verification && verification.address === addressToVerify(address) ? verification : undefined
}

/**
 * An address after a caller set it to `requested`. Beside a verified address a new one becomes pending; an unverified address is replaced.
 * The address in effect, requested again, changes nothing: a form that sends all fields back must not drop a verification in progress.
 * A verification stays only with the address that it is for. The same object if nothing changes.
 */
export function changedAddress(current: Address | undefined, requested: string): Address {
  if (!current) return { address: requested }
  const { address, verifyDate, pending } = current
  if (requested === address || (verifyDate && requested === pending)) return current
  return verifyDate ? { address, verifyDate, pending: requested } : { address: requested }
}
