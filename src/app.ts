import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Authenticate } from './access/authenticate.js'
import { CallerLimits } from './access/caller-limits.js'
import { openAuthentication } from './access/sources.js'
import { type ApiToken, createApiToken } from './access/token.js'
import { CallPipeline } from './calls/pipeline.js'
import {
  type BoundService,
  bindService,
  pathsOf,
  type Route,
  routesOf,
  type ServiceImplementation,
} from './calls/service.js'
import { printableSettings, sharedSettings } from './config/read-settings.js'
import { Database, IndexMismatchError } from './database/database.js'
import type { DatabaseSettings } from './database/settings.js'
import { recordSharedSettings } from './database/shared-settings.js'
import { collectionsOf, createFeatures, type FeatureDependencies, type Foundation } from './features.js'
import { file_google_rpc_error_details } from './gen/google/rpc/error_details_pb.js'
import { sourceInfo as rpcInfo } from './gen/google/rpc/source-info.js'
import { file_google_rpc_status } from './gen/google/rpc/status_pb.js'
import { file_health_v1_health } from './gen/health/v1/health_pb.js'
import { sourceInfo as healthInfo } from './gen/health/v1/source-info.js'
import { file_messagecontacts_v1_error_reason } from './gen/messagecontacts/v1/error_reason_pb.js'
import { MessageContactService } from './gen/messagecontacts/v1/message_contact_service_pb.js'
import { sourceInfo as contractInfo } from './gen/messagecontacts/v1/source-info.js'
import { Health } from './grpc/health.js'
import { createReflection } from './grpc/reflection.js'
import { startGrpcServer } from './grpc/server.js'
import type { Pages } from './http/pages.js'
import type { HttpServerOptions } from './http/server.js'
import { Closers, Readiness } from './lifecycle.js'
import { TlsFiles } from './network/tls.js'
import { type Settings, settingsSchema } from './settings.js'
import type { AdminListener } from './telemetry/admin.js'
import { type Log, LogObserver } from './telemetry/log.js'
import type { Observer } from './telemetry/observer.js'
import { createTelemetry } from './telemetry/telemetry.js'
import { deadlineIn } from './time.js'
import { version } from './version.js'

/** A running service. */
export interface App {
  /** `host:port` as bound. */
  readonly address: string
  /** The same of the HTTP listener, if there is one. */
  readonly httpAddress?: string | undefined
  /** `host:port` of the admin listener as bound; undefined without ADMIN_LISTEN. */
  readonly adminAddress: string | undefined
  /** Resolves once the database has answered and calls are served. */
  readonly ready: Promise<void>
  /** Resolves with the reason if the service can never serve, however long it waits. */
  readonly broken: Promise<Error>
  /** Stops in order within SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS and two more seconds. What was acknowledged is kept. */
  stop(): Promise<void>
}

/** What the process provides. Tests provide clocks and random numbers of their own. */
export interface AppDependencies extends FeatureDependencies {
  readonly log: Log
  /** True to make traces. By default there are none. */
  readonly traces?: boolean
  /** Milliseconds since the epoch. By default the clock of the machine. */
  readonly now?: () => number
  /** In milliseconds; never goes backwards. By default the monotonic clock of the machine. */
  readonly monotonicNow?: () => number
  /** The time that is stored, in milliseconds since the epoch. By default the clock of the database. */
  readonly storedNow?: () => number
  /** What browsers are served over HTTP. By default nothing. */
  readonly pages?: Pages
  /** Further services on the same server. */
  readonly services?: readonly BoundService[]
}

/** What reflection shows: also the details of refusals, without which grpcurl prints base64, and health. */
const reflectedFiles = [
  MessageContactService.file,
  file_messagecontacts_v1_error_reason,
  file_google_rpc_status,
  file_google_rpc_error_details,
  file_health_v1_health,
]

const comments = { ...contractInfo, ...rpcInfo, ...healthInfo }

/** How long the page of the metrics waits for the database, in milliseconds. */
const maxQueueReadMs = 1000

const healthTiming = { intervalMs: 5000, unhealthyIntervalMs: 500, timeoutMs: 4500 }

/**
 * Connects all modules and starts to serve. Does not wait for the database: until it answers, health is NOT_SERVING.
 * Rejects if the address cannot be bound, and with ConfigurationError if the database driver rejects MONGODB_URI, or if a setting names
 * a file that cannot be used.
 */
export async function startApp(settings: Settings, dependencies: AppDependencies): Promise<App> {
  const { log, traces = false, now = Date.now, monotonicNow = () => performance.now(), storedNow } = dependencies
  const paths = pathsServed(dependencies)
  const telemetry = await createTelemetry({ settings, traces, log, version, paths, now, monotonicNow })
  const { observer, tracing } = telemetry
  const readiness = new Readiness()
  const closers = new Closers(now)

  const onRejected = observer.fileRejected.bind(observer)
  const authentication = await openAuthentication(settings, { now, monotonicNow, onRejected })
  closers.push(async () => authentication.stop())
  const tls = await openTls(settings, { now, observer })
  closers.push(async () => tls?.stop())
  const database = new Database(settings, { now, monotonicNow, storedNow, observer })
  // At the same time, because nothing that is traced is left by then.
  closers.push(async () => void (await Promise.all([database.close(), telemetry.stop()])))
  const foundation = { database, observer, tracing, now, closers }
  const { operations, reader, worker } = createFeatures(settings, dependencies, foundation)
  const health = createHealth(database, readiness, observer)
  const { authenticate } = authentication
  const parts = { health, readiness, authenticate, tls, observer, tracing, now, monotonicNow }
  const servers = await startServers(operations, settings, dependencies, parts)
  closers.push((timeoutMs) => servers.stop(timeoutMs))
  const admin = await telemetry.startAdmin(() => reader.findOldestDueSeconds(deadlineIn(maxQueueReadMs, now)))
  // Before the servers stop, so that deliveries use the time in which open calls finish.
  closers.push(async () => worker.stopClaiming())

  const printed = printableSettings(settingsSchema, settings)
  const addresses = { ...servers.addresses, adminAddress: admin?.address }
  log.info({ version, ...addresses, database: database.name, settings: printed }, 'listening')
  health.start()
  void readiness.ready.then(() => worker.start())
  void readiness.ready.then(() => reportDifferentSettings(settings, database, observer))
  return {
    ...addresses,
    ready: readiness.ready,
    broken: readiness.broken,
    stop: () => stopInOrder(settings, { health, closers, admin, log }),
  }
}

interface StoppedParts {
  readonly health: Health
  readonly closers: Closers
  readonly admin: AdminListener | undefined
  readonly log: Log
}

async function stopInOrder(settings: Settings, { health, closers, admin, log }: StoppedParts): Promise<void> {
  health.stop()
  await pause(settings.SHUTDOWN_DELAY_SECONDS * 1000)
  await closers.closeAll(settings.SHUTDOWN_TIMEOUT_SECONDS * 1000)
  await admin?.stop()
  log.info('stopped')
}

/**
 * Creates the indexes that are missing, as the service does when it starts, and resolves once a majority has confirmed a write.
 * Rejects with ConfigurationError if the database driver rejects MONGODB_URI, with IndexMismatchError if an index differs, and with any
 * error of the driver.
 */
export async function prepareDatabase(settings: DatabaseSettings, log: Log): Promise<void> {
  const monotonicNow = () => performance.now()
  const database = new Database(settings, { now: Date.now, monotonicNow, observer: new LogObserver(log) })
  collectionsOf(database)
  try {
    await database.probe()
    log.info({ database: database.name }, 'database prepared')
  } finally {
    await database.close()
  }
}

/** A new API token, for `create-token`. */
export const newApiToken = (): ApiToken => createApiToken(randomBytes(32))

/** Where callers are known by their certificates only, no connection is without one. */
const openTls = (settings: Settings, options: Pick<Foundation, 'now' | 'observer'>): Promise<TlsFiles | undefined> =>
  TlsFiles.open({
    settings,
    requiresClientCertificate: settings.AUTHENTICATION.every((via) => via === 'mtls'),
    ...options,
  })

const pathsServed = ({ services = [] }: AppDependencies): readonly string[] =>
  [MessageContactService, ...services.map(({ descriptor }) => descriptor)].flatMap(pathsOf)

interface ServerParts extends Pick<Foundation, 'observer' | 'tracing' | 'now'> {
  readonly health: Health
  readonly readiness: Readiness
  readonly authenticate: Authenticate
  readonly tls: TlsFiles | undefined
  readonly monotonicNow: () => number
}

/** Serves the operations of the contract, and whatever else is on the same server, over gRPC and, if HTTP_LISTEN is set, over HTTP. */
async function startServers(
  operations: ServiceImplementation<typeof MessageContactService>,
  settings: Settings,
  { services = [], pages = new Map() }: AppDependencies,
  { health, readiness, authenticate, tls, observer, tracing, now, monotonicNow }: ServerParts,
) {
  const newRequestId = () => randomUUID().toUpperCase()
  const callerLimits = new CallerLimits({ settings, maxCallsInFlight: settings.MAX_CALLS_IN_FLIGHT, monotonicNow })
  const pipeline = new CallPipeline({
    settings,
    authenticate,
    callerLimits,
    readyWithin: (timeoutMs) => readiness.readyWithin(timeoutMs),
    newRequestId,
    now,
    observer,
    tracing,
  })
  const routes = [bindService(MessageContactService, operations), ...services].flatMap(routesOf)
  const grpc = await startGrpcServer(routes, {
    settings,
    tls,
    pipeline,
    authenticate,
    callerLimits,
    otherServices: settings.REFLECTION === 'off' ? [health] : [health, createReflection(reflectedFiles, comments)],
    newRequestId,
    observer,
  })
  const http = await startHttp(routes, { settings, tls, pipeline, pages, now, observer })
  return {
    addresses: { address: grpc.address, httpAddress: http?.address },
    async stop(timeoutMs: number) {
      await Promise.all([grpc.stop(timeoutMs), http?.stop(timeoutMs)])
    },
  }
}

/** Its modules are loaded only where they are used, because that takes a tenth of the start. */
async function startHttp(routes: readonly Route[], options: HttpServerOptions & { readonly settings: Settings }) {
  const { HTTP_LISTEN } = options.settings
  if (!HTTP_LISTEN) return undefined
  const { startHttpServer } = await import('./http/server.js')
  return startHttpServer(HTTP_LISTEN, routes, options)
}

/** Health follows the database. The service is ready once it is healthy, and broken if an index in the database differs. */
function createHealth(database: Database, readiness: Readiness, observer: Observer): Health {
  return new Health({
    ...healthTiming,
    names: ['', MessageContactService.typeName],
    async probe() {
      try {
        await database.probe()
      } catch (error) {
        if (error instanceof IndexMismatchError) readiness.markBroken(error)
        throw error
      }
    },
    observer: {
      healthChanged(report) {
        if (report.serving) readiness.markReady()
        observer.healthChanged(report)
      },
    },
  })
}

async function reportDifferentSettings(settings: Settings, database: Database, observer: Observer): Promise<void> {
  // A comparison that fails is no reason to stop: the next process that starts compares again.
  const names = await recordSharedSettings(database, sharedSettings(settingsSchema, settings)).catch(() => [])
  if (names.length > 0) observer.settingsDiffer(names)
}
