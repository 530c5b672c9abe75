import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { customAlphabet } from 'nanoid'
import type { Logger } from 'pino'
import { type Caller, identifyCaller } from './caller.js'
import { createParsers } from './contacts/messages.js'
import { createMessageContactService } from './contacts/service.js'
import { Additions } from './contacts/store/additions.js'
import { Changes } from './contacts/store/changes.js'
import { ContactCollection, IndexMismatch } from './contacts/store/collection.js'
import type { GroupCommitOptions } from './contacts/store/group-commit.js'
import { Lookups } from './contacts/store/lookups.js'
import { file_google_rpc_error_details } from './gen/google/rpc/error_details_pb.js'
import { file_google_rpc_status } from './gen/google/rpc/status_pb.js'
import { file_health_v1_health } from './gen/health/v1/health_pb.js'
import { file_messagecontacts_v1_error_reason } from './gen/messagecontacts/v1/error_reason_pb.js'
import { MessageContactService } from './gen/messagecontacts/v1/message_contact_service_pb.js'
import { logAnswered, logHealth } from './log.js'
import { Health } from './rpc/health.js'
import { createReflection } from './rpc/reflection.js'
import { type Limits, type Service, serve, service } from './rpc/server.js'
import { printableSettings, type Settings, WrongSettings } from './settings.js'

/** The service, serving. */
export interface App {
  /** `host:port` as it was bound. */
  readonly address: string
  /** Resolves when the database has answered for the first time and calls are served. */
  readonly ready: Promise<void>
  /** Resolves with the reason when the service cannot do its work and no waiting will mend that. */
  readonly broken: Promise<Error>
  /** Stops in order, within SHUTDOWN_DELAY_SECONDS and SHUTDOWN_SECONDS and one more second: what was acknowledged is kept. */
  stop(): Promise<void>
}

/** What the service finds around it. Tests hand in clocks and dice of their own; the process takes these. */
export interface Surroundings {
  readonly log: Logger
  /** Milliseconds of the epoch. By default the machine's clock. */
  readonly now?: () => number
  /** A random whole number from 0 to below `sides`. */
  readonly dice?: (sides: number) => number
  /** How inserts and reads by id gather. The bench compares; nobody else needs to decide. */
  readonly groupCommit?: GroupCommitOptions
  /** Services beside ours, on the same server. */
  readonly services?: readonly Service<Caller>[]
}

const { version } = createRequire(import.meta.url)('#package.json') as { version: string }
/** With the details of refusals, or grpcurl would print them as base64; and with health, so that it can be asked the same way. */
const servedFiles = [
  ...[MessageContactService.file, file_messagecontacts_v1_error_reason],
  ...[file_google_rpc_status, file_google_rpc_error_details, file_health_v1_health],
]
/** How often health asks the database, while it answers and while it does not; and how long an answer may take. In milliseconds. */
const probing = { everyMs: 5000, everyMsWhileDown: 500, withinMs: 4500 }
/** The search for a server ends sooner than most deadlines, so that the refusal can say what is missing. */
const serverSelectionMs = 2000
/** How long a member that said it was going may be passed over after it stayed. By default 10 seconds. */
const heartbeatMs = 2000
const closeDatabaseMs = 1000

/** A contact's id: `c-` and 16 letters or digits, 95 bits of chance. */
const randomId = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 16)

/**
 * Connects everything with everything and starts to serve. Waits for no database: until one answers, health is NOT_SERVING.
 * Rejects where the address cannot be bound, and with WrongSettings where MONGODB_URI cannot be understood.
 */
export async function startApp(settings: Settings, surroundings: Surroundings): Promise<App> {
  const { log, now = Date.now } = surroundings
  const client = databaseClient(settings)
  const commandTimeoutMs = settings.DATABASE_TIMEOUT_SECONDS * 1000
  const collection = new ContactCollection(client.db(settings.MONGODB_DATABASE), { commandTimeoutMs, now })
  const life = new Life()
  const health = new Health({
    ...probing,
    names: ['', MessageContactService.typeName],
    probe: () => life.probe(client, collection),
    changed: (serving, cause) => {
      if (serving) life.begin()
      logHealth(log, serving, cause)
    },
  })
  const contacts = contactService(collection, settings, surroundings)
  const server = await serve<Caller>([service(MessageContactService, contacts), ...(surroundings.services ?? [])], {
    ...settings.LISTEN,
    limits: limitsOf(settings),
    mostCallsInFlight: settings.MAX_CALLS_IN_FLIGHT,
    longestCallMs: settings.MAX_CALL_SECONDS * 1000,
    identify: (header) => identifyCaller(header, settings.DEFAULT_DIRECTORY_ID),
    newRequestId: () => randomUUID().toUpperCase(),
    now,
    observe: (answered) => logAnswered(log, answered),
    extras: [health, createReflection(servedFiles)],
  })
  log.info({ version, address: server.address, settings: printableSettings(settings) }, 'listening')
  void health.follow()
  const stop = async () => {
    health.stop()
    await pause(settings.SHUTDOWN_DELAY_SECONDS * 1000)
    await server.stop(settings.SHUTDOWN_SECONDS * 1000)
    await Promise.race([client.close(), pause(closeDatabaseMs)])
    log.info('stopped')
  }
  return { address: server.address, ready: life.ready, broken: life.broken, stop }
}

function contactService(collection: ContactCollection, settings: Settings, surroundings: Surroundings) {
  const { now = Date.now, dice = (sides) => Math.floor(Math.random() * sides), groupCommit } = surroundings
  const lookups = new Lookups(collection, groupCommit)
  return createMessageContactService({
    parse: createParsers({ countryCodes: settings.COUNTRY_CODES, phoneNumber: settings.PHONE_NUMBER }),
    additions: new Additions(collection, {
      contactsPerDirectory: settings.CONTACTS_PER_DIRECTORY,
      dice,
      groupCommit,
    }),
    lookups,
    changes: new Changes(collection, lookups, dice),
    now: () => new Date(now()),
    newContactId: () => `c-${randomId()}`,
  })
}

/** Whether the service has begun to serve, or never will. */
class Life {
  readonly ready: Promise<void>
  readonly broken: Promise<Error>
  begin: () => void = () => {}
  #end: (reason: Error) => void = () => {}
  #preparation: Promise<void> | undefined
  #prepared = false

  constructor() {
    this.ready = new Promise((resolve) => {
      this.begin = resolve
    })
    this.broken = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Resolves while the database answers and has our indexes. */
  async probe(client: MongoClient, collection: ContactCollection): Promise<void> {
    if (this.#prepared) return collection.probe()
    // One at a time: over many documents it may take longer than a probe, and the next probe asks for the same one.
    this.#preparation ??= this.#prepare(client, collection).finally(() => {
      this.#preparation = undefined
    })
    return this.#preparation
  }

  async #prepare(client: MongoClient, collection: ContactCollection): Promise<void> {
    try {
      await client.connect()
      await collection.prepare()
      await collection.probe()
      this.#prepared = true
    } catch (error) {
      if (error instanceof IndexMismatch) this.#end(error)
      throw error
    }
  }
}

/** Throws WrongSettings where the driver cannot make sense of MONGODB_URI. Its own words may quote the password. */
function databaseClient(settings: Settings): MongoClient {
  try {
    return new MongoClient(settings.MONGODB_URI, {
      appName: 'message-contacts',
      // Where a member goes, the driver repeats what was under way.
      retryWrites: true,
      maxPoolSize: settings.DATABASE_POOL_SIZE,
      serverSelectionTimeoutMS: serverSelectionMs,
      connectTimeoutMS: serverSelectionMs,
      heartbeatFrequencyMS: heartbeatMs,
      ignoreUndefined: true,
    })
  } catch {
    throw new WrongSettings(['MONGODB_URI cannot be understood by the database driver'])
  }
}

function limitsOf(settings: Settings): Limits {
  return {
    messageBytes: settings.MAX_MESSAGE_BYTES,
    streamsPerConnection: settings.MAX_STREAMS_PER_CONNECTION,
    connections: settings.MAX_CONNECTIONS,
    connectionMemoryMb: settings.MAX_CONNECTION_MEMORY_MB,
    connectionIdleMs: settings.MAX_CONNECTION_IDLE_SECONDS * 1000,
    connectionAgeMs: settings.MAX_CONNECTION_AGE_SECONDS * 1000,
    connectionAgeGraceMs: settings.CONNECTION_AGE_GRACE_SECONDS * 1000,
    keepaliveMs: settings.KEEPALIVE_SECONDS * 1000,
  }
}
