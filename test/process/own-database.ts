import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Collection, MongoClient } from 'mongodb'
import { afterAll } from 'vitest'
import { Database } from '../../dev/database.js'
import type { Contact } from '../../src/contacts/contact.js'

/** For every test that lets the service choose its database by itself. */
export const databaseName = 'message_contacts'

/** A database that a test may kill, empty at first. Ends with the test file. */
export async function ownDatabase(): Promise<Database> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  const tell = (line: string) => process.stderr.write(`${line}\n`)
  const database = await Database.start({ dataFolder, testCommands: true, tell })
  afterThisFile(async () => {
    await database.stop()
    await rm(dataFolder, { recursive: true, force: true })
  })
  return database
}

/** The contacts in it, through a connection of the test's own. */
export function contactsIn(uri: string, name = databaseName): Collection<Contact> {
  const client = new MongoClient(uri)
  afterThisFile(() => client.close())
  return client.db(name).collection<Contact>('message_contacts')
}

const endings: (() => Promise<void>)[] = []
const afterThisFile = (ending: () => Promise<void>) => endings.unshift(ending)
afterAll(async () => {
  for (const ending of endings) await ending()
})
