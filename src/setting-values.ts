import { z } from 'zod'
import type { Mailbox, MailServer } from './sending/mail.js'

/** What settings may hold: each reads a text of the environment, and says what must be where it cannot. None of them quotes it. */

/** A text of this form. */
export const text = (pattern: RegExp, must: string) => z.string().regex(pattern, { error: must })
/** One of these words. */
export const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.string().pipe(z.enum(values, { error: `must be one of: ${values.join(', ')}` }))

/** A whole number, in plain digits. */
export function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(least, { error }).max(most, { error }))
}

/** `host:port`; an IPv6 host in brackets. */
export const address = text(
  /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/,
  'must be host:port, such as 0.0.0.0:50051 or [::1]:50051',
)
  .transform((value) => {
    const colon = value.lastIndexOf(':')
    return { host: value.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(value.slice(colon + 1)) }
  })
  .refine(({ port }) => port <= 65_535, { error: 'must have a port from 0 to 65535' })

/** As a list, without `+`. */
export const countryCodes = text(
  /^[1-9]\d{0,2}( *, *[1-9]\d{0,2})*$/,
  'must be country codes with commas between, such as 86,852',
).transform((value) => value.split(',').map((code) => code.trim()))

/** What `read` makes of a text; whatever it throws at or gives undefined for is not understood. */
function understood<Value>(read: (value: string) => Value | undefined, must: string) {
  return z.string().transform((value, context): Value => {
    try {
      const result = read(value)
      if (result !== undefined) return result
    } catch {
      // Said below.
    }
    context.issues.push({ code: 'custom', message: must, input: value })
    return z.NEVER
  })
}

/** `yes` or `no`. */
export const yesOrNo = oneOf('yes', 'no').transform((value) => value === 'yes')

/** Secrets with commas between, the one in use first. */
export const secrets = text(
  /^[!-+\x2d-~]{32,}( *, *[!-+\x2d-~]{32,})*$/,
  'must be secrets of 32 or more visible ASCII characters each, with commas between',
).transform((value) => value.split(',').map((secret) => secret.trim()))

/** `smtp://user:password@host:port` or `smtps://`; without a port 587 or 465. */
export const mailServer = understood(
  mailServerOf,
  'must be smtp://user:password@host:port or smtps://..., with % escapes for special characters',
)

function mailServerOf(value: string): MailServer | undefined {
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

/** `address` or `Name <address>`. */
export const mailbox = understood(
  mailboxOf,
  'must be a mail address, such as no-reply@example.com or Name <no-reply@example.com>',
)

const mailAddress = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z\d](?:[A-Za-z\d.-]{0,251}[A-Za-z\d])?$/

function mailboxOf(value: string): Mailbox | undefined {
  const [, name = '', address = value] = /^([^<>"\p{Cc}]{0,100})<([^<>]*)>$/u.exec(value) ?? []
  return mailAddress.test(address) ? { name: name.trim(), address } : undefined
}

/** Where to POST to. A login in the address is one that `fetch` would refuse. */
export const gatewayUrl = understood((value) => {
  const { username, password } = new URL(value)
  return /^https?:\/\/\S+$/.test(value) && !username && !password ? value : undefined
}, 'must be an http:// or https:// address without user and password')

/** A JSON object of texts that can be sent as headers. */
export const headers = understood((value) => {
  const read = z.record(z.string(), z.string()).parse(JSON.parse(value))
  new Headers(read)
  return read
}, 'must be a JSON object of header names and texts, such as {"Authorization": "Bearer ..."}')
