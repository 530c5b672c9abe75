import { randomUUID } from 'node:crypto'
import { type Collection, MongoClient } from 'mongodb'
import { pino } from 'pino'
import { inject } from 'vitest'
import { type App, type AppDependencies, startApp } from '../../src/app.js'
import type { Contact } from '../../src/contacts/contact.js'
import { readSettings } from '../../src/settings.js'
import { ContactsClient } from './client.js'

export interface RunningService {
  readonly app: App
  readonly client: ContactsClient
  /** The contacts in the database, over a connection that belongs to the test. */
  readonly collection: Collection<Contact>
  /** All log lines so far, as one text. */
  readonly log: () => string
  readonly stop: () => Promise<void>
}

export interface ServiceOptions {
  /** Differences from the defaults: the shared database of the run, and a database name that no other service has. */
  readonly environment?: Readonly<Record<string, string>>
  readonly dependencies?: Partial<AppDependencies>
  /** By default true: waits until calls are served. */
  readonly ready?: boolean
}

/** The value of VERIFICATION_SECRETS. */
export const verificationSecrets = 'no-secret-at-all-only-for-tests-of-this'

/** The limits of one caller as high as they can be: most tests have one caller. */
export const noCallerLimits = {
  CALLS_PER_SECOND_PER_CALLER: '1000000',
  CALLS_PER_SECOND_PER_DIRECTORY: '1000000',
  MAX_CALLS_IN_FLIGHT_PER_CALLER: '100000',
}

/** A name that no other test uses. */
export const uniqueName = (prefix: string) => `${prefix}-${randomUUID().slice(0, 8)}`

/** Starts the service in this process, on a free port, with a real database. */
export async function startService({
  environment = {},
  dependencies = {},
  ready = true,
}: ServiceOptions = {}): Promise<RunningService> {
  const settings = readSettings({
    MONGODB_URI: inject('mongodbUri'),
    MONGODB_DATABASE: uniqueName('test'),
    LISTEN: '127.0.0.1:0',
    AUTHENTICATION: 'header',
    VERIFICATION_SECRETS: verificationSecrets,
    ...noCallerLimits,
    ...environment,
  })
  const lines: string[] = []
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(line) })
  const app = await startApp(settings, { log, ...dependencies })
  if (ready) await app.ready
  const database = new MongoClient(settings.MONGODB_URI)
  const client = new ContactsClient(app.address)
  return {
    app,
    client,
    collection: database.db(settings.MONGODB_DATABASE).collection<Contact>('message_contacts'),
    log: () => lines.join(''),
    async stop() {
      client.close()
      await app.stop()
      await database.close()
    },
  }
}
