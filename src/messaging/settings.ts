import { z } from 'zod'
import { oneOf, parsed, yesOrNo } from '../config/values.js'
import { isSmsTemplate } from './sms-template.js'
import { languages } from './wording.js'

/** The SMTP server that accepts our emails. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** True for TLS from the start of the connection; otherwise STARTTLS or no encryption. */
  readonly tls: boolean
  /** Without it, the server must accept emails from clients that do not authenticate. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** A sender of emails. */
export interface Mailbox {
  /** The name that recipients see; may be empty. */
  readonly name: string
  /** ASCII only. */
  readonly address: string
}

export const messagingSettings = z.object({
  MESSAGE_LANGUAGE: oneOf(...languages)
    .prefault('en')
    .meta({ description: 'The language of emails and text messages: `en`, `zh-Hans` or `zh-Hant`.' }),
  UNCONFIGURED_SENDER: oneOf('refuse', 'print').prefault('refuse').meta({
    description:
      '`refuse` or `print`: what happens to a verification code if the settings for its channel are missing. With `refuse`, calls that request one are refused as SENDER_NOT_CONFIGURED. With `print`, the message is printed on the standard error stream; for development only.',
  }),
  SMTP_URL: parsed(
    parseSmtpUrl,
    'must be smtp://user:password@host:port or smtps://..., with % escapes for special characters',
  )
    .optional()
    .meta({
      description:
        'The mail server: `smtp://user:password@host:port`, or `smtps://` for TLS from the start of the connection. The default port is 587, or 465 for `smtps://`; without user and password there is no login. Emails require SMTP_URL and MAIL_FROM.',
      secret: true,
    }),
  SMTP_REQUIRE_TLS: yesOrNo.prefault('no').meta({
    description:
      '`yes` or `no`: whether emails are sent over TLS only. With `no`, STARTTLS is used if the mail server offers it; otherwise emails are not encrypted.',
  }),
  MAIL_FROM: parsed(parseMailbox, 'must be a mail address, such as no-reply@example.com or Name <no-reply@example.com>')
    .optional()
    .meta({ description: 'The sender of emails: `no-reply@example.com` or `Name <no-reply@example.com>`.' }),
  SMS_URL: parsed(parseGatewayUrl, 'must be an http:// or https:// address without user and password').optional().meta({
    description:
      'The HTTP gateway for text messages: an `http://` or `https://` address. Each message is one POST request to it. Text messages require SMS_URL and SMS_BODY.',
    secret: true,
  }),
  SMS_HEADERS: parsed(
    parseHeaders,
    'must be a JSON object of header names and strings, such as {"Authorization": "Bearer ..."}',
  )
    .prefault('{}')
    .meta({
      description:
        'The headers of requests to the gateway: a JSON object of strings. `content-type` is `application/json` unless it is set here.',
      secret: true,
    }),
  SMS_BODY: z
    .string()
    .refine(isSmsTemplate, {
      error: 'must be JSON with {{to}} and {{text}} in its strings, and no other placeholder than {{reference}}',
    })
    .optional()
    .meta({
      description:
        'The body of requests to the gateway: JSON. In its strings, `{{to}}` (the number: `+` and digits), `{{text}}` and the optional `{{reference}}` (the same for every attempt to send a message) are filled in.',
      secret: true,
    }),
})

export type MessagingSettings = z.output<typeof messagingSettings>

function parseSmtpUrl(value: string): SmtpServer | undefined {
  const { protocol, username, password, hostname, port, pathname, search, hash } = new URL(value)
  const tls = protocol === 'smtps:'
  if (!/^smtps?:\/\/\S+$/.test(value) || hostname === '' || pathname.length > 1 || search || hash) return undefined
  if ((username === '') !== (password === '')) return undefined
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (tls ? 465 : 587),
    tls,
    ...(username && { login: { user: decodeURIComponent(username), password: decodeURIComponent(password) } }),
  }
}

const mailAddress = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z\d](?:[A-Za-z\d.-]{0,251}[A-Za-z\d])?$/

/** `address` or `Name <address>`. */
function parseMailbox(value: string): Mailbox | undefined {
  const [, name = '', address = value] = /^([^<>"\p{Cc}]{0,100})<([^<>]*)>$/u.exec(value) ?? []
  return mailAddress.test(address) ? { name: name.trim(), address } : undefined
}

/** `fetch` refuses an address that contains a login. */
function parseGatewayUrl(value: string): string | undefined {
  const { username, password } = new URL(value)
  return /^https?:\/\/\S+$/.test(value) && !username && !password ? value : undefined
}

function parseHeaders(value: string): Record<string, string> {
  const headers = z.record(z.string(), z.string()).parse(JSON.parse(value))
  // Throws if a name or a value cannot be sent.
  new Headers(headers)
  return headers
}
