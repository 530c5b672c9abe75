import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { type ConnectionInjector, type Server, ServerCredentials, status } from '@grpc/grpc-js'
import { credentialHeaders } from '../access/authenticate.js'
import { connectionOf } from '../network/connection.js'
import type { NetworkSettings } from '../network/settings.js'
import type { Observer } from '../telemetry/observer.js'
import { SessionGuard } from './session-guard.js'
import { requestIdKey } from './status.js'

export type ConnectionSettings = Pick<
  NetworkSettings,
  'MAX_HEADER_BYTES' | 'MAX_MESSAGE_BYTES' | 'MAX_STREAMS_PER_CONNECTION'
>
export type ConnectionObserver = Pick<Observer, 'limitReached' | 'unknownMethodCalled'>

export interface ConnectionsOptions {
  readonly settings: ConnectionSettings
  readonly observer: ConnectionObserver
  /** Called when the client has sent its settings, by which HTTP/2 begins. `close` lets open calls finish. */
  readonly onOpened: (connection: string, close: () => void) => void
}

/** How long a connection that we have closed may wait for the client to close it too, in milliseconds. */
export const lingerMs = 250
const inspectionIntervalMs = 1000
/** How many inspections a call may wait for its client; and how many if more than `maxWaitingCalls` of this process do. */
const maxWaitSeconds = { usual: 10, crowded: 1 }
const maxWaitingCalls = 1000

/** The HTTP/2 connections of a server: what grpc-js has no options for. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #injector: ConnectionInjector
  readonly #guards = new Set<SessionGuard>()
  readonly #inspections: NodeJS.Timeout
  /** At the last inspection. */
  #waitingCalls = 0

  /** grpc-js keeps its HTTP/2 server in a private field. Throws if a new version of grpc-js no longer does. */
  constructor(server: Server, options: ConnectionsOptions) {
    this.#options = options
    this.#injector = server.createConnectionInjector(ServerCredentials.createInsecure())
    const http2Servers: ReadonlyMap<Http2Server, unknown> | undefined = server['http2Servers']
    const [http2Server] = http2Servers?.keys() ?? []
    if (!http2Server) throw new Error('this version of grpc-js has no http2Servers')
    // Clients that respect it refuse larger headers themselves. Node resets a stream above it, and closes the connection at 64 KiB.
    http2Server.updateSettings({ maxHeaderListSize: options.settings.MAX_HEADER_BYTES })
    http2Server.on('session', (session) => this.#watch(session))
    this.#inspections = setInterval(() => this.#inspect(), inspectionIntervalMs).unref()
  }

  /** Lets grpc-js serve a connection, encrypted or not. */
  serve(socket: Socket): void {
    // A client that never closes its side would keep the connection, and its part of the limit, for ever.
    socket.once('finish', () => setTimeout(() => socket.destroy(), lingerMs).unref())
    this.#injector.injectConnection(socket)
  }

  /** Inspects the connections no more. */
  stop(): void {
    clearInterval(this.#inspections)
  }

  #inspect(): void {
    const isCrowded = this.#waitingCalls > maxWaitingCalls
    this.#waitingCalls = 0
    for (const guard of this.#guards)
      this.#waitingCalls += guard.inspect(isCrowded ? maxWaitSeconds.crowded : maxWaitSeconds.usual)
  }

  #watch(session: ServerHttp2Session): void {
    const { settings, observer, onOpened } = this.#options
    const connection = connectionOf(session.socket)
    session.once('remoteSettings', () => onOpened(connection, () => session.close()))
    const ending = watchEnd(session, observer)
    const guard = new SessionGuard(session, settings, {
      reset: (limit) => observer.limitReached(limit),
      cut: (limit) => {
        ending.isKnown = true
        observer.limitReached(limit)
        session.destroy(new Error(limit), constants.NGHTTP2_ENHANCE_YOUR_CALM)
      },
    })
    this.#guards.add(guard)
    session.once('close', () => this.#guards.delete(guard))
    watchStreams(session, guard, this.#options)
  }
}

function watchStreams(session: ServerHttp2Session, guard: SessionGuard, { settings, observer }: ConnectionsOptions) {
  let openStreams = 0
  // Before the listener of grpc-js, which reads the same headers.
  session.prependListener(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...[, raw]: unknown[]) => {
      correctHeaders(headers)
      invalidateCredentials(headers, raw as readonly string[])
      const closed = guard.add(stream)
      openStreams += 1
      if (openStreams === settings.MAX_STREAMS_PER_CONNECTION) observer.limitReached('MAX_STREAMS_PER_CONNECTION')
      stream.once('close', () => {
        closed()
        openStreams -= 1
        if (isEndedByLibrary(stream, status.RESOURCE_EXHAUSTED)) observer.limitReached('MAX_MESSAGE_BYTES')
        else if (isEndedByLibrary(stream, status.UNIMPLEMENTED)) observer.unknownMethodCalled()
      })
    },
  )
}

/** NGHTTP2_ERR_CALLBACK_FAILURE: Node ends a connection so after it has refused 100 streams for lack of memory, which nobody sees before. */
const callbackFailure = -902

/** Reports why a connection ends. In the result, `isKnown` is set where that is reported elsewhere. */
function watchEnd(session: ServerHttp2Session, observer: ConnectionObserver): { isKnown: boolean } {
  const ending = { isKnown: false }
  session.socket.once('end', () => {
    ending.isKnown = true
  })
  session.once('error', (error: { readonly errno?: number }) => {
    ending.isKnown = true
    if (error.errno === callbackFailure) observer.limitReached('MAX_CONNECTION_MEMORY_MB')
  })
  session.once('close', () => {
    // grpc-js destroys a session that it did not close before only if a keepalive ping was not answered.
    if (!ending.isKnown && !session.closed) observer.limitReached('KEEPALIVE_SECONDS')
  })
  return ending
}

/** Replaces what grpc-js would misunderstand. */
function correctHeaders(headers: IncomingHttpHeaders): void {
  // grpc-js serves everything that starts with `application/grpc`, and answers 415 to everything else.
  if (!/^application\/grpc($|[+;])/.test(headers['content-type'] ?? '')) headers['content-type'] = ''
  if (isBeyondTimers(headers['grpc-timeout'])) delete headers['grpc-timeout']
}

/** The only characters of values that grpc-js keeps. */
const keptValue = /^[ -~]*$/

/**
 * Makes credentials invalid that would otherwise seem to be valid or absent: Node keeps only the first of two headers `authorization`, and
 * grpc-js drops values with other characters. `raw` has names and values in turn, as the client sent them.
 */
function invalidateCredentials(headers: IncomingHttpHeaders, raw: readonly string[]): void {
  const seen = new Set<string>()
  for (let index = 0; index < raw.length; index += 2) {
    const { [index]: name = '', [index + 1]: value = '' } = raw
    if (!credentialHeaders.includes(name)) continue
    if (seen.has(name) || !keptValue.test(value)) headers[name] = ''
    seen.add(name)
  }
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000 }

/**
 * Timers and grpc-js have 32 bits for milliseconds: a timeout of more than 24.8 days would become a short or a negative one.
 * MAX_CALL_SECONDS is shorter than all of them, so without the timeout the call is served as the client means it.
 */
function isBeyondTimers(timeout: string | readonly string[] | undefined): boolean {
  // The pattern of grpc-js.
  const [, amount, unit = ''] = /(\d{1,8})\s*([HMSmun])/.exec(String(timeout ?? '')) ?? []
  return Number(amount) * (unitMs[unit] ?? 0) > 2 ** 31 - 1
}

/** True if grpc-js has answered itself, with this status: then there is no request id. */
const isEndedByLibrary = ({ sentHeaders }: ServerHttp2Stream, code: status): boolean =>
  sentHeaders?.['grpc-status'] === code && sentHeaders[requestIdKey] === undefined
