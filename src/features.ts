import { randomBytes, randomUUID } from 'node:crypto'
import { customAlphabet } from 'nanoid'
import { contactIdFormat } from './contacts/contact.js'
import { createContactOperations } from './contacts/operations.js'
import { contactCollection } from './contacts/store/collection.js'
import { ContactInserter } from './contacts/store/inserter.js'
import { ContactLister } from './contacts/store/lister.js'
import { ContactReader } from './contacts/store/reader.js'
import { TakenReader } from './contacts/store/taken-reader.js'
import { ContactWriter } from './contacts/store/writer.js'
import type { BatcherOptions } from './database/batcher.js'
import type { Database } from './database/database.js'
import { Quotas } from './database/quotas.js'
import type { Closers } from './lifecycle.js'
import { createSender, type Sender } from './messaging/sender.js'
import type { Settings } from './settings.js'
import type { BatchKind, Observer } from './telemetry/observer.js'
import type { Tracing } from './telemetry/tracing.js'
import { VerificationCodes } from './verification/codes.js'
import { createVerificationOperations } from './verification/operations.js'
import { SendLimits } from './verification/send-limits.js'
import { DeliveryWorker } from './verification/worker.js'

/** What tests and the benchmark replace. */
export interface FeatureDependencies {
  /** A random whole number, at least 0 and less than `max`. */
  readonly randomInt?: (max: number) => number
  /** How reads and writes share round trips. The benchmark compares; nobody else needs to decide. */
  readonly batching?: BatcherOptions
  /** Where messages go that cannot be sent, with UNCONFIGURED_SENDER=print. By default to standard error. */
  readonly print?: (line: string) => void
}

/** All collections of the service, so that their indexes are created before they are used. */
export const collectionsOf = (database: Database, batching?: BatcherOptions) => ({
  contacts: contactCollection(database),
  quotas: new Quotas(database, batching),
})

/** What the features share. */
export interface Foundation {
  readonly database: Database
  readonly observer: Observer
  readonly tracing: Tracing | undefined
  readonly now: () => number
  readonly closers: Closers
}

/** The operations of the contract, and the worker that sends verification codes. */
export function createFeatures(
  settings: Settings,
  { randomInt = (max) => Math.floor(Math.random() * max), batching, print = printToStandardError }: FeatureDependencies,
  { database, observer, tracing, now: processNow, closers }: Foundation,
) {
  const now = () => database.now()
  const observed = (kind: BatchKind): BatcherOptions => ({
    ...batching,
    onBatch: (size) => observer.batchStarted(kind, size),
    tracing: tracing?.batches(kind),
  })
  const { contacts, quotas } = collectionsOf(database, observed('limit'))
  const reader = new ContactReader(database, contacts, observed('read'))
  const lister = new ContactLister({ database, contacts, reader, settings, batching: observed('list') })
  const writer = new ContactWriter({ database, contacts, reader, randomInt, batching: observed('write') })
  const taken = new TakenReader(database, contacts, observed('read'))
  const inserter = new ContactInserter({ database, contacts, taken, settings, randomInt, batching: observed('insert') })
  const randomId = customAlphabet(contactIdFormat.alphabet, contactIdFormat.length)
  const newContactId = () => `${contactIdFormat.prefix}${randomId()}`

  const codes = new VerificationCodes(settings.VERIFICATION_SECRETS)
  const limits = new SendLimits(quotas, settings)
  // The stored time: a message says how long its code, which expires at a stored time, is still valid.
  const sender = traced(createSender(settings, { now: () => now().getTime(), print }), tracing)
  const newRequestId = randomUUID
  const worker = new DeliveryWorker({ reader, writer, sender, codes, observer, tracing, now, processNow, newRequestId })
  // Closed in the reverse order: the attempts in flight may finish, then they are aborted, then their results are stored.
  closers.push(() => worker.stop())
  closers.push(() => sender.close())
  closers.push(() => worker.stop())

  const newVerificationId = () => randomBytes(8).toString('hex')
  const verifying = { settings, reader, writer, codes, limits, sender, worker, now, newVerificationId, observer }
  const operations = {
    ...createContactOperations({ settings, inserter, lister, reader, writer, now, newContactId }),
    ...createVerificationOperations(verifying),
  }
  return { operations, reader, worker }
}

/** The sender, with a span for each message that it sends. */
function traced(sender: Sender, tracing: Tracing | undefined): Sender {
  if (!tracing) return sender
  return { ...sender, send: (message) => tracing.runSending(message.channel, () => sender.send(message)) }
}

function printToStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}
