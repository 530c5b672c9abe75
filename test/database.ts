import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { Database } from '../dev/database.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The one database that all test files share, each with a database name of its own. */
    readonly mongodbUri: string
  }
}

const tell = (line: string) => process.stderr.write(`${line}\n`)

/** Runs before all tests: MONGODB_URI, or a database for this run alone. Where none can be had the run fails, and says why. */
export async function setup(project: TestProject) {
  const given = process.env['MONGODB_URI']
  if (given) {
    tell('Database: the one that MONGODB_URI names.')
    project.provide('mongodbUri', given)
    return
  }
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  const database = await Database.start({ dataFolder, tell })
  tell(`Database: ${database.description}`)
  project.provide('mongodbUri', database.uri)
  return async () => {
    await database.stop()
    await rm(dataFolder, { recursive: true, force: true })
  }
}
