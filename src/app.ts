import { randomBytes, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { customAlphabet } from 'nanoid'
import type { Logger } from 'pino'
import { type Caller, identifyCaller } from './caller.js'
import { Codes } from './contacts/codes.js'
import { Courier, type CourierOptions } from './contacts/courier.js'
import { createParsers } from './contacts/requests.js'
import { createMessageContactService } from './contacts/service.js'
import { Additions } from './contacts/store/additions.js'
import { Changes } from './contacts/store/changes.js'
import { ContactCollection, IndexMismatch } from './contacts/store/collection.js'
import type { GroupCommitOptions } from './contacts/store/group-commit.js'
import { Lookups } from './contacts/store/lookups.js'
import { Quotas } from './contacts/store/quotas.js'
import { VerificationSending } from './contacts/verification-sending.js'
import { file_google_rpc_error_details } from './gen/google/rpc/error_details_pb.js'
import { file_google_rpc_status } from './gen/google/rpc/status_pb.js'
import { file_health_v1_health } from './gen/health/v1/health_pb.js'
import { file_messagecontacts_v1_error_reason } from './gen/messagecontacts/v1/error_reason_pb.js'
import { MessageContactService } from './gen/messagecontacts/v1/message_contact_service_pb.js'
import { logAnswered, logCourier, logDelivered, logHealth } from './log.js'
import { Health } from './rpc/health.js'
import { createReflection } from './rpc/reflection.js'
import { type Limits, type Running, type Service, serve, service } from './rpc/server.js'
import { createSender, type Sender } from './sending/sender.js'
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
  /** Where messages go that nothing is set up to send, with UNSENT_MESSAGES=print. By default the standard error. */
  readonly print?: (line: string) => void
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
/** For the last marks of deliveries, and for closing the database's connections, each. */
const lastStepsMs = 500

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
  const sender = senderOf(settings, surroundings)
  const { contacts, courier } = contactRooms(collection, sender, settings, surroundings)
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
  void life.ready.then(() => courier.start())
  const stop = () => stopInOrder({ health, courier, server, sender, client }, settings, log)
  return { address: server.address, ready: life.ready, broken: life.broken, stop }
}

/** What a process stops, from the outside to the inside. */
interface Stoppable {
  readonly health: Health
  readonly courier: Courier
  readonly server: Running
  readonly sender: Sender
  readonly client: MongoClient
}

async function stopInOrder({ health, courier, server, sender, client }: Stoppable, settings: Settings, log: Logger) {
  health.stop()
  await pause(settings.SHUTDOWN_DELAY_SECONDS * 1000)
  const deliveries = courier.stop()
  const withinMs = settings.SHUTDOWN_SECONDS * 1000
  await Promise.all([server.stop(withinMs), Promise.race([deliveries, pause(withinMs)])])
  // What is still being sent is cut off, and queued again.
  await sender.close()
  await Promise.race([deliveries, pause(lastStepsMs)])
  await Promise.race([client.close(), pause(lastStepsMs)])
  log.info('stopped')
}

/** What serves contacts, and what brings their messages under way. */
function contactRooms(collection: ContactCollection, sender: Sender, settings: Settings, surroundings: Surroundings) {
  const { log, now = Date.now, dice = (sides) => Math.floor(Math.random() * sides), groupCommit } = surroundings
  const date = () => new Date(now())
  const codes = new Codes(settings.VERIFICATION_SECRETS)
  const lookups = new Lookups(collection, groupCommit)
  const changes = new Changes(collection, lookups, dice)
  const courier = courierOf(sender, { lookups, changes, codes, now: date }, log)
  const rules = verificationRules(settings)
  const contacts = createMessageContactService({
    parse: createParsers({ countryCodes: settings.COUNTRY_CODES, phoneNumber: settings.PHONE_NUMBER }),
    additions: new Additions(collection, { contactsPerDirectory: settings.CONTACTS_PER_DIRECTORY, dice, groupCommit }),
    lookups,
    changes,
    sending: new VerificationSending({
      ...{ lookups, changes, quotas: new Quotas(collection), rules, now: date },
      limits: {
        perDay: { EMAIL: settings.MAILS_PER_DAY, PHONE: settings.TEXTS_PER_DAY },
        perAddressPerMinute: settings.MESSAGES_PER_ADDRESS_PER_MINUTE,
      },
      missing: (channel) => sender.missing(channel),
      wake: () => courier.wake(),
      newVerificationId: () => randomBytes(8).toString('hex'),
    }),
    rules,
    codes,
    now: date,
    newContactId: () => `c-${randomId()}`,
  })
  return { contacts, courier }
}

/** What a courier needs beside the sender. */
interface CourierParts extends Pick<CourierOptions, 'lookups' | 'changes' | 'now'> {
  readonly codes: Codes
}

const courierOf = (sender: Sender, { codes, ...parts }: CourierParts, log: Logger) =>
  new Courier({
    ...parts,
    send: ({ verificationId, expireDate, ...message }) => {
      const validMinutes = Math.max(1, Math.round((expireDate.getTime() - parts.now().getTime()) / 60_000))
      return sender.send({ ...message, code: codes.of(verificationId), validMinutes, reference: verificationId })
    },
    newStepId: randomUUID,
    delivered: (delivered) => logDelivered(log, delivered),
    failed: (cause) => logCourier(log, cause),
  })

const verificationRules = (settings: Settings) => ({
  validMs: settings.VERIFICATION_VALID_SECONDS * 1000,
  tries: settings.VERIFICATION_TRIES,
  triesPerDay: settings.VERIFICATION_TRIES_PER_DAY,
})

function senderOf(settings: Settings, { now = Date.now, print }: Surroundings): Sender {
  return createSender({
    mail: { server: settings.SMTP_URL, from: settings.MAIL_FROM, requireTls: settings.SMTP_REQUIRE_TLS },
    gateway: { url: settings.SMS_URL, headers: settings.SMS_HEADERS, body: settings.SMS_BODY },
    language: settings.MAIL_LANGUAGE,
    print: settings.UNSENT_MESSAGES === 'print' ? (print ?? ((line) => process.stderr.write(`${line}\n`))) : undefined,
    now,
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
