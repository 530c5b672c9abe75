import { createTransport, type NodemailerError, type SMTPTransportOptions } from 'nodemailer'
import { type CodeMessage, SendError, type SendResult } from './message.js'
import type { Mailbox, MessagingSettings, SmtpServer } from './settings.js'
import { emailContent } from './wording.js'

/** Settings with all that emails require. */
export interface SmtpSettings extends MessagingSettings {
  readonly SMTP_URL: SmtpServer
  readonly MAIL_FROM: Mailbox
}

/** Timeouts of a connection, in milliseconds. */
export interface SmtpTimeouts {
  /** From the start until the server is ready for commands: DNS, TCP, greeting and STARTTLS. */
  readonly connectTimeoutMs: number
  /** How long the server may be silent after that. */
  readonly idleTimeoutMs: number
}

/**
 * Makes a function that sends a code by email, each over its own connection. It never rejects; `signal` aborts the
 * attempt. `now` gives milliseconds since the epoch.
 */
export function createSmtpSender(
  settings: SmtpSettings,
  timeouts: SmtpTimeouts,
  now: () => number,
): (message: CodeMessage, signal: AbortSignal) => Promise<SendResult> {
  const transport = createTransport(transportOptions(settings, timeouts))
  return async (message, signal) => {
    if (!isMailAddress(message.to)) return { kind: 'failed', cause: new SendError('ADDRESS') }
    try {
      await transport.sendMail({ ...toEmail(message, settings, now()), signal })
      return { kind: 'sent' }
    } catch (error) {
      return signal.aborted ? { kind: 'retry', cause: signal.reason } : toResult(error)
    }
  }
}

function transportOptions(settings: SmtpSettings, timeouts: SmtpTimeouts): SMTPTransportOptions {
  const { host, port, tls, login } = settings.SMTP_URL
  return {
    host,
    port,
    secure: tls,
    requireTLS: settings.SMTP_REQUIRE_TLS,
    // Without forceAuth, a server that does not offer AUTH would get the email without a login.
    ...(login && { auth: { user: login.user, pass: login.password }, forceAuth: true }),
    connectionTimeout: timeouts.connectTimeoutMs,
    greetingTimeout: timeouts.connectTimeoutMs,
    socketTimeout: timeouts.idleTimeoutMs,
    // No part of our emails is a path or a URL, even if it looks like one.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

function toEmail(message: CodeMessage, { MAIL_FROM, MESSAGE_LANGUAGE }: SmtpSettings, now: number) {
  const domain = MAIL_FROM.address.slice(MAIL_FROM.address.lastIndexOf('@') + 1)
  return {
    from: MAIL_FROM,
    to: { name: '', address: message.to },
    // The same for every attempt: an attempt that timed out may have been accepted.
    messageId: `<${message.reference.replaceAll(/[^\w-]/g, '_')}@${domain}>`,
    date: new Date(now),
    // Prevents automatic replies such as absence notes.
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...emailContent(message, MESSAGE_LANGUAGE, now),
  }
}

/** Accepts only characters that need no quoting, so nothing can add a second address, an SMTP command or a header. */
const isMailAddress = (text: string) => /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}$/.test(text)

function toResult(error: unknown): SendResult {
  const { code, originalCode, responseCode } = error as Partial<NodemailerError>
  const cause = new SendError(responseCode ?? originalCode ?? code ?? 'UNKNOWN', { cause: error })
  return { kind: isPermanent(code, responseCode) ? 'failed' : 'retry', cause }
}

/** Replies that reject the client and not the message: 503 wrong order of commands, 530 login or TLS required. */
const clientRejections = [503, 530]

/**
 * True for a rejection of this email, that is of MAIL, RCPT or DATA. A failed connection, greeting or login is
 * a problem of the configuration or the server: it may be solved before the next attempt.
 */
function isPermanent(code: string | undefined, responseCode: number | undefined): boolean {
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return false
  return responseCode === undefined || (responseCode >= 500 && !clientRejections.includes(responseCode))
}
