import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { NodemailerError, SMTPConnectionOptions, SMTPEnvelope } from 'nodemailer'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Mailbox } from './mailbox.js'
import { type CodeMessage, maxSendMs, SendError, type SendResult } from './message.js'
import type { MessagingSettings, SmtpServer } from './settings.js'
import { emailContent } from './wording.js'

/** Settings with all that emails require. */
export interface SmtpSettings extends MessagingSettings {
  readonly SMTP_URL: SmtpServer
  readonly MAIL_FROM: Mailbox
}

/** Timeouts of a connection, in milliseconds. */
export interface SmtpTimeouts {
  /** DNS and TCP. */
  readonly connectTimeoutMs: number
  /** From then to the greeting of the server, and once more for the TLS handshake. */
  readonly greetingTimeoutMs: number
  /** How long the server may be silent. Not less than the timeout of the greeting. */
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
  return async (message, signal) => {
    if (!isMailAddress(message.to)) return { kind: 'failed', cause: new SendError('ADDRESS') }
    const attempt = new SmtpAttempt(settings, timeouts, signal)
    try {
      const content = await new MailComposer(toEmail(message, settings, now())).compile().build()
      await attempt.run({ from: settings.MAIL_FROM.address, to: message.to }, content)
      return { kind: 'sent' }
    } catch (error) {
      return signal.aborted
        ? { kind: 'retry', cause: signal.reason, mayHaveArrived: attempt.stage === 'content' }
        : toResult(error, attempt.stage)
    }
  }
}

function toEmail(message: CodeMessage, { MAIL_FROM, MESSAGE_LANGUAGE }: SmtpSettings, now: number) {
  return {
    from: MAIL_FROM,
    to: { name: '', address: message.to },
    // The same for every attempt: an attempt that timed out may have been accepted.
    messageId: `<${message.reference.replaceAll(/[^\w-]/g, '_')}@${domainOf(MAIL_FROM)}>`,
    date: new Date(now),
    // Prevent automatic replies such as absence notes; the second is what Microsoft Exchange reads.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    // No part of our emails is a path or a URL, even if it looks like one.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...emailContent(message, MESSAGE_LANGUAGE, now),
  }
}

/** Accepts only characters that need no quoting, so nothing can add a second address, an SMTP command or a header. */
const isMailAddress = (text: string) => /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}$/.test(text)

const domainOf = ({ address }: Mailbox) => address.slice(address.lastIndexOf('@') + 1)

/**
 * How far an attempt got. `session`: connection, greeting, TLS and login. `envelope`: sender and recipient. `content`: the server wants the
 * email and may have it.
 */
type Stage = 'session' | 'envelope' | 'content'

/** A step of a connection, which ends with a call of `done`. */
type Step = (done: (error?: Error | null) => void) => void

/** One attempt to hand an email to the mail server. */
class SmtpAttempt {
  readonly #settings: SmtpSettings
  readonly #timeouts: SmtpTimeouts
  readonly #signal: AbortSignal
  #stage: Stage = 'session'

  constructor(settings: SmtpSettings, timeouts: SmtpTimeouts, signal: AbortSignal) {
    this.#settings = settings
    this.#timeouts = timeouts
    this.#signal = signal
  }

  get stage(): Stage {
    return this.#stage
  }

  /** Rejects with the error of the step that failed, or of the connection, or with the reason of the signal. */
  async run(envelope: SMTPEnvelope, content: Buffer): Promise<void> {
    const { SMTP_URL: server } = this.#settings
    const socket = await openSocket(server, this.#timeouts.connectTimeoutMs, this.#signal)
    const connection = new SMTPConnection(connectionOptions(socket, this.#settings, this.#timeouts))
    try {
      const failure = new Promise<never>((_, reject) => {
        connection.on('error', reject)
        this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { once: true })
      })
      const completed = (step: Step) => Promise.race([failure, settled(step)])
      await completed((done) => connection.connect(done))
      const { login } = server
      // Also if the server does not offer a login: otherwise it would get the email without one.
      if (login) await completed((done) => connection.login({ user: login.user, pass: login.password }, done))
      this.#stage = 'envelope'
      await completed((done) => connection.send(envelope, Readable.from(this.#contentToRead(content)), done))
    } finally {
      connection.close()
    }
  }

  /** Read by the connection when the server has accepted the command DATA. */
  *#contentToRead(content: Buffer) {
    this.#stage = 'content'
    yield content
  }
}

const settled = (step: Step) =>
  new Promise<void>((resolve, reject) => step((error) => (error ? reject(error) : resolve())))

/** Connects to one address of the host after the other: a dead one does not use up all the time. */
async function openSocket({ host, port }: SmtpServer, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const socket = connect({ host, port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: timeoutMs / 4 })
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, timeout]) })
    return socket
  } catch (error) {
    // Errors of the connection that come later have no reader.
    socket.on('error', () => {})
    socket.destroy()
    throw timeout.aborted ? Object.assign(new Error('no connection', { cause: error }), { code: 'ETIMEDOUT' }) : error
  }
}

function connectionOptions(socket: Socket, settings: SmtpSettings, timeouts: SmtpTimeouts): SMTPConnectionOptions {
  const { SMTP_URL, SMTP_REQUIRE_TLS, SMTP_EHLO_NAME, MAIL_FROM } = settings
  return {
    connection: socket,
    host: SMTP_URL.host,
    secure: SMTP_URL.tls,
    requireTLS: SMTP_REQUIRE_TLS,
    // Without a name, the host name would be used: that of a container has no domain, which strict servers refuse.
    name: SMTP_EHLO_NAME ?? domainOf(MAIL_FROM),
    greetingTimeout: timeouts.greetingTimeoutMs,
    socketTimeout: timeouts.idleTimeoutMs,
    // Also limits greeting and TLS handshake together; the attempt as a whole ends before.
    connectionTimeout: maxSendMs,
  }
}

/** Replies that reject the client and not the recipient, even after RCPT: 503 wrong order of commands, 530 login or TLS required. */
const clientRejections: readonly unknown[] = [503, 530]

function toResult(error: unknown, stage: Stage): SendResult {
  const { code, originalCode, command = '', responseCode = 0 } = error as Partial<NodemailerError>
  const isOperatorProblem = stage === 'session' || command === 'MAIL FROM' || clientRejections.includes(responseCode)
  const cause = new SendError(responseCode || originalCode || code || 'UNKNOWN', { cause: error, isOperatorProblem })
  const isFinal = responseCode >= 500 && responseCode <= 599 && ['RCPT TO', 'DATA'].includes(command)
  if (isFinal && !isOperatorProblem) return { kind: 'failed', cause }
  // Anything but a refusal, such as a reply that is no SMTP, leaves it open whether the server keeps the email.
  const isRefused = responseCode >= 400 && responseCode <= 599
  return { kind: 'retry', cause, mayHaveArrived: stage === 'content' && !isRefused }
}
