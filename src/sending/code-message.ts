/** The code of a verification, on its way to the person whose address it shall prove. */
export interface CodeMessage {
  readonly channel: Channel
  /** A mail address, or a phone number as contacts have it, `86-13900001234`; lawful already. */
  readonly to: string
  /** Six digits. */
  readonly code: string
  /** How long the code is valid from now, in whole minutes, at least 1. */
  readonly validMinutes: number
  /**
   * The same each time the same sending is tried again, so that a receiver can tell a repeat: the Message-ID of a mail, `{{reference}}`
   * of a text message. Only of `A-Z a-z 0-9 _ -`.
   */
  readonly reference: string
  /** The contact's name. Not trusted: one that is not 2 to 12 ASCII letters or Han characters is left out. */
  readonly name: string
}

/** How a person is reached: by mail or by text message. */
export type Channel = 'EMAIL' | 'PHONE'

/** What became of an attempt to send. */
export type Delivery =
  /** The mail server or the gateway has taken it. */
  | { readonly kind: 'sent' }
  /** Worth another try, not before `afterMs` milliseconds where that is told. It may have arrived all the same. */
  | { readonly kind: 'again'; readonly afterMs?: number; readonly cause: Undelivered }
  /** No repeat will be taken. */
  | { readonly kind: 'failed'; readonly cause: Undelivered }

/**
 * Why a message was not taken, in one word: the reply code of the mail server, the HTTP status of the gateway, the code of a failed
 * connection, or one of ours. Its own text never holds what was to be sent, that of its cause may.
 */
export class Undelivered extends Error {
  override readonly name = 'Undelivered'
  readonly code: number | string

  constructor(code: number | string, options?: ErrorOptions) {
    super(`not delivered: ${code}`, options)
    this.code = code
  }
}
