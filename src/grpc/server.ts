import { logVerbosity, Server, type ServerInterceptor, type ServerOptions, setLogVerbosity } from '@grpc/grpc-js'
import type { CallPipeline } from '../calls/pipeline.js'
import type { Route } from '../calls/service.js'
import type { CallSettings } from '../calls/settings.js'
import { connectionOf } from '../network/connection.js'
import { listen } from '../network/listener.js'
import type { NetworkSettings } from '../network/settings.js'
import type { TlsFiles } from '../network/tls.js'
import type { Observer } from '../telemetry/observer.js'
import { type CertificateOf, GrpcAdapter } from './adapter.js'
import { type ConnectionObserver, Connections, lingerMs } from './connections.js'
import type { GrpcSettings } from './settings.js'
import { OpenStreams, type StreamOptions } from './streams.js'

export interface GrpcServerOptions extends Omit<StreamOptions, 'certificateOf' | 'docsUrl'> {
  readonly settings: GrpcSettings & NetworkSettings & Pick<CallSettings, 'PUBLIC_DOCS_URL'>
  /** Absent if connections are not encrypted. */
  readonly tls: TlsFiles | undefined
  /** Every call of the services goes through it. */
  readonly pipeline: CallPipeline
  /** Services that come with their own handlers, outside the pipeline: health and reflection. */
  readonly otherServices: readonly { addToServer(server: Server): void }[]
  readonly observer: ConnectionObserver & Pick<Observer, 'connectionOpened' | 'connectionClosed'>
}

/** A running server. */
export interface GrpcServer {
  /** `host:port` as bound. */
  readonly address: string
  /**
   * Accepts no new connections and calls, ends open streams and lets open calls finish. Calls that are still open after `timeoutMs`
   * are answered as OUTCOME_UNKNOWN, and their connections are cut. Resolves when no connection is left.
   */
  stop(timeoutMs: number): Promise<void>
}

/** What the paths of all versions of server reflection begin with. */
const reflectionPath = '/grpc.reflection.'
/** How long a client may take to answer a keepalive ping. */
const keepaliveTimeoutMs = 10_000
/** Far above any answer of ours. Without it grpc-js has no limit. */
const maxAnswerBytes = 4 * 1024 * 1024
/** Kept of the stop's timeout, so that answers to abandoned calls are sent before their connections are cut. */
const abandonReserveMs = lingerMs

/** Serves until stopped. Rejects if the address cannot be bound; the error names it. */
export async function startGrpcServer(routes: readonly Route[], options: GrpcServerOptions): Promise<GrpcServer> {
  const { settings, tls, pipeline, otherServices } = options
  const { REFLECTION } = settings
  // The log of grpc-js contains what clients sent.
  setLogVerbosity(logVerbosity.NONE)
  const certificateOf: CertificateOf = (call) => tls?.clients.of(connectionOf(call.getConnectionInfo()))
  const adapter = new GrpcAdapter(routes, pipeline, certificateOf, settings.PUBLIC_DOCS_URL)
  const streams = new OpenStreams({ ...options, certificateOf, docsUrl: settings.PUBLIC_DOCS_URL })
  const interceptor: ServerInterceptor = ({ path, responseStream }, call) => {
    if (!responseStream) return adapter.intercept(path, call)
    const isCounted = REFLECTION !== 'off' && path.startsWith(reflectionPath)
    return isCounted ? streams.trackCounted(REFLECTION, call) : streams.track(call)
  }
  const server = new Server({ ...serverOptions(settings), interceptors: [interceptor] })
  for (const service of [adapter, ...otherServices]) service.addToServer(server)

  const { listener, connections } = await listenForConnections(server, options)
  return {
    address: listener.address,
    async stop(timeoutMs) {
      // We wait for connections and not for tryShutdown, which on Node 24 calls back while calls are still open.
      const closed = listener.close()
      pipeline.refuseNewCalls()
      streams.endAll()
      server.tryShutdown(() => {})
      const abandonTimer = setTimeout(() => pipeline.abandonOpenCalls(), Math.max(0, timeoutMs - abandonReserveMs))
      // Not forceShutdown: without channelz it does not know the connections.
      const cutTimer = setTimeout(() => listener.cutAll(), timeoutMs)
      await closed
      clearTimeout(abandonTimer)
      clearTimeout(cutTimer)
      connections.stop()
    },
  }
}

/** What a connection passes: the listener, TLS if it is configured, HTTP/2. */
async function listenForConnections(server: Server, { settings, tls, observer }: GrpcServerOptions) {
  const connections = new Connections(server, {
    settings,
    observer,
    onOpened(connection, close) {
      listener.opened(connection)
      tls?.clients.onOpened(connection, close)
    },
  })
  const listener = await listen({
    address: settings.LISTEN,
    settings,
    protocol: 'h2',
    tls,
    onConnection: (socket) => connections.serve(socket),
    observer,
  })
  return { listener, connections }
}

function serverOptions(settings: GrpcServerOptions['settings']): ServerOptions {
  return {
    'grpc.max_receive_message_length': settings.MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': maxAnswerBytes,
    'grpc.max_concurrent_streams': settings.MAX_STREAMS_PER_CONNECTION,
    'grpc-node.max_session_memory': settings.MAX_CONNECTION_MEMORY_MB,
    'grpc.max_connection_idle_ms': settings.MAX_CONNECTION_IDLE_SECONDS * 1000,
    'grpc.max_connection_age_ms': settings.MAX_CONNECTION_AGE_SECONDS * 1000,
    'grpc.max_connection_age_grace_ms': settings.CONNECTION_AGE_GRACE_SECONDS * 1000,
    'grpc.keepalive_time_ms': settings.KEEPALIVE_SECONDS * 1000,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    // Channelz shows the addresses of clients to everyone.
    'grpc.enable_channelz': 0,
  }
}
