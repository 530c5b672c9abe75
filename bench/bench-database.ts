import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { Database } from '../dev/database.js'
import type { Closers } from '../src/lifecycle.js'
import { printProgress } from './report.js'

/** All database names of this run begin like this. */
const runPrefix = `bench-${randomUUID().slice(0, 8)}-`
let databaseCount = 0

/** A name for a database of this run. */
export function newDatabaseName(): string {
  databaseCount += 1
  return `${runPrefix}${databaseCount}`
}

/**
 * Gives the URI of the database server for the benchmark: the one that MONGODB_URI names, or a new one with its data in a temporary folder.
 * A closer removes what the benchmark has written.
 */
export async function startBenchDatabase(closers: Closers): Promise<string> {
  const given = process.env['MONGODB_URI']
  if (given) {
    printProgress('Database: the one that MONGODB_URI names.')
    closers.push(() => dropDatabases(given))
    return given
  }
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-bench-'))
  const starting = Database.start({ dataFolder, tell: printProgress })
  closers.push(async () => {
    // A folder that a database still writes to cannot be removed.
    await starting.then(
      (database) => database.stop(),
      () => {},
    )
    await rm(dataFolder, { recursive: true, force: true })
  })
  const { uri, description } = await starting
  printProgress(`Database: ${description}`)
  return uri
}

async function dropDatabases(uri: string): Promise<void> {
  const client = new MongoClient(uri)
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true })
    for (const { name } of databases) if (name.startsWith(runPrefix)) await client.db(name).dropDatabase()
  } finally {
    await client.close()
  }
}
