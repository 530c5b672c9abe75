import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { type Server, status } from '@grpc/grpc-js'
import type { Observer } from '../telemetry/observer.js'
import type { GrpcSettings } from './settings.js'
import { requestIdKey } from './status.js'

export type ConnectionSettings = Pick<GrpcSettings, 'MAX_HEADER_BYTES' | 'MAX_STREAMS_PER_CONNECTION'>
export type ConnectionObserver = Pick<Observer, 'limitReached' | 'unknownMethodCalled'>

/**
 * Sets and observes what grpc-js has no options for, on the HTTP/2 server of its connection injector. Call it after the injector was created.
 * grpc-js keeps that server in a private field. Throws if a new version of grpc-js no longer does.
 */
export function watchConnections(server: Server, settings: ConnectionSettings, observer: ConnectionObserver): void {
  const http2Servers: ReadonlyMap<Http2Server, unknown> | undefined = server['http2Servers']
  const [http2Server] = http2Servers?.keys() ?? []
  if (!http2Server) throw new Error('this version of grpc-js has no http2Servers')
  // Clients that respect it refuse larger headers themselves. Node resets a stream above it, and closes the connection at 64 KiB.
  http2Server.updateSettings({ maxHeaderListSize: settings.MAX_HEADER_BYTES })
  http2Server.on('session', (session) => watchSession(session, settings, observer))
}

/** NGHTTP2_ERR_CALLBACK_FAILURE: Node ends a connection so after it has refused 100 streams for lack of memory, which nobody sees before. */
const callbackFailure = -902

function watchSession(
  session: ServerHttp2Session,
  { MAX_STREAMS_PER_CONNECTION }: ConnectionSettings,
  observer: ConnectionObserver,
): void {
  let openStreams = 0
  // Before the listener of grpc-js, which reads the same headers.
  session.prependListener('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    correctHeaders(headers)
    openStreams += 1
    if (openStreams === MAX_STREAMS_PER_CONNECTION) observer.limitReached('MAX_STREAMS_PER_CONNECTION')
    stream.once('close', () => {
      openStreams -= 1
      if (isEndedByLibrary(stream, status.RESOURCE_EXHAUSTED)) observer.limitReached('MAX_MESSAGE_BYTES')
      else if (isEndedByLibrary(stream, status.UNIMPLEMENTED)) observer.unknownMethodCalled()
    })
  })

  let isEndKnown = false
  session.socket.once('end', () => {
    isEndKnown = true
  })
  session.once('error', (error: { readonly errno?: number }) => {
    isEndKnown = true
    if (error.errno === callbackFailure) observer.limitReached('MAX_CONNECTION_MEMORY_MB')
  })
  session.once('close', () => {
    // grpc-js destroys a session that it did not close before only if a keepalive ping was not answered.
    if (!isEndKnown && !session.closed) observer.limitReached('KEEPALIVE_SECONDS')
  })
}

/** Replaces what grpc-js would misunderstand. */
function correctHeaders(headers: IncomingHttpHeaders): void {
  // grpc-js serves everything that starts with `application/grpc`, and answers 415 to everything else.
  if (!/^application\/grpc($|[+;])/.test(headers['content-type'] ?? '')) headers['content-type'] = ''
  if (isBeyondTimers(headers['grpc-timeout'])) delete headers['grpc-timeout']
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
