import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { DescService } from '@bufbuild/protobuf'
import {
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js'
import { Failure } from '../failure.js'
import { CallAdapter, type CallOptions, type Implementation, type Operation } from './call.js'
import { isRefusal, toStatus } from './status.js'

/** How much one peer, and all of them together, may take. */
export interface Limits {
  /** The largest request, in bytes, after decompression. */
  readonly messageBytes: number
  readonly streamsPerConnection: number
  readonly connections: number
  /** What one connection may hold in buffers, in megabytes. */
  readonly connectionMemoryMb: number
  /** A connection without a call is closed after so long. */
  readonly connectionIdleMs: number
  /** A connection is told to go after so long, give or take a tenth, so that clients spread over new processes. */
  readonly connectionAgeMs: number
  /** And is cut so long after that, whatever it still carries. */
  readonly connectionAgeGraceMs: number
  /** How often a silent peer is asked whether it is still there. */
  readonly keepaliveMs: number
}

export interface ServeOptions<Caller> extends CallOptions<Caller> {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly limits: Limits
  /** Services that come with their own handlers: health and reflection. */
  readonly extras: readonly { addToServer(server: Server): void }[]
}

/** A server that answers. */
export interface Running {
  /** `host:port` as it was bound. */
  readonly address: string
  /**
   * Stops in order: no new connections and calls, open streams are ended, calls under way finish. What has not finished after `withinMs`
   * is answered as OUTCOME_UNKNOWN and cut. Resolves when no connection is left.
   */
  stop(withinMs: number): Promise<void>
}

/** A service beside the functions that do its work. */
export interface Service<Caller> {
  readonly descriptor: DescService
  readonly implementation: Readonly<Record<string, Operation<Caller>>>
}

/** Binds a service's functions to its descriptor: one that is missing, or of the wrong types, does not compile. */
export function service<Descriptor extends DescService, Caller>(
  descriptor: Descriptor,
  implementation: Implementation<Descriptor, Caller>,
): Service<Caller> {
  return { descriptor, implementation: implementation as Record<string, never> }
}

const keepaliveTimeoutMs = 10_000
/** Far above any answer of ours; by default there is no limit at all. */
const longestAnswerBytes = 4 * 1024 * 1024
/** For the last answers to reach the wire before a connection is cut. */
const lastWordsMs = 250

/** Serves until stopped. Rejects where the address cannot be bound, naming it. */
export async function serve<Caller>(
  services: readonly Service<Caller>[],
  options: ServeOptions<Caller>,
): Promise<Running> {
  // Its texts hold what peers sent.
  setLogVerbosity(logVerbosity.NONE)
  const calls = new CallAdapter(options)
  const streams = new OpenStreams(options.newRequestId)
  const ours = new Set(services.map(({ descriptor }) => descriptor.typeName))
  const server = new Server({ ...serverOptions(options.limits), interceptors: [between(calls, streams, ours)] })
  for (const { descriptor, implementation } of services) {
    const { definition, handlers } = calls.handlersFor(descriptor, implementation)
    server.addService(definition, handlers)
  }
  for (const extra of options.extras) extra.addToServer(server)

  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const { listener, cutAll } = listenerFor((socket) => injector.injectConnection(socket), options.limits.connections)
  listener.listen({ host: options.host, port: options.port })
  await once(listener, 'listening')

  return {
    address: printAddress(listener.address() as AddressInfo),
    async stop(withinMs) {
      // By the connections themselves: from Node 24 on tryShutdown calls back while calls are under way.
      const drained = once(listener.close(), 'close')
      calls.refuseNew()
      streams.end()
      server.tryShutdown(() => {})
      const lastWords = setTimeout(() => calls.abandonOpen(), Math.max(0, withinMs - lastWordsMs))
      // Not forceShutdown: without channelz it knows no connections and cuts none.
      const cut = setTimeout(cutAll, withinMs)
      await drained
      clearTimeout(lastWords)
      clearTimeout(cut)
    },
  }
}

/** A listener of our own, because grpc-js has no limit on connections, hides why a port cannot be bound, and cannot cut every connection. */
function listenerFor(take: (socket: Socket) => void, most: number) {
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A closed session waits for its peer to close too, and some peers never do.
    socket.once('finish', () => setTimeout(() => socket.destroy(), lastWordsMs).unref())
    take(socket)
  })
  listener.maxConnections = most
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { listener, cutAll }
}

function serverOptions(limits: Limits) {
  return {
    'grpc.max_receive_message_length': limits.messageBytes,
    'grpc.max_send_message_length': longestAnswerBytes,
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    'grpc-node.max_session_memory': limits.connectionMemoryMb,
    'grpc.max_connection_idle_ms': limits.connectionIdleMs,
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.connectionAgeGraceMs,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    // Shows peers to whoever asks.
    'grpc.enable_channelz': 0,
  }
}

/** What stands between the wire and the handlers: streams are kept in mind, and calls of the services that are `ours` are answered in our words. */
function between<Caller>(
  calls: CallAdapter<Caller>,
  streams: OpenStreams,
  ours: ReadonlySet<string>,
): ServerInterceptor {
  return (method, call) => {
    if (method.responseStream) return streams.track(call)
    const [, typeName = ''] = method.path.split('/')
    return ours.has(typeName)
      ? withOurWords(call, (code, metadata) => calls.refuseUnhandled(method.path, code, metadata))
      : new ServerInterceptingCall(call)
  }
}

/** grpc-js refuses a call with no message, or with two, by itself: `refuse` tells it in our words. */
function withOurWords(
  call: ServerInterceptingCallInterface,
  refuse: (code: status, metadata: Metadata) => StatusObject,
) {
  let metadata = new Metadata()
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (received, pass) => {
          metadata = received
          pass(received)
        },
      }),
    sendStatus: (answer, next) => {
      const known = answer.code === status.OK || isRefusal(answer.metadata)
      next(known ? answer : refuse(answer.code, metadata))
    },
  })
}

/** Streams last as long as their client likes, and a stopping server would wait for them for ever. */
class OpenStreams {
  readonly #newRequestId: () => string
  readonly #open = new Set<ServerInterceptingCallInterface>()
  #ended = false

  constructor(newRequestId: () => string) {
    this.#newRequestId = newRequestId
  }

  track(call: ServerInterceptingCallInterface) {
    this.#open.add(call)
    if (this.#ended) setImmediate(() => this.end())
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          // Fires after every stream, however it ended.
          onCancel: () => {
            this.#open.delete(call)
          },
        }),
    })
  }

  /** Ends all streams, those that are open and those still to come. */
  end() {
    this.#ended = true
    for (const call of this.#open) call.sendStatus(toStatus(new Failure('SHUTTING_DOWN'), this.#newRequestId()))
    this.#open.clear()
  }
}

function printAddress({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
