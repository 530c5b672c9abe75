import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Route } from '../calls/service.js'
import type { CallSettings } from '../calls/settings.js'
import type { NetworkSettings } from '../network/settings.js'
import { HttpError, rawAnswer } from './answers.js'
import { Connections } from './connections.js'
import { type HandlerOptions, HttpHandler } from './handler.js'
import type { HttpSettings } from './settings.js'

export interface HttpServerOptions extends HandlerOptions {
  readonly settings: HttpSettings & NetworkSettings & CallSettings
}

/** A running server. */
export interface HttpServer {
  /** `host:port` as bound. */
  readonly address: string
  /**
   * Accepts no new connections and calls, and lets open calls finish. Calls that are still open after `timeoutMs` are answered as
   * OUTCOME_UNKNOWN, and their connections are cut. Resolves when no connection is left.
   */
  stop(timeoutMs: number): Promise<void>
}

/** How long the headers of a request may take, in milliseconds; also the first ones of a connection. */
const headersTimeoutMs = 5000
/** How long a whole request may take, in milliseconds. */
const requestTimeoutMs = 10_000
/** How often these two are checked, in milliseconds. */
const checkIntervalMs = 1000

/** How long an answer may take to arrive before its connection is cut, in milliseconds. */
const lingerMs = 250

/** Serves until stopped. Rejects if the address cannot be bound; the error names it. */
export async function startHttpServer(
  listen: NonNullable<HttpSettings['HTTP_LISTEN']>,
  routes: readonly Route[],
  options: HttpServerOptions,
): Promise<HttpServer> {
  const { settings, pipeline, observer } = options
  const handler = new HttpHandler(routes, options)
  const server = createLimitedServer(settings)
  const connections = new Connections(server, settings, observer)
  server.on('request', (request, response) => {
    if (connections.admit(request.socket, response)) void handler.handle(request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // An answer in the middle of another one would be misread.
    if (!socket.writable || connections.hasOpenRequests(socket)) socket.destroy()
    else refuseConnection(socket, error)
  })
  server.on('drop', () => observer.limitReached('MAX_CONNECTIONS'))
  server.listen(listen)
  await once(server, 'listening')
  return {
    address: formatAddress(server.address() as AddressInfo),
    async stop(timeoutMs) {
      const closed = once(server.close(), 'close')
      pipeline.refuseNewCalls()
      connections.endAll()
      const abandonTimer = setTimeout(() => pipeline.abandonOpenCalls(), Math.max(0, timeoutMs - lingerMs))
      const cutTimer = setTimeout(() => connections.cutAll(), timeoutMs)
      await closed
      clearTimeout(abandonTimer)
      clearTimeout(cutTimer)
    },
  }
}

function createLimitedServer(settings: HttpServerOptions['settings']): Server {
  const idleMs = settings.MAX_CONNECTION_IDLE_SECONDS * 1000
  const server = createServer({
    maxHeaderSize: settings.MAX_HEADER_BYTES,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkIntervalMs,
    keepAliveTimeout: idleMs,
  })
  server.maxConnections = settings.MAX_CONNECTIONS
  // For clients that do not read their answer. No call takes longer than MAX_CALL_SECONDS.
  server.setTimeout(Math.max(idleMs, settings.MAX_CALL_SECONDS * 1000 + requestTimeoutMs))
  return server
}

/** Answers a request that could not be parsed, and closes its connection. */
function refuseConnection(socket: Socket, { code }: NodeJS.ErrnoException): void {
  socket.end(rawAnswer(requestErrors[code ?? ''] ?? new HttpError(400, 'This is not an HTTP request.')))
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

/** By the error code of Node. */
const requestErrors: Readonly<Record<string, HttpError>> = {
  HPE_HEADER_OVERFLOW: new HttpError(431, 'The headers are larger than this service accepts.'),
  ERR_HTTP_REQUEST_TIMEOUT: new HttpError(408, 'The request did not arrive in time.'),
}

function formatAddress({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
