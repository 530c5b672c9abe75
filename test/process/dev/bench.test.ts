import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { call, openSession } from '../../../bench/load.js'
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
    inTerminal: true,
    environment: { TMPDIR: temporaryFolder, BENCH_SECONDS: '1', ...environment },
  })

/** Waits until the benchmark has printed this, and then presses Ctrl-C, which reaches all its processes. Gives its exit code. */
async function interruptAfter(command: StartedCommand, progress: string): Promise<unknown> {
  const hasPrinted = () => command.output().includes(progress) || command.child.exitCode !== null
  await until(`the benchmark prints ${progress}`, hasPrinted, maxStartMs)
  command.child.stdin?.write('\x03')
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

describe('a benchmark that fails', () => {
  const failure = "throw new Error('a part of it ended')"
  test.each([
    [
      'when Ctrl-C ends one of its processes just before itself, is interrupted',
      `setTimeout(interrupt, 50); ${failure}`,
      130,
      '',
    ],
    ['says why', failure, 1, 'a part of it ended'],
  ])('%s', async (_, body, exitCode, printed) => {
    const script = `
      import { runProgram } from './dist/bench/program.js'
      const interrupt = () => process.kill(process.pid, 'SIGINT')
      await runProgram(async () => { ${body} })`
    const command = project.start(['node', '--input-type=module', '--eval', script], {})
    expect(await command.ended()).toBe(exitCode)
    expect(command.output().match(/a part of it ended/)?.[0] ?? '').toBe(printed)
  })
})

test('a connection of the benchmark that is reset, as by Ctrl-C, fails its calls and does not end the benchmark', async () => {
  const sockets: Socket[] = []
  const server = createServer()
    .on('connection', (socket) => sockets.push(socket))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = await openSession(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  const answer = call(session, '/', { directoryId: 'rd-1', message: Buffer.alloc(0) })
  await once(server, 'stream')
  const closed = new Promise((resolve) => session.once('close', resolve))
  for (const socket of sockets) socket.resetAndDestroy()
  await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' })
  await closed
  server.close()
})
