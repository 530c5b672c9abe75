import { dayMs } from '../time.js'
import { type CodeMessage, SendError, type SendResult } from './message.js'
import type { MessagingSettings } from './settings.js'
import { fillSmsTemplate } from './sms-template.js'
import { smsText } from './wording.js'

/** Settings with all that text messages require. */
export interface SmsSettings extends MessagingSettings {
  readonly SMS_URL: string
  readonly SMS_BODY: string
}

/**
 * Makes a function that sends a code through the HTTP gateway. It never rejects; `signal` aborts the attempt.
 * `now` gives milliseconds since the epoch.
 */
export function createSmsSender(
  settings: SmsSettings,
  now: () => number,
): (message: CodeMessage, signal: AbortSignal) => Promise<SendResult> {
  return async (message, signal) => {
    if (!/^\d{1,3}-\d{1,15}$/.test(message.to)) return { kind: 'failed', cause: new SendError('NUMBER') }
    try {
      return toResult(await post(message, settings, now(), signal), now())
    } catch (error) {
      return {
        kind: 'retry',
        cause: signal.aborted ? signal.reason : new SendError(errorCode(error), { cause: error }),
      }
    }
  }
}

async function post(message: CodeMessage, settings: SmsSettings, now: number, signal: AbortSignal): Promise<Response> {
  const response = await fetch(settings.SMS_URL, {
    method: 'POST',
    headers: requestHeaders(settings.SMS_HEADERS),
    body: fillSmsTemplate(settings.SMS_BODY, {
      to: `+${message.to.replace('-', '')}`,
      text: smsText(message, settings.MESSAGE_LANGUAGE, now),
      reference: message.reference,
    }),
    // The target of a redirect must get neither the secrets in the headers nor the code.
    redirect: 'manual',
    signal,
  })
  // The status decides; an error in the rest of the response changes nothing.
  await discardBody(response).catch(() => {})
  return response
}

const maxResponseBytes = 65_536

/** Reads the body, so that the connection can be used again. A body that is too long closes the connection. */
async function discardBody({ body }: Response): Promise<void> {
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > maxResponseBytes) return
  }
}

function requestHeaders(configured: Readonly<Record<string, string>>): Headers {
  const headers = new Headers({ 'content-type': 'application/json' })
  for (const [name, value] of Object.entries(configured)) headers.set(name, value)
  return headers
}

function toResult({ ok, status, headers }: Response, now: number): SendResult {
  if (ok) return { kind: 'sent' }
  const cause = new SendError(status)
  if (status !== 408 && status !== 429 && status < 500) return { kind: 'failed', cause }
  const afterMs = retryAfterMs(headers.get('retry-after'), now)
  return { kind: 'retry', ...(afterMs !== undefined && { afterMs }), cause }
}

/** Node's code of a failed request. `fetch` wraps that error in one without a code. */
function errorCode(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : 'UNKNOWN'
}

/**
 * The wait that a `Retry-After` header asks for, in milliseconds, 0 to one day. The header gives seconds or a date.
 * Undefined if there is no header or it cannot be parsed. `now` in milliseconds since the epoch.
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const value = header?.trim() ?? ''
  const isSeconds = /^\d+$/.test(value)
  const isDate = /^[A-Za-z]{3,9}, .* GMT$/.test(value)
  const waitMs = isSeconds ? Number(value) * 1000 : isDate ? Date.parse(value) - now : Number.NaN
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), dayMs)
}
