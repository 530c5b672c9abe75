import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallPipeline } from '../calls/pipeline.js'
import type { Route } from '../calls/service.js'
import type { CallSettings } from '../calls/settings.js'
import { namesOf } from '../network/client-certificates.js'
import { connectionOf } from '../network/connection.js'
import type { NetworkSettings } from '../network/settings.js'
import type { TlsFiles } from '../network/tls.js'
import type { Observer } from '../telemetry/observer.js'
import { HttpError, send } from './answers.js'
import { discardBody, readBody } from './body.js'
import { connectCall } from './connect.js'
import { grpcWebCall, grpcWebPrefix } from './grpc-web.js'
import { checkOrigin } from './origins.js'
import { type Pages, pageAnswer } from './pages.js'
import { headerOf, type ProtocolCall } from './protocol.js'
import type { HttpSettings } from './settings.js'

export interface HandlerOptions {
  readonly settings: Pick<HttpSettings, 'HTTP_ALLOWED_ORIGINS'> &
    Pick<NetworkSettings, 'MAX_MESSAGE_BYTES'> &
    Pick<CallSettings, 'PUBLIC_DOCS_URL'>
  /** Absent if connections are not encrypted. */
  readonly tls: TlsFiles | undefined
  /** Every call of an operation goes through it. */
  readonly pipeline: CallPipeline
  readonly pages: Pages
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly observer: Pick<Observer, 'limitReached'>
}

/** How long browsers use only encrypted connections to this host, after an answer over one, in seconds: a year. */
const encryptedSeconds = 31_536_000

/** Answers requests: operations through the pipeline, and pages. */
export class HttpHandler {
  readonly #routes: ReadonlyMap<string, Route>
  readonly #options: HandlerOptions

  constructor(routes: readonly Route[], options: HandlerOptions) {
    this.#routes = new Map(routes.map((route) => [route.path, route]))
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#handle(request, response)
    } catch (error) {
      // Any other error means that the client has gone away while its request was read.
      if (error instanceof HttpError) send(response, error.answer)
      else response.destroy()
    }
    if (!request.complete) discardBody(request)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pages, settings, tls } = this.#options
    if (tls) response.setHeader('strict-transport-security', `max-age=${encryptedSeconds}`)
    const isPreflight = checkOrigin(request, response, settings.HTTP_ALLOWED_ORIGINS ?? [])
    if (isPreflight) return send(response, { status: 204, headers: {}, body: new Uint8Array() })
    const [path = ''] = request.url?.split('?', 1) ?? []
    const route = this.#routes.get(path)
    if (route) return await this.#call(route, request, response)
    const page = pageAnswer(pages, path, request)
    if (!page) throw new HttpError(404, 'There is nothing at this path.')
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new HttpError(405, 'This path must be read with GET.', { allow: 'GET, HEAD' })
    send(response, page)
  }

  async #call(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pipeline, settings, tls, now, observer } = this.#options
    const startTime = now()
    // Before the body is read: a connection that has been closed has no certificate.
    const certificate = tls?.clients.of(connectionOf(request.socket))
    const call = protocolCall(route, request, settings.PUBLIC_DOCS_URL)
    const onTooLarge = () => observer.limitReached('MAX_MESSAGE_BYTES')
    const body = await readBody(request, settings.MAX_MESSAGE_BYTES, onTooLarge)
    pipeline.handle<Uint8Array>(route, {
      rpcSystem: call.rpcSystem,
      header: (name) => request.headersDistinct[name] ?? [],
      certificate: () => namesOf(certificate),
      clientDeadline: startTime + call.timeoutMs,
      isCancelled: () => response.destroyed,
      decode: () => call.decode(body),
      encode: call.encode,
      answer: ({ requestId, encoded, failure }) =>
        send(response, failure ? call.refuse(failure, requestId) : call.answer(encoded, requestId)),
    })
  }
}

function protocolCall({ method }: Route, request: IncomingMessage, docsUrl?: string): ProtocolCall {
  if (request.method !== 'POST' && request.method !== 'GET')
    throw new HttpError(405, 'An operation must be called with POST.', { allow: 'POST' })
  const isGrpcWeb = request.method === 'POST' && headerOf(request, 'content-type')?.startsWith(grpcWebPrefix)
  return isGrpcWeb ? grpcWebCall(method, request, docsUrl) : connectCall(method, request, docsUrl)
}
