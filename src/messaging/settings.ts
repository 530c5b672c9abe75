import { z } from 'zod'
import { commaSeparated, oneOf, parsed, text, yesOrNo } from '../config/values.js'
import { parseMailbox } from './mailbox.js'
import { parseAnswerCondition } from './sms-answer.js'
import {
  allPlaceholders,
  bodyFormat,
  hasOnlyKnownPlaceholders,
  hasPlaceholder,
  isBodyTemplate,
  isHeaderTemplate,
  isUrlTemplate,
  placeholdersIn,
} from './sms-template.js'
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

/** The last check of a value: what depends on other settings is not checked after it. */
const unknownPlaceholder = { error: `must not contain double braces except in ${allPlaceholders}`, abort: true }
const unescapablePlaceholder = { error: 'must have the placeholders of JSON inside its strings' }

const settings = z.object({
  MESSAGE_LANGUAGE: oneOf(...languages)
    .prefault('en')
    .meta({ shared: true, description: 'The language of emails and text messages: `en`, `zh-Hans` or `zh-Hant`.' }),
  UNCONFIGURED_SENDER: oneOf('refuse', 'print').prefault('refuse').meta({
    shared: true,
    description:
      '`refuse` or `print`: what happens to a verification code if the settings for its channel are missing. With `refuse`, calls that request one are refused as SENDER_NOT_CONFIGURED. With `print`, the code is printed on the standard error stream, with the address and how long it is valid; for development only.',
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
  SMTP_EHLO_NAME: text(
    /^(?:[A-Za-z\d](?:[A-Za-z\d.-]{0,251}[A-Za-z\d])?|\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[\dA-Fa-f:.]+)\])$/,
    'must be a domain name, such as contacts.example.com, or an IP address in brackets, such as [192.0.2.1]',
  )
    .optional()
    .meta({
      description:
        'The name with which the service greets the mail server (EHLO): a domain name, or an IP address in brackets. The default is the domain of MAIL_FROM.',
    }),
  MAIL_FROM: parsed(
    parseMailbox,
    'must be one mail address, such as no-reply@example.com or "Example, Inc." <no-reply@example.com>',
  )
    .optional()
    .meta({
      shared: true,
      description:
        'The sender of emails: `no-reply@example.com`, `Name <no-reply@example.com>` or `"Example, Inc." <no-reply@example.com>`.',
    }),
  SMS_URL: parsed(
    parseGatewayUrl,
    'must be an http:// or https:// address without user and password, with placeholders only in its path and query',
  )
    .refine(hasOnlyKnownPlaceholders, unknownPlaceholder)
    .refine(isUrlTemplate, unescapablePlaceholder)
    .optional()
    .meta({
      shared: true,
      description:
        'The HTTP gateway for text messages: an `http://` or `https://` address. Each message is one POST request with SMS_BODY. Without SMS_BODY it is a GET request, if this address contains placeholders; their values are percent-encoded. Text messages require SMS_URL and, unless it contains placeholders, SMS_BODY.',
      secret: true,
    }),
  SMS_HEADERS: parsed(
    parseHeaders,
    'must be a JSON object of header names and strings, such as {"Authorization": "Bearer ..."}',
  )
    .refine((headers) => Object.values(headers).every(hasOnlyKnownPlaceholders), unknownPlaceholder)
    .refine((headers) => Object.values(headers).every(isHeaderTemplate), unescapablePlaceholder)
    .prefault('{}')
    .meta({
      description:
        'The headers of requests to the gateway: a JSON object of strings, which may contain placeholders. The content type of a body is `application/json` unless it is set here.',
      secret: true,
    }),
  SMS_BODY: z.string().refine(hasOnlyKnownPlaceholders, unknownPlaceholder).optional().meta({
    description:
      'The body of requests to the gateway, in the format of the content type in SMS_HEADERS: JSON, a form (`application/x-www-form-urlencoded`) or XML. Its placeholders are filled in with the right escaping: `{{to}}` (the number: `+` and digits), `{{country_code}}`, `{{national}}` (the number without country code), `{{text}}` (the whole message), `{{code}}`, `{{minutes}}` (how long the code is valid), `{{reference}}` (the same for every attempt to send a message) and `{{language}}` (that of MESSAGE_LANGUAGE). `{{to}}` or `{{national}}`, and `{{text}}` or `{{code}}`, are required here, in SMS_URL or in SMS_HEADERS.',
    secret: true,
  }),
  SMS_SUCCESS: parsed(
    parseAnswerCondition,
    'must be a path in a JSON answer, an equals sign and a value, such as Code=OK or SendStatusSet[0].Code=Ok',
  )
    .optional()
    .meta({
      description:
        'What the JSON answer of the gateway contains if it accepted the message: a path and a value, such as `Code=OK` or `SendStatusSet[0].Code=Ok`. Another value means that the message is rejected permanently; an answer without such a path, or that is no JSON, means another attempt. If unset, the HTTP status alone decides.',
    }),
  SMS_RETRY_CODES: commaSeparated(
    /^(?!\s)[^\p{Cc}]+(?<!\s)$/u,
    'must be values with commas between, such as isv.BUSINESS_LIMIT_CONTROL',
  )
    .optional()
    .meta({
      description:
        'Values at the path of SMS_SUCCESS that mean another attempt, with commas between. Requires SMS_SUCCESS.',
    }),
})

export type MessagingSettings = z.output<typeof settings>

export const messagingSettings = settings.superRefine(checkMessagingSettings)

const formatProblems = {
  json: 'must be JSON with placeholders only inside strings, unless SMS_HEADERS has the content type of a form or of XML',
  form: 'must be a form, name=value&name=value, with the placeholders of JSON inside its strings, because of the content type in SMS_HEADERS',
  xml: 'must be well-formed XML without document type, with placeholders only in texts and attribute values, and those of JSON inside its strings, because of the content type in SMS_HEADERS',
}

/** Reports problems of settings that depend on each other. For the refinement of a schema that contains all of them. */
export function checkMessagingSettings(settings: MessagingSettings, { addIssue }: z.RefinementCtx): void {
  const report = (setting: keyof MessagingSettings, message: string) =>
    addIssue({ code: 'custom', path: [setting], message })
  const { SMS_HEADERS, SMS_BODY, SMS_SUCCESS, SMS_RETRY_CODES } = settings
  if (SMS_RETRY_CODES && !SMS_SUCCESS) report('SMS_RETRY_CODES', 'requires SMS_SUCCESS')
  const format = bodyFormat(new Headers(SMS_HEADERS).get('content-type') ?? '')
  if (SMS_BODY !== undefined && !isBodyTemplate(SMS_BODY, format)) report('SMS_BODY', formatProblems[format])
  else if (!isComplete(settings)) report(SMS_BODY === undefined ? 'SMS_URL' : 'SMS_BODY', missingPlaceholders)
}

const missingPlaceholders =
  'must contain {{to}} or {{national}}, and {{text}} or {{code}}; SMS_URL, SMS_HEADERS and SMS_BODY count together'

/** True if requests contain recipient and code, or if there are none because the channel is not configured. */
function isComplete({ SMS_URL = '', SMS_HEADERS, SMS_BODY = '' }: MessagingSettings): boolean {
  const isConfigured = SMS_BODY !== '' || hasPlaceholder(SMS_URL)
  const used = [SMS_URL, SMS_BODY, ...Object.values(SMS_HEADERS)].flatMap(placeholdersIn)
  const hasOneOf = (...names: string[]) => names.some((name) => used.includes(name))
  return !isConfigured || (hasOneOf('to', 'national') && hasOneOf('text', 'code'))
}

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

/** `fetch` refuses an address that contains a login. */
function parseGatewayUrl(value: string): string | undefined {
  const { username, password } = new URL(value)
  // The value of a placeholder in the host could lead to another one; that of one in the fragment would not be sent.
  const isComplete = /^https?:\/\/[^\s/?#{}]+(?:[/?][^\s#]*)?(?:#[^\s{}]*)?$/.test(value)
  return isComplete && !username && !password ? value : undefined
}

function parseHeaders(value: string): Record<string, string> {
  const headers = z.record(z.string(), z.string()).parse(JSON.parse(value))
  // Throws if a name or a value cannot be sent.
  new Headers(headers)
  return headers
}
