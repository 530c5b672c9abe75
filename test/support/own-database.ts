import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Collection, MongoClient } from 'mongodb'
import { afterAll } from 'vitest'
import { Database } from '../../dev/database.js'
import type { Contact } from '../../src/contacts/contact.js'

/** The name that the service uses by default. */
export const defaultDatabaseName = 'message_contacts'

/** Starts an empty database that a test may kill. It is removed after the test file. */
export async function startOwnDatabase(): Promise<Database> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  const report = (line: string) => process.stderr.write(`${line}\n`)
  const database = await Database.start({ dataFolder, testCommands: true, tell: report })
  afterThisFile(async () => {
    await database.stop()
    await rm(dataFolder, { recursive: true, force: true })
  })
  return database
}

/** The contacts in a database, through a connection of the test's own. */
export function contactsIn(uri: string, name = defaultDatabaseName): Collection<Contact> {
  const client = new MongoClient(uri)
  afterThisFile(() => client.close())
  return client.db(name).collection<Contact>('message_contacts')
}

/** In the order in which they are called: what was opened last is closed first. */
const closers: (() => Promise<void>)[] = []
const afterThisFile = (close: () => Promise<void>) => closers.unshift(close)
afterAll(async () => {
  for (const close of closers) await close()
})
