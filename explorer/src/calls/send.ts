import { isObject, parseJson } from './request-values.js'

/** What goes with a call besides its request. The token stays in memory: it is never stored, shared or shown in code. */
export interface CallSettings {
  readonly directory: string
  readonly token: string
  readonly deadlineMs: string
  /** Where clients that are not browsers call the service: `host:port`. */
  readonly grpcAddress: string
}

export interface Violation {
  readonly field: string
  readonly reason: string
  readonly description: string
}

/** How a call ended. */
export interface Answer {
  readonly operation: string
  readonly request: string
  readonly startTime: number
  readonly durationMs: number
  /** Of HTTP; undefined if no answer arrived. */
  readonly httpStatus?: number
  readonly requestId?: string
  readonly headers: readonly (readonly [string, string])[]
  /** The message as JSON, or the text of an answer that is none. */
  readonly body: unknown
  readonly refusal?: Refusal
}

export interface Refusal {
  /** Undefined if the service did not give one, for example because it was not reached. */
  readonly reason?: string
  readonly code?: string
  readonly message: string
  readonly violations: readonly Violation[]
  readonly retrySeconds?: number
}

const defaultDeadlineMs = 10_000
/** How much later than the service the browser gives up. */
const graceMs = 2000

/** Calls an operation by the Connect protocol. Never rejects: a call without an answer is a refusal too. */
export async function sendCall(
  service: string,
  operation: string,
  request: string,
  settings: CallSettings,
  isCancelled: AbortSignal,
): Promise<Answer> {
  const startTime = Date.now()
  const start = performance.now()
  const base = { operation, request, startTime, headers: [], body: undefined }
  const deadlineMs = Number(settings.deadlineMs) || defaultDeadlineMs
  try {
    const response = await fetch(`/${service}/${operation}`, {
      method: 'POST',
      headers: headersOf(settings),
      body: request,
      signal: AbortSignal.any([isCancelled, AbortSignal.timeout(deadlineMs + graceMs)]),
      cache: 'no-store',
    })
    const text = await response.text()
    return { ...base, durationMs: performance.now() - start, ...answerOf(response, text) }
  } catch (error) {
    const message = error instanceof DOMException && error.name !== 'TypeError' ? error.name : String(error)
    return { ...base, durationMs: performance.now() - start, refusal: { message, violations: [] } }
  }
}

const headersOf = ({ directory, token, deadlineMs }: CallSettings) => ({
  'content-type': 'application/json',
  'connect-protocol-version': '1',
  ...(deadlineMs !== '' && { 'connect-timeout-ms': deadlineMs }),
  ...(directory !== '' && { 'x-resource-directory-id': directory }),
  ...(token !== '' && { authorization: `Bearer ${token}` }),
})

function answerOf(response: Response, text: string) {
  const body = parseJson(text) ?? text
  const requestId = response.headers.get('x-request-id')
  return {
    httpStatus: response.status,
    headers: [...response.headers],
    body,
    ...(requestId !== null && { requestId }),
    ...(!response.ok && { refusal: refusalOf(body) }),
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Reads an error of the Connect protocol, whose details are repeated as JSON in `debug`. */
function refusalOf(body: unknown): Refusal {
  const { message, details } = isObject(body) ? body : {}
  const known = (Array.isArray(details) ? details : []).filter(isObject)
  const detail = (type: string) => {
    const debug = known.find((entry) => entry['type'] === `google.rpc.${type}`)?.['debug']
    return isObject(debug) ? debug : {}
  }
  const { reason, metadata } = detail('ErrorInfo')
  const { fieldViolations } = detail('BadRequest')
  const { retryDelay } = detail('RetryInfo')
  const code = isObject(metadata) ? metadata['code'] : undefined
  return {
    message: text(message),
    violations: (Array.isArray(fieldViolations) ? fieldViolations : []).filter(isObject).map((violation) => ({
      field: text(violation['field']),
      reason: text(violation['reason']),
      description: text(violation['description']),
    })),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof code === 'string' && { code }),
    ...(typeof retryDelay === 'string' && { retrySeconds: Number.parseFloat(retryDelay) }),
  }
}
