import { type ServerResponse, STATUS_CODES } from 'node:http'

/** An answer as it is sent. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The codes of the Connect protocol for what is refused outside the call pipeline, by their HTTP status. */
const codes = {
  400: 'invalid_argument',
  403: 'permission_denied',
  404: 'unimplemented',
  405: 'unimplemented',
  408: 'deadline_exceeded',
  413: 'resource_exhausted',
  415: 'unimplemented',
  431: 'resource_exhausted',
} as const

export type HttpErrorStatus = keyof typeof codes

/** A request that reaches no operation. The message is a fixed sentence: it never contains anything that a client sent. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly answer: HttpAnswer

  constructor(status: HttpErrorStatus, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    const body = Buffer.from(JSON.stringify({ code: codes[status], message }))
    this.answer = { status, headers: { 'content-type': 'application/json', ...headers }, body }
  }
}

/** For every answer that is no page: browsers keep it nowhere, guess no type, load nothing because of it and frame it nowhere. */
const defaultHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The headers of an answer with all that it does not set itself. */
const completeHeaders = ({ status, headers, body }: HttpAnswer): Readonly<Record<string, string>> => ({
  ...defaultHeaders,
  // Not with the statuses that have no body.
  ...(status !== 204 && status !== 304 && { 'content-length': String(body.byteLength) }),
  ...headers,
})

/** Sends an answer, unless the client has gone. */
export function send(response: ServerResponse, answer: HttpAnswer): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(answer.status, completeHeaders(answer))
  // Node sends no body with an answer to HEAD.
  response.end(answer.body)
}

/** The same as text, for a connection whose request could not be parsed. */
export function rawAnswer({ answer }: HttpError): string {
  const headers = Object.entries({ ...completeHeaders(answer), connection: 'close' })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines}\r\n${Buffer.from(answer.body).toString()}`
}
