import { filledBody } from './body-template.js'
import { type CodeMessage, type Delivery, Undelivered } from './code-message.js'
import { type Language, textMessageWording } from './wording.js'

/** The HTTP gateway that takes our text messages. */
export interface GatewayOptions {
  /** `http:` or `https:`; each message is a POST to it. */
  readonly url: string
  /** Beside `content-type: application/json`, which may be among them in other words. */
  readonly headers: Readonly<Record<string, string>>
  /** As `isBodyTemplate` wants it. */
  readonly body: string
  readonly language: Language
  /** Milliseconds of the epoch. */
  readonly now: () => number
}

/** Sends codes through the gateway. `signal` cuts a sending off; never rejects. */
export function createTexting(
  options: GatewayOptions,
): (message: CodeMessage, signal: AbortSignal) => Promise<Delivery> {
  return async (message, signal) => {
    if (!/^\d{1,3}-\d{1,15}$/.test(message.to)) return { kind: 'failed', cause: new Undelivered('NUMBER') }
    try {
      return judge(await post(message, options, signal), options.now())
    } catch (error) {
      return { kind: 'again', cause: signal.aborted ? signal.reason : new Undelivered(codeOf(error), { cause: error }) }
    }
  }
}

async function post(message: CodeMessage, { url, headers, body, language }: GatewayOptions, signal: AbortSignal) {
  const response = await fetch(url, {
    method: 'POST',
    headers: withJson(headers),
    body: filledBody(body, {
      to: `+${message.to.replace('-', '')}`,
      text: textMessageWording(message, language),
      reference: message.reference,
    }),
    // Whoever answers from elsewhere must not get the headers' secrets, nor a code.
    redirect: 'manual',
    signal,
  })
  // Its status has said all, whether the rest comes or not.
  await readToEnd(response).catch(() => {})
  return response
}

/** In bytes. */
const longestAnswer = 65_536

/** Reads and forgets the rest, so that the next message may use the connection; one that is too long ends with it. */
async function readToEnd({ body }: Response) {
  let read = 0
  for await (const chunk of body ?? []) {
    read += chunk.length
    if (read > longestAnswer) return
  }
}

function withJson(headers: Readonly<Record<string, string>>): Headers {
  const all = new Headers({ 'content-type': 'application/json' })
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  return all
}

function judge({ ok, status, headers }: Response, now: number): Delivery {
  if (ok) return { kind: 'sent' }
  const cause = new Undelivered(status)
  if (status !== 408 && status !== 429 && status < 500) return { kind: 'failed', cause }
  const afterMs = retryAfterMs(headers.get('retry-after'), now)
  return { kind: 'again', ...(afterMs !== undefined && { afterMs }), cause }
}

/** Node's own code for what went wrong, which `fetch` wraps in an error without one. */
function codeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : 'UNKNOWN'
}

const dayMs = 86_400_000

/** What the header `Retry-After` asks for, seconds or a date, in milliseconds from now: a day at most, and nothing where it cannot be read. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? ''
  const seconds = /^\d+$/.test(text)
  const date = /^[A-Za-z]{3,9}, .* GMT$/.test(text)
  const wait = seconds ? Number(text) * 1000 : date ? Date.parse(text) - now : Number.NaN
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), dayMs)
}
