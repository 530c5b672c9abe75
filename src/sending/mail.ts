import { createTransport, type NodemailerError, type SMTPTransportOptions } from 'nodemailer'
import { type CodeMessage, type Delivery, Undelivered } from './code-message.js'
import { type Language, mailWording } from './wording.js'

/** The SMTP server that takes our mails. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /** Whether TLS begins with the connection, rather than with STARTTLS or not at all. */
  readonly tls: boolean
  /** Who we are to it. By default nobody: it must take mails as they come. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** Whom mails are from. */
export interface Mailbox {
  /** What people see; may be empty. */
  readonly name: string
  /** ASCII only. */
  readonly address: string
}

/** Time limits of a connection, in milliseconds. */
export interface MailLimits {
  /** Until the server has greeted us, STARTTLS included. */
  readonly greetingMs: number
  /** How long it may say nothing after that. */
  readonly silenceMs: number
}

/** How mails are sent. */
export interface MailOptions {
  readonly server: MailServer
  readonly from: Mailbox
  /** Whether a server without STARTTLS gets nothing. By default its offer is taken, and without one mails go in the clear. */
  readonly requireTls: boolean
  readonly language: Language
  readonly limits: MailLimits
  /** Milliseconds of the epoch. */
  readonly now: () => number
}

/** Sends codes by mail, each over a connection of its own. `signal` cuts a sending off; never rejects. */
export function createMailing(options: MailOptions): (message: CodeMessage, signal: AbortSignal) => Promise<Delivery> {
  const transport = createTransport(transportOptions(options))
  return async (message, signal) => {
    if (!isMailAddress(message.to)) return { kind: 'failed', cause: new Undelivered('ADDRESS') }
    try {
      await transport.sendMail({ ...mail(message, options), signal })
      return { kind: 'sent' }
    } catch (error) {
      return signal.aborted ? { kind: 'again', cause: signal.reason } : afterError(error)
    }
  }
}

function transportOptions({ server, requireTls, limits }: MailOptions): SMTPTransportOptions {
  return {
    host: server.host,
    port: server.port,
    secure: server.tls,
    requireTLS: requireTls,
    // With forceAuth, or a server that hides AUTH would be sent to without a login.
    ...(server.login && { auth: { user: server.login.user, pass: server.login.password }, forceAuth: true }),
    connectionTimeout: limits.greetingMs,
    greetingTimeout: limits.greetingMs,
    socketTimeout: limits.silenceMs,
    // Nothing of ours is a path or a link, so whatever looks like one is none.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

function mail(message: CodeMessage, { from, language, now }: MailOptions) {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return {
    from,
    to: { name: '', address: message.to },
    // The same for every attempt: the one that timed out may have been taken.
    messageId: `<${message.reference.replaceAll(/[^\w-]/g, '_')}@${domain}>`,
    date: new Date(now()),
    // Or absence notes would come back.
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...mailWording(message, language),
  }
}

/** Letters, digits and the marks that need no quotes: nothing that could say more to a server or in a header than one address. */
const isMailAddress = (text: string) => /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}$/.test(text)

/** Replies that refuse the client rather than the message, and go when the settings are mended: 530 asks for a login or for TLS. */
const refusalsOfTheClient = [503, 530]

function afterError(error: unknown): Delivery {
  const { code, originalCode, responseCode } = error as Partial<NodemailerError>
  const cause = new Undelivered(responseCode ?? originalCode ?? code ?? 'UNKNOWN', { cause: error })
  return { kind: isForGood(code, responseCode) ? 'failed' : 'again', cause }
}

/** Only what was said about this mail: of MAIL, RCPT and DATA. A refused connection, greeting or login is the operator's to mend. */
function isForGood(code: string | undefined, responseCode: number | undefined): boolean {
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return false
  return responseCode === undefined || (responseCode >= 500 && !refusalsOfTheClient.includes(responseCode))
}
