/** How a message travels. */
export type Channel = 'email' | 'sms'

/** A verification code on its way to the owner of an address. */
export interface CodeMessage {
  readonly channel: Channel
  /** A mail address, or a phone number in the form of contacts, `86-13900001234`. Already validated. */
  readonly to: string
  /** Six digits. */
  readonly code: string
  /** When the code expires. */
  readonly expireDate: Date
  /**
   * The same for every attempt to send this message, so that the receiver can recognize a repetition: the Message-ID of a mail,
   * `{{reference}}` of a text message. Contains only `A-Z a-z 0-9 _ -`.
   */
  readonly reference: string
  /** The contact's name. Not trusted: a name that is not 2 to 12 ASCII letters or Chinese characters is left out. */
  readonly name: string
}

/** The maximum duration of one attempt to send a message, in milliseconds. */
export const maxSendMs = 45_000

/** The result of one attempt to send a message. */
export type SendResult =
  /** The mail server or the gateway accepted it. */
  | { readonly kind: 'sent' }
  /** Worth another attempt, not earlier than `afterMs` milliseconds from now if that is given. It may have arrived nevertheless. */
  | { readonly kind: 'retry'; readonly afterMs?: number; readonly cause: SendError }
  /** Rejected permanently. */
  | { readonly kind: 'failed'; readonly cause: SendError }

/**
 * Why a message was not accepted, as one word: the reply code of the mail server, the HTTP status of the gateway, the code of a failed
 * connection, or a word of ours. Its own text never contains message contents; the text of its cause may.
 */
export class SendError extends Error {
  override readonly name = 'SendError'
  readonly code: number | string

  constructor(code: number | string, options?: ErrorOptions) {
    super(`not sent: ${code}`, options)
    this.code = code
  }
}
