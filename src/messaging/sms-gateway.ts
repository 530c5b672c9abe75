import { type CodeMessage, SendError, type SendErrorOptions, type SendResult } from './message.js'
import { retryAfterMs } from './retry-after.js'
import type { MessagingSettings } from './settings.js'
import { loggableValue, valueAt } from './sms-answer.js'
import { bodyFormat, fillBody, fillHeader, fillUrl, type TemplateValues } from './sms-template.js'
import { smsText, validMinutes } from './wording.js'

/** Settings with all that text messages require. Without SMS_BODY, SMS_URL has placeholders. */
export interface SmsSettings extends MessagingSettings {
  readonly SMS_URL: string
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
    const values = templateValues(message, settings, now())
    if (!values) return { kind: 'failed', cause: new SendError('NUMBER') }
    try {
      const response = await fetch(fillUrl(settings.SMS_URL, values), { ...requestOptions(settings, values), signal })
      return toResult(await readAnswer(response, settings), message, settings, now())
    } catch (error) {
      return toResultWithoutAnswer(error, signal)
    }
  }
}

/** Undefined if the recipient is not a phone number. */
function templateValues(message: CodeMessage, settings: SmsSettings, now: number): TemplateValues | undefined {
  const [, country_code, national] = /^(\d{1,3})-(\d{1,15})$/.exec(message.to) ?? []
  if (country_code === undefined || national === undefined) return undefined
  return {
    to: `+${country_code}${national}`,
    national,
    country_code,
    text: smsText(message, settings.MESSAGE_LANGUAGE, now),
    code: message.code,
    minutes: String(validMinutes(message, now)),
    reference: message.reference,
    language: settings.MESSAGE_LANGUAGE,
  }
}

function requestOptions({ SMS_HEADERS, SMS_BODY }: SmsSettings, values: TemplateValues): RequestInit {
  const headers = new Headers(SMS_BODY === undefined ? {} : { 'content-type': 'application/json' })
  for (const [name, value] of Object.entries(SMS_HEADERS)) headers.set(name, fillHeader(value, values))
  // The target of a redirect must get neither the secrets in the headers nor the code.
  const options = { headers, redirect: 'manual' } as const
  if (SMS_BODY === undefined) return options
  const format = bodyFormat(headers.get('content-type') ?? '')
  return { ...options, method: 'POST', body: fillBody(SMS_BODY, format, values) }
}

/** A complete answer of the gateway. */
interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** What is found at the path of SMS_SUCCESS. */
  readonly value: string | undefined
}

const maxAnswerBytes = 65_536

/** Rejects if the answer is not complete, but only if the status does not decide alone. */
async function readAnswer(response: Response, { SMS_SUCCESS }: SmsSettings): Promise<Answer> {
  const { ok, status, headers } = response
  const body = await readBody(response).catch((error) => {
    if (ok && SMS_SUCCESS) throw error
    return ''
  })
  const value = SMS_SUCCESS && valueAt(body, SMS_SUCCESS.path)
  return { status, retryAfter: headers.get('retry-after'), value }
}

/** Reads the body to its end, so that the connection can be used again. A body that is too long is cut off and closes the connection. */
async function readBody({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxAnswerBytes) break
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function toResult(answer: Answer, message: CodeMessage, settings: SmsSettings, now: number): SendResult {
  const { status, value, retryAfter } = answer
  const { SMS_SUCCESS, SMS_RETRY_CODES = [] } = settings
  const afterMs = retryAfterMs(retryAfter, now)
  const retry = (code: number | string, mayHaveArrived = false, options?: SendErrorOptions): SendResult => ({
    kind: 'retry',
    ...(afterMs !== undefined && { afterMs }),
    cause: new SendError(code, options),
    mayHaveArrived,
  })
  const isOk = status >= 200 && status <= 299
  if (isOk && (!SMS_SUCCESS || value === SMS_SUCCESS.value)) return { kind: 'sent' }
  // The gateway has the message from an earlier attempt.
  if (status === 409 && message.mayHaveArrived) return { kind: 'sent' }
  // An answer that nobody can read leaves it open, and so does a failure inside the gateway.
  if (isOk && value === undefined) return retry('UNKNOWN_ANSWER', true)
  if (status >= 500) return retry(status, true)
  if (value !== undefined && SMS_RETRY_CODES.includes(value)) return retry(loggableValue(value))
  if (status === 401 || status === 403) return retry(status, false, { isOperatorProblem: true })
  if (status === 408 || status === 429) return retry(status)
  return { kind: 'failed', cause: new SendError(isOk && value !== undefined ? loggableValue(value) : status) }
}

/** Codes of connections that were not established: the gateway has got nothing. */
const unreachable: readonly unknown[] = [
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]
/** Codes of TLS handshakes that failed, because the certificate is not trusted or the port is for another protocol. */
const failedHandshake = /CERT|^UNABLE_TO_VERIFY_|^ERR_SSL_/

function toResultWithoutAnswer(error: unknown, signal: AbortSignal): SendResult {
  if (signal.aborted) return { kind: 'retry', cause: signal.reason, mayHaveArrived: true }
  // Node's code of a failed request. `fetch` wraps that error in one without a code.
  const { cause } = error as { cause?: { code?: unknown } }
  const code = typeof cause?.code === 'string' ? cause.code : 'UNKNOWN'
  const isOperatorProblem = unreachable.includes(code) || failedHandshake.test(code)
  const options = { cause: error, isOperatorProblem }
  return { kind: 'retry', cause: new SendError(code, options), mayHaveArrived: !isOperatorProblem }
}
