import { type Channel, type CodeMessage, type Delivery, Undelivered } from './code-message.js'
import { createTexting, type GatewayOptions } from './gateway.js'
import { createMailing, type MailLimits, type MailOptions } from './mail.js'
import { type Language, mailWording, textMessageWording } from './wording.js'

/** How a code reaches a person. */
export interface Sender {
  /** Sends once, within `longestSendingMs`; never rejects. May be called for any number of messages at once. */
  send(message: CodeMessage): Promise<Delivery>
  /** The setting that lacks, where this channel cannot be used; then `send` answers `again`. */
  missing(channel: Channel): string | undefined
  /** Cuts off what is under way, which is told as `again`, as is everything after. Resolves when all of it has ended. */
  close(): Promise<void>
}

/** The operator's decisions. Mails need server and sender, text messages address and body. */
export interface SenderOptions {
  readonly mail: Absent<Omit<MailOptions, 'language' | 'limits' | 'now'>, 'server' | 'from'>
  readonly gateway: Absent<Omit<GatewayOptions, 'language' | 'now'>, 'url' | 'body'>
  readonly language: Language
  /** Where it is given, it gets every line of a message whose channel cannot be used, address and code in plain sight: for development. */
  readonly print?: ((line: string) => void) | undefined
  /** Milliseconds of the epoch. */
  readonly now: () => number
  /** By default a mail server has 10 s to greet and may be silent for 30 s; a mail may take 45 s, a text message 10 s. */
  readonly limits?: Limits
}

/** The same, some of it perhaps undefined. */
type Absent<All, Some extends keyof All> = Omit<All, Some> & { readonly [Name in Some]: All[Name] | undefined }

/** Time limits, in milliseconds. */
export interface Limits extends MailLimits {
  /** For a mail as a whole. */
  readonly mailMs: number
  /** For a text message as a whole. */
  readonly textMessageMs: number
}

/** The longest a sending takes, in milliseconds. */
export const longestSendingMs = 45_000
/** A mail server may look into a mail before it takes it; a gateway only writes down what it is to do. */
const defaultLimits: Limits = {
  greetingMs: 10_000,
  silenceMs: 30_000,
  mailMs: longestSendingMs,
  textMessageMs: 10_000,
}

/** A channel as the settings have it. */
interface Way {
  readonly missing?: string
  readonly longestMs: number
  readonly send: (message: CodeMessage, signal: AbortSignal) => Promise<Delivery>
}

/** A sender that uses the channels that are set up. Opens nothing until it is asked to send. */
export function createSender(options: SenderOptions): Sender {
  const ways = { EMAIL: mailing(options), PHONE: texting(options) }
  const underWay = new UnderWay()
  return {
    send: (message) => underWay.run(ways[message.channel], message),
    missing: (channel) => ways[channel].missing,
    close: () => underWay.end(),
  }
}

function mailing({ mail, language, print, now, limits = defaultLimits }: SenderOptions): Way {
  const { server, from } = mail
  if (server && from)
    return { longestMs: limits.mailMs, send: createMailing({ ...mail, server, from, language, limits, now }) }
  return notSetUp(server ? 'MAIL_FROM' : 'SMTP_URL', print, (message) => {
    const { subject, text } = mailWording(message, language)
    return `Mail: ${subject}\n\n${text}`
  })
}

function texting({ gateway, language, print, now, limits = defaultLimits }: SenderOptions): Way {
  const { url, body } = gateway
  if (url && body)
    return { longestMs: limits.textMessageMs, send: createTexting({ ...gateway, url, body, language, now }) }
  return notSetUp(
    url ? 'SMS_BODY' : 'SMS_URL',
    print,
    (message) => `Text message: ${textMessageWording(message, language)}`,
  )
}

function notSetUp(missing: string, print: SenderOptions['print'], show: (message: CodeMessage) => string): Way {
  if (!print) return { missing, longestMs: 0, send: async () => ({ kind: 'again', cause: new Undelivered(missing) }) }
  return {
    longestMs: 0,
    async send(message) {
      for (const line of [`To ${message.to}`, ...show(message).trimEnd().split('\n')]) print(`| ${line}`)
      return { kind: 'sent' }
    },
  }
}

/** What is being sent, each with its time limit. */
class UnderWay {
  readonly #sendings = new Map<AbortController, Promise<Delivery>>()
  #ended = false

  async run({ longestMs, send }: Way, message: CodeMessage): Promise<Delivery> {
    if (this.#ended) return { kind: 'again', cause: new Undelivered('CLOSED') }
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(new Undelivered('ETIMEDOUT')), longestMs)
    const sending = send(message, controller.signal)
    this.#sendings.set(controller, sending)
    try {
      return await sending
    } finally {
      clearTimeout(timer)
      this.#sendings.delete(controller)
    }
  }

  async end(): Promise<void> {
    this.#ended = true
    for (const controller of this.#sendings.keys()) controller.abort(new Undelivered('CLOSED'))
    await Promise.all(this.#sendings.values())
  }
}
