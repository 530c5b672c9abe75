import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js'
import { CallerLimits } from '../../src/access/caller-limits.js'
import type { AccessSettings } from '../../src/access/settings.js'
import type { OperationCall } from '../../src/calls/call.js'
import { CallPipeline, type PipelineOptions } from '../../src/calls/pipeline.js'
import { type BoundService, type Operation, routesOf } from '../../src/calls/service.js'
import type { CallSettings } from '../../src/calls/settings.js'
import {
  type AddMessageContactRequest,
  type AddMessageContactResponseSchema,
  MessageContactService,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { type GrpcServer, type GrpcServerOptions, startGrpcServer } from '../../src/grpc/server.js'
import type { GrpcSettings } from '../../src/grpc/settings.js'
import type { HttpSettings } from '../../src/http/settings.js'
import type { NetworkSettings } from '../../src/network/settings.js'
import { TlsFiles } from '../../src/network/tls.js'
import type { CallEnd, ConnectionLimit } from '../../src/telemetry/observer.js'
import { headerAuthentication, readAccess } from './access/authentication.js'
import { ContactsClient } from './client.js'
import { RecordingObserver } from './recording-observer.js'

/** Replaces every operation of the contract: tests of transports need no contacts and no database. */
export type Toy = (
  request: AddMessageContactRequest,
  call: OperationCall,
) => Promise<MessageInitShape<typeof AddMessageContactResponseSchema>>

export interface RunningToy extends GrpcServer {
  readonly client: ContactsClient
  readonly pipeline: CallPipeline
  /** What the observer has seen of calls that were answered, in order. */
  readonly endedCalls: readonly CallEnd[]
  /** The limits that the observer has seen to be reached, in order. */
  readonly reachedLimits: readonly ConnectionLimit[]
  /** A client with a connection of its own. */
  connect(options?: ChannelOptions, credentials?: ChannelCredentials): ContactsClient
  /** The files that the observer has seen to be rejected, in order. */
  readonly rejectedFiles: RecordingObserver['rejectedFiles']
}

export interface ToyOptions
  extends Partial<Pick<PipelineOptions, 'authenticate' | 'now' | 'readyWithin'>>,
    Partial<Pick<GrpcServerOptions, 'otherServices'>> {
  /** Differences from `toySettings`. Times in seconds may be fractions. */
  readonly settings?: Partial<ToySettings>
}

export type ToySettings = GrpcSettings & HttpSettings & NetworkSettings & CallSettings & AccessSettings

/** The path of the operation that tests call. */
export const toyPath = `/${MessageContactService.typeName}/${MessageContactService.method.addMessageContact.name}`

/** The options of a call whose caller is known. */
export const known = { directoryId: 'toy' }

/** Limits low enough to be reached on purpose and high enough not to be reached by accident. */
export const toySettings: ToySettings = {
  ...readAccess({ AUTHENTICATION: 'header' }),
  LISTEN: { host: '127.0.0.1', port: 0 },
  REFLECTION: 'open',
  TLS: undefined,
  TLS_CERT_FILE: undefined,
  TLS_KEY_FILE: undefined,
  TLS_CLIENT_CA_FILE: undefined,
  MAX_MESSAGE_BYTES: 4096,
  MAX_HEADER_BYTES: 32_768,
  MAX_CONNECTIONS: 100,
  MAX_CONNECTIONS_PER_IP: 100,
  MAX_STREAMS_PER_CONNECTION: 100,
  MAX_CONNECTION_MEMORY_MB: 8,
  MAX_CONNECTION_IDLE_SECONDS: 60,
  MAX_CONNECTION_AGE_SECONDS: 60,
  CONNECTION_AGE_GRACE_SECONDS: 10,
  KEEPALIVE_SECONDS: 30,
  MAX_CALLS_IN_FLIGHT: 100,
  MAX_CALL_SECONDS: 10,
  CALLS_PER_SECOND_PER_CALLER: 1_000_000,
  CALLS_PER_SECOND_PER_DIRECTORY: 1_000_000,
  MAX_CALLS_IN_FLIGHT_PER_CALLER: 100_000,
}

/** Answers with the name it was given. */
export const echo: Toy = async ({ name }, { requestId }) => ({ requestId, contact: { name } })

/** Never answers. */
export const never: Toy = () => new Promise(() => {})

/** The service of the contract with one function for all its operations. */
export const toyService = (toy: Toy): BoundService => ({
  descriptor: MessageContactService,
  operations: Object.fromEntries(MessageContactService.methods.map(({ localName }) => [localName, toy as Operation])),
})

const newRequestId = () => crypto.randomUUID().toUpperCase()

/** A pipeline whose callers are named by the header `x-resource-directory-id`, and what its observer sees. */
export function createToyPipeline({
  settings,
  authenticate = headerAuthentication,
  now = Date.now,
  readyWithin = async () => {},
}: ToyOptions = {}) {
  const observer = new RecordingObserver()
  const allSettings = { ...toySettings, ...settings }
  const maxCallsInFlight = allSettings.MAX_CALLS_IN_FLIGHT
  const callerLimits = new CallerLimits({ settings: allSettings, maxCallsInFlight, monotonicNow: now })
  const pipeline = new CallPipeline({
    settings: allSettings,
    authenticate,
    callerLimits,
    readyWithin,
    newRequestId,
    now,
    observer,
  })
  return { pipeline, callerLimits, observer }
}

/** Opens the files of TLS as the service does. */
export const openTls = (settings: ToySettings, observer: RecordingObserver, now = Date.now) =>
  TlsFiles.open({
    settings,
    requiresClientCertificate: settings.AUTHENTICATION.every((via) => via === 'mtls'),
    now,
    observer,
  })

const running = new Set<() => Promise<void>>()

/** Serves the toy on a socket of its own, until `stopToys`. */
export async function startToy(toy: Toy, options: ToyOptions = {}): Promise<RunningToy> {
  const { pipeline, callerLimits, observer } = createToyPipeline(options)
  const settings = { ...toySettings, ...options.settings }
  const tls = await openTls(settings, observer, options.now)
  const server = await startGrpcServer(routesOf(toyService(toy)), {
    settings,
    tls,
    pipeline,
    callerLimits,
    authenticate: options.authenticate ?? headerAuthentication,
    otherServices: options.otherServices ?? [],
    newRequestId,
    observer,
  })
  const clients: ContactsClient[] = []
  const connect = (channelOptions?: ChannelOptions, credentials?: ChannelCredentials) => {
    const client = new ContactsClient(server.address, channelOptions, credentials)
    clients.push(client)
    return client
  }
  running.add(async () => {
    for (const client of clients) client.close()
    await server.stop(500)
    tls?.stop()
  })
  return {
    ...server,
    client: connect(),
    pipeline,
    endedCalls: observer.endedCalls,
    reachedLimits: observer.reachedLimits,
    rejectedFiles: observer.rejectedFiles,
    connect,
  }
}

/** Stops everything that was started; for afterEach. */
export async function stopToys(): Promise<void> {
  const stops = [...running]
  running.clear()
  await Promise.all(stops.map((stop) => stop()))
}
