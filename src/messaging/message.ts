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
  /** True if the result of an earlier attempt to send this message is unknown: the receiver may have it already. */
  readonly mayHaveArrived: boolean
  /** The contact's name. Not trusted: a name that is not 2 to 12 ASCII letters or Chinese characters is left out. */
  readonly name: string
}

/** The maximum duration of one attempt to send a message, in milliseconds. */
export const maxSendMs = 45_000

/** The result of one attempt to send a message. */
export type SendResult =
  /** The mail server or the gateway accepted it. */
  | { readonly kind: 'sent' }
  | RetryResult
  /** Rejected permanently. */
  | { readonly kind: 'failed'; readonly cause: SendError }

/** Not accepted, and worth another attempt. */
export interface RetryResult {
  readonly kind: 'retry'
  /** The next attempt must not begin earlier than so many milliseconds from now. */
  readonly afterMs?: number
  readonly cause: SendError
  /** True if the result of this attempt is unknown, for example because the connection was lost. False if the message was clearly not accepted. */
  readonly mayHaveArrived: boolean
}

export interface SendErrorOptions extends ErrorOptions {
  readonly isOperatorProblem?: boolean
}

/**
 * Why a message was not accepted: the reply code of the mail server, the HTTP status of the gateway, the value in the gateway's answer,
 * the code of a failed connection, or a word of ours. At most 64 characters of printable ASCII. Neither the code nor the text of this error
 * contains anything of the message; the text of its cause may.
 */
export class SendError extends Error {
  override readonly name = 'SendError'
  readonly code: number | string
  /**
   * True if the operator must act, and not the recipient: the mail server or the gateway cannot be reached, or it does not accept this service
   * (host name, login, sender, key), or a setting is missing.
   */
  readonly isOperatorProblem: boolean

  constructor(code: number | string, { isOperatorProblem = false, ...options }: SendErrorOptions = {}) {
    super(`not sent: ${code}`, options)
    this.code = code
    this.isOperatorProblem = isOperatorProblem
  }
}
