import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ProjectCopy, type StartedCommand } from '../../support/project-copy.js'
import { until } from '../../support/waiting.js'

/** How long a start of the benchmark may take on a busy machine, in milliseconds. */
const maxStartMs = 60_000

let project: ProjectCopy
let temporaryFolder: string
const database = new MongoClient(inject('mongodbUri'))
beforeAll(async () => {
  project = await ProjectCopy.create()
  temporaryFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
})
afterAll(async () => {
  await project.remove()
  await rm(temporaryFolder, { recursive: true, force: true })
  await database.close()
})

const startBench = (environment: Readonly<Record<string, string>>): StartedCommand =>
  project.start(['node', 'dist/bench/run.js'], {
    environment: { TMPDIR: temporaryFolder, BENCH_SECONDS: '1', ...environment },
  })

/** Waits until the benchmark has printed this, and then does what Ctrl-C does. Gives its exit code. */
async function interruptAfter(command: StartedCommand, progress: string): Promise<unknown> {
  const hasPrinted = () => command.output().includes(progress) || command.child.exitCode !== null
  await until(`the benchmark prints ${progress}`, hasPrinted, maxStartMs)
  command.child.kill('SIGINT')
  return command.ended()
}

async function benchDatabases(): Promise<readonly string[]> {
  const { databases } = await database.db().admin().listDatabases({ nameOnly: true })
  return databases.map(({ name }) => name).filter((name) => name.startsWith('bench-'))
}

describe('npm run bench says at once what it does, and when it is interrupted removes', () => {
  test('its databases on a server that MONGODB_URI names', async () => {
    const command = startBench({ MONGODB_URI: inject('mongodbUri') })
    expect(await interruptAfter(command, 'Start 1 of 5: ')).toBe(130)
    expect(command.output()).toMatch(
      /^Benchmark of the service\. Ctrl-C ends it [^\n]*\nDatabase: the one that MONGODB_URI names\.\n/,
    )
    expect(await benchDatabases()).toEqual([])
  })

  test('its own database with its data', async () => {
    const command = startBench({ MONGODB_URI: '' })
    expect(await interruptAfter(command, 'Database: ')).toBe(130)
    expect(await readdir(temporaryFolder)).toEqual([])
  })
})
