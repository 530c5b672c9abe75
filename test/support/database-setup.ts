import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import type { TestProject } from 'vitest/node'
import { Database } from '../../dev/database.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The one database of a run. Each test file uses a database name of its own in it. */
    readonly mongodbUri: string
    /** True if the driver repeats a write whose connection was lost: with a replica set or a sharded cluster, not with a single server. */
    readonly hasRetryableWrites: boolean
  }
}

interface RunningDatabase {
  readonly uri: string
  readonly hasRetryableWrites: boolean
  readonly stop: () => Promise<void>
}

/** Vitest loads this file once for each project of a run, in the same process: kept here, the projects share one database. */
const shared = globalThis as { testDatabase?: Promise<RunningDatabase> }

/** Before the tests that need a database: the one that MONGODB_URI names, or a new one for this run. Rejects if there is none. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testDatabase ??= startDatabase()
  const { uri, hasRetryableWrites, stop } = await shared.testDatabase
  project.provide('mongodbUri', uri)
  project.provide('hasRetryableWrites', hasRetryableWrites)
  return stop
}

async function startDatabase(): Promise<RunningDatabase> {
  const given = process.env['MONGODB_URI']
  if (given) {
    report('Database: the one that MONGODB_URI names.')
    return { uri: given, hasRetryableWrites: await supportsRetryableWrites(given), stop: async () => {} }
  }
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  const database = await Database.start({ dataFolder, tell: report })
  report(`Database: ${database.description}`)
  const stop = async () => {
    await database.stop()
    await rm(dataFolder, { recursive: true, force: true })
  }
  return { uri: database.uri, hasRetryableWrites: await supportsRetryableWrites(database.uri), stop }
}

async function supportsRetryableWrites(uri: string): Promise<boolean> {
  const client = new MongoClient(uri)
  try {
    const { setName, msg } = await client.db('admin').command({ hello: 1 })
    return setName !== undefined || msg === 'isdbgrid'
  } finally {
    await client.close()
  }
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
