import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { Database } from '../../dev/database.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The one database of a run. Each test file uses a database name of its own in it. */
    readonly mongodbUri: string
  }
}

interface RunningDatabase {
  readonly uri: string
  readonly stop: () => Promise<void>
}

/** Vitest loads this file once for each project of a run, in the same process: kept here, the projects share one database. */
const shared = globalThis as { testDatabase?: Promise<RunningDatabase> }

/** Before the tests that need a database: the one that MONGODB_URI names, or a new one for this run. Rejects if there is none. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testDatabase ??= startDatabase()
  const { uri, stop } = await shared.testDatabase
  project.provide('mongodbUri', uri)
  return stop
}

async function startDatabase(): Promise<RunningDatabase> {
  const given = process.env['MONGODB_URI']
  if (given) {
    report('Database: the one that MONGODB_URI names.')
    return { uri: given, stop: async () => {} }
  }
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  const database = await Database.start({ dataFolder, tell: report })
  report(`Database: ${database.description}`)
  const stop = async () => {
    await database.stop()
    await rm(dataFolder, { recursive: true, force: true })
  }
  return { uri: database.uri, stop }
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
