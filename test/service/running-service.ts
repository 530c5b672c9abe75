import { randomUUID } from 'node:crypto'
import { type Collection, MongoClient } from 'mongodb'
import { pino } from 'pino'
import { inject } from 'vitest'
import { type App, type Surroundings, startApp } from '../../src/app.js'
import type { Contact } from '../../src/contacts/contact.js'
import { readSettings } from '../../src/settings.js'
import { ContactsClient } from '../client.js'

export interface RunningService {
  readonly app: App
  readonly client: ContactsClient
  /** The service's collection, through a connection of the test's own. */
  readonly collection: Collection<Contact>
  /** All that was logged, one text. */
  readonly log: () => string
  readonly stop: () => Promise<void>
}

export interface ServiceOptions {
  /** By default the run's shared database, and a database name of its own. */
  readonly environment?: Readonly<Record<string, string>>
  readonly surroundings?: Partial<Surroundings>
  /** By default true: wait until calls are served. */
  readonly ready?: boolean
}

/** What every service of the tests must be told beside its database. */
export const verificationSecrets = 'no-secret-at-all-only-for-tests-of-this'

/** A name that no other test has. */
export const uniqueName = (prefix: string) => `${prefix}-${randomUUID().slice(0, 8)}`

/** The service itself in this process, on a socket of its own and the real database. */
export async function startService({
  environment = {},
  surroundings = {},
  ready = true,
}: ServiceOptions = {}): Promise<RunningService> {
  const settings = readSettings({
    MONGODB_URI: inject('mongodbUri'),
    MONGODB_DATABASE: uniqueName('test'),
    LISTEN: '127.0.0.1:0',
    VERIFICATION_SECRETS: verificationSecrets,
    ...environment,
  })
  const lines: string[] = []
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(line) })
  const app = await startApp(settings, { log, ...surroundings })
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
