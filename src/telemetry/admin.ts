import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HealthReport, IgnoringObserver } from './observer.js'

/** Why calls cannot be served, for `/readyz`. */
type ReadinessProblem = 'starting' | 'the database does not confirm writes' | 'stopping'

/** Knows from the reports of health whether calls can be served. */
export class ReadinessObserver extends IgnoringObserver {
  #problem: ReadinessProblem | undefined = 'starting'

  /** Undefined while calls can be served. */
  get problem(): ReadinessProblem | undefined {
    return this.#problem
  }

  override healthChanged({ serving, cause }: HealthReport): void {
    // Only the stop of the service is without a cause.
    if (serving) this.#problem = undefined
    else this.#problem = cause === undefined ? 'stopping' : 'the database does not confirm writes'
  }
}

export interface AdminOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly version: string
  readonly readiness: Pick<ReadinessObserver, 'problem'>
  /** The page of the metrics and its content type. */
  readonly metrics: () => Promise<string>
  readonly metricsType: string
}

/** A running listener. */
export interface AdminListener {
  /** `host:port` as bound. */
  readonly address: string
  /** Accepts no new connections. Answers that take longer than a moment are cut. */
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Those who ask are few: a Prometheus or two, the probes of a cluster, and a person. */
const maxConnections = 100
const maxHeaderBytes = 8192
/** How long a client may take to send the headers, and then the rest of its request, in milliseconds. */
const headersTimeoutMs = 5000
const requestTimeoutMs = 10_000
/** How often Node looks for clients that have exceeded them, in milliseconds. */
const checkIntervalMs = 1000
/** A connection on which nothing happens for so long is closed, also one whose client does not read the answer. */
const idleTimeoutMs = 30_000
/** How long `stop` waits for answers that are being written, in milliseconds. */
const maxStopMs = 250

/**
 * Serves what operators and machines ask about a process, over HTTP: `/metrics`, `/livez`, `/readyz` and `/version`. Nothing is
 * authenticated, so it belongs on an address that only they reach. Rejects if the address cannot be bound; the error names it.
 */
export async function startAdminListener(options: AdminOptions): Promise<AdminListener> {
  const answers = answersOf(options)
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: checkIntervalMs,
    },
    (request, response) => void handle(answers, request, response),
  )
  server.maxConnections = maxConnections
  server.setTimeout(idleTimeoutMs)
  server.listen(options.listen)
  await once(server, 'listening')
  const { address, family, port } = server.address() as AddressInfo
  return {
    address: family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
    stop: () => stop(server),
  }
}

async function stop(server: Server): Promise<void> {
  const closed = once(server.close(), 'close')
  const timer = setTimeout(() => server.closeAllConnections(), maxStopMs)
  await closed
  clearTimeout(timer)
}

type Answers = ReadonlyMap<string, () => Answer | Promise<Answer>>

function answersOf({ version, readiness, metrics, metricsType }: AdminOptions): Answers {
  const versions = { version, node: process.versions.node }
  return new Map<string, () => Answer | Promise<Answer>>([
    ['/metrics', async () => ({ status: 200, type: metricsType, body: await metrics() })],
    ['/livez', () => text(200, 'ok')],
    ['/readyz', () => (readiness.problem === undefined ? text(200, 'ok') : text(503, readiness.problem))],
    ['/version', () => ({ status: 200, type: 'application/json', body: `${JSON.stringify(versions)}\n` })],
  ])
}

const text = (status: number, line: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${line}\n`,
})

async function handle(answers: Answers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await answerTo(answers, request)
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
    // A body that nobody reads would be taken for the next request.
    ...(hasBody(request) && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answerTo(answers: Answers, { url = '', method }: IncomingMessage): Promise<Answer> {
  const [path = ''] = url.split('?')
  const answer = answers.get(path)
  if (!answer) return text(404, `there is only ${[...answers.keys()].join(', ')}`)
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD')
  try {
    return await answer()
  } catch {
    return text(500, 'the answer could not be made')
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
