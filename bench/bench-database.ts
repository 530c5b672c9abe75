import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { Database } from '../dev/database.js'
import type { Cleanup } from './cleanup.js'
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
 * `cleanup` then removes what the benchmark has written.
 */
export async function startBenchDatabase(cleanup: Cleanup): Promise<string> {
  const given = process.env['MONGODB_URI']
  if (given) {
    printProgress('Database: the one that MONGODB_URI names.')
    cleanup.push(() => dropDatabases(given))
    return given
  }
  const dataFolder = mkdtempSync(join(tmpdir(), 'message-contacts-bench-'))
  const starting = Database.start({ dataFolder, tell: printProgress })
  cleanup.push(async () => {
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
