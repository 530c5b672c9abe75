import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Route } from '../calls/service.js'
import type { CallSettings } from '../calls/settings.js'
import { connectionOf } from '../network/connection.js'
import { type Listener, listen } from '../network/listener.js'
import type { NetworkSettings } from '../network/settings.js'
import type { Observer } from '../telemetry/observer.js'
import { HttpError, rawAnswer } from './answers.js'
import { Connections } from './connections.js'
import { type HandlerOptions, HttpHandler } from './handler.js'
import type { HttpSettings } from './settings.js'

export interface HttpServerOptions extends HandlerOptions {
  readonly settings: HttpSettings & NetworkSettings & CallSettings
  readonly observer: Pick<Observer, 'limitReached' | 'connectionOpened' | 'connectionClosed'>
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
  address: NonNullable<HttpSettings['HTTP_LISTEN']>,
  routes: readonly Route[],
  options: HttpServerOptions,
): Promise<HttpServer> {
  const { settings, tls, pipeline, observer } = options
  const server = createLimitedServer(settings)
  const connections = new Connections(server, settings, observer)
  handleRequests(server, connections, new HttpHandler(routes, options))
  const onConnection = (socket: Socket) => {
    const connection = connectionOf(socket)
    listener.opened(connection)
    tls?.clients.onOpened(connection, () => connections.end(socket))
    server.emit('connection', socket)
  }
  const protocol = 'http/1.1'
  const listener: Listener = await listen({ address, settings, protocol, tls, onConnection, observer })
  // Without this event, Node does not check the time limits of requests.
  server.emit('listening')
  return {
    address: listener.address,
    async stop(timeoutMs) {
      const closed = listener.close()
      server.close()
      pipeline.refuseNewCalls()
      connections.endAll()
      const abandonTimer = setTimeout(() => pipeline.abandonOpenCalls(), Math.max(0, timeoutMs - lingerMs))
      const cutTimer = setTimeout(() => listener.cutAll(), timeoutMs)
      await closed
      clearTimeout(abandonTimer)
      clearTimeout(cutTimer)
    },
  }
}

function handleRequests(server: Server, connections: Connections, handler: HttpHandler): void {
  server.on('request', (request, response) => {
    if (connections.admit(request.socket, response)) void handler.handle(request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // An answer in the middle of another one would be misread.
    if (!socket.writable || connections.hasOpenRequests(socket)) socket.destroy()
    else refuseConnection(socket, error)
  })
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
