import { type Channel, type CodeMessage, maxSendMs, SendError, type SendResult } from './message.js'
import type { MessagingSettings } from './settings.js'
import { createSmsSender } from './sms-gateway.js'
import { hasPlaceholder } from './sms-template.js'
import { createSmtpSender, type SmtpTimeouts } from './smtp.js'
import { minutesInWords, validMinutes } from './wording.js'

/** Sends verification codes by email and text message. */
export interface Sender {
  /** The name of the setting without which a channel cannot be used, or undefined if the channel can be used. */
  missingSetting(channel: Channel): string | undefined
  /** True if messages of the channel are only printed, for development. */
  isPrinted(channel: Channel): boolean
  /** Makes one attempt, which takes at most `maxSendMs`. Never rejects. Many attempts may be in flight. */
  send(message: CodeMessage): Promise<SendResult>
  /** Aborts the attempts in flight: they, and all later ones, give `retry`. Resolves when all have ended. */
  close(): Promise<void>
}

export interface SenderDependencies {
  /** Gives milliseconds since the epoch. */
  readonly now: () => number
  /** With UNCONFIGURED_SENDER=print, gets the code and the address of each message whose channel is not configured. */
  readonly print: (line: string) => void
  readonly timeouts?: SendTimeouts
}

/** In milliseconds. */
export interface SendTimeouts extends SmtpTimeouts {
  /** For an email as a whole. */
  readonly emailTimeoutMs: number
  /** For a text message as a whole. */
  readonly smsTimeoutMs: number
}

/**
 * Some mail servers delay their greeting by up to 30 seconds, so that programs that send spam give up, and examine an email before they
 * accept it; a gateway only queues the message.
 */
export const defaultTimeouts: SendTimeouts = {
  connectTimeoutMs: 10_000,
  greetingTimeoutMs: 31_000,
  idleTimeoutMs: 31_000,
  emailTimeoutMs: maxSendMs,
  smsTimeoutMs: 10_000,
}

/** One channel, as the settings configure it. */
interface ChannelSender {
  readonly missingSetting?: string
  readonly isPrinted?: boolean
  readonly timeoutMs: number
  readonly send: (message: CodeMessage, signal: AbortSignal) => Promise<SendResult>
}

/** Makes a sender for the channels that are configured. It opens no connection before the first `send`. */
export function createSender(
  settings: MessagingSettings,
  { now, print, timeouts = defaultTimeouts }: SenderDependencies,
): Sender {
  const channels: Readonly<Record<Channel, ChannelSender>> = {
    email: emailChannel(settings, { now, print, timeouts }),
    sms: smsChannel(settings, { now, print, timeouts }),
  }
  const inFlight = new SendsInFlight()
  return {
    missingSetting: (channel) => channels[channel].missingSetting,
    isPrinted: (channel) => channels[channel].isPrinted ?? false,
    send: (message) => inFlight.run(channels[message.channel], message),
    close: () => inFlight.close(),
  }
}

function emailChannel(
  settings: MessagingSettings,
  { now, print, timeouts }: Required<SenderDependencies>,
): ChannelSender {
  const { SMTP_URL, MAIL_FROM, UNCONFIGURED_SENDER } = settings
  if (SMTP_URL && MAIL_FROM) {
    const send = createSmtpSender({ ...settings, SMTP_URL, MAIL_FROM }, timeouts, now)
    return { timeoutMs: timeouts.emailTimeoutMs, send }
  }
  const missingSetting = SMTP_URL ? 'MAIL_FROM' : 'SMTP_URL'
  return UNCONFIGURED_SENDER === 'refuse' ? unusableChannel(missingSetting) : printedChannel(missingSetting, now, print)
}

function smsChannel(
  settings: MessagingSettings,
  { now, print, timeouts }: Required<SenderDependencies>,
): ChannelSender {
  const { SMS_URL, SMS_BODY, UNCONFIGURED_SENDER } = settings
  if (SMS_URL && (SMS_BODY || hasPlaceholder(SMS_URL))) {
    const send = createSmsSender({ ...settings, SMS_URL }, now)
    return { timeoutMs: timeouts.smsTimeoutMs, send }
  }
  const missingSetting = SMS_URL ? 'SMS_BODY' : 'SMS_URL'
  return UNCONFIGURED_SENDER === 'refuse' ? unusableChannel(missingSetting) : printedChannel(missingSetting, now, print)
}

/** For messages that were requested before a setting was removed: they stay queued until it is set again. */
const unusableChannel = (missingSetting: string): ChannelSender => ({
  missingSetting,
  timeoutMs: 0,
  send: async () => ({
    kind: 'retry',
    cause: new SendError(missingSetting, { isOperatorProblem: true }),
    mayHaveArrived: false,
  }),
})

const printedChannel = (missingSetting: string, now: () => number, print: (line: string) => void): ChannelSender => ({
  isPrinted: true,
  timeoutMs: 0,
  async send(message) {
    const validity = `valid for ${minutesInWords(validMinutes(message, now()))}`
    const lines = [`Code ${message.code} for ${message.to}, ${validity}`, `Not sent: ${missingSetting} is not set`]
    for (const line of ['', ...inBox(lines), '']) print(line)
    return { kind: 'sent' }
  },
})

/** In a box the code is easy to find between the lines of a log. */
function inBox(lines: readonly string[]): readonly string[] {
  const width = Math.max(...lines.map(({ length }) => length))
  const border = '─'.repeat(width + 2)
  return [`  ┌${border}┐`, ...lines.map((line) => `  │ ${line.padEnd(width)} │`), `  └${border}┘`]
}

/** The attempts in flight, each with its timeout. */
class SendsInFlight {
  readonly #sends = new Map<AbortController, Promise<SendResult>>()
  #closed = false

  async run({ timeoutMs, send }: ChannelSender, message: CodeMessage): Promise<SendResult> {
    if (this.#closed) return { kind: 'retry', cause: new SendError('CLOSED'), mayHaveArrived: false }
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(new SendError('ETIMEDOUT')), timeoutMs)
    const result = send(message, controller.signal)
    this.#sends.set(controller, result)
    try {
      return await result
    } finally {
      clearTimeout(timer)
      this.#sends.delete(controller)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const controller of this.#sends.keys()) controller.abort(new SendError('CLOSED'))
    await Promise.all(this.#sends.values())
  }
}
