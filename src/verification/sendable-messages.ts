import type { AddressKind, Verification } from '../addresses/address.js'
import type { Sender } from '../messaging/sender.js'
import { channelOf } from './delivery.js'

/** How many printed messages are looked for together. */
const maxIds = 100

/** The message of a verification of one of a contact's addresses. */
export interface SendableMessage {
  readonly contactId: string
  readonly kind: AddressKind
  readonly verification: Pick<Verification, 'id' | 'expireDate'>
}

/** Which messages this process can send: those of the channels that are configured, and to print, those that were requested here. */
export class SendableMessages {
  readonly #sender: Pick<Sender, 'missingSetting' | 'isPrinted'>
  /** What is to be printed, by contact and kind: a later message replaces the one before. */
  readonly #toPrint = new Map<string, SendableMessage>()

  constructor(sender: Pick<Sender, 'missingSetting' | 'isPrinted'>) {
    this.#sender = sender
  }

  /** A message that was requested in this process. */
  add(message: SendableMessage): void {
    if (this.#sender.isPrinted(channelOf(message.kind))) this.#putLast(message)
  }

  /** A message that is sent, or has failed. */
  delete(message: SendableMessage): void {
    if (this.#isToPrint(message)) this.#toPrint.delete(keyOf(message))
  }

  has(message: SendableMessage): boolean {
    const channel = channelOf(message.kind)
    if (this.#sender.missingSetting(channel) !== undefined) return false
    return !this.#sender.isPrinted(channel) || this.#isToPrint(message)
  }

  /**
   * Of which verifications of a kind to look for messages at `now`; undefined means all. Of many that are to be printed each has its turn: one
   * that cannot be sent any more, because its contact was changed or removed meanwhile, stays until its code expires, and must not hide others.
   */
  nextIds(kind: AddressKind, now: Date): readonly string[] | undefined {
    const channel = channelOf(kind)
    if (this.#sender.missingSetting(channel) !== undefined) return []
    if (!this.#sender.isPrinted(channel)) return undefined
    for (const message of this.#toPrint.values()) if (message.verification.expireDate <= now) this.delete(message)
    const next = [...this.#toPrint.values()].filter((message) => message.kind === kind).slice(0, maxIds)
    for (const message of next) this.#putLast(message)
    return next.map(({ verification }) => verification.id)
  }

  #putLast(message: SendableMessage): void {
    this.#toPrint.delete(keyOf(message))
    this.#toPrint.set(keyOf(message), message)
  }

  #isToPrint(message: SendableMessage): boolean {
    return this.#toPrint.get(keyOf(message))?.verification.id === message.verification.id
  }
}

const keyOf = ({ contactId, kind }: SendableMessage) => `${contactId} ${kind}`
