import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { ProjectCopy, type StartedCommand } from '../../support/project-copy.js'
import { until } from '../../support/waiting.js'

// Short runs of what takes minutes otherwise. They show that everything works, not how fast it is.

/** How long a part of a run may take on a busy machine, in milliseconds. */
const maxPartMs = 120_000
const maxRunMs = 3 * maxPartMs

let project: ProjectCopy
let programFolder: string
const driver = new MongoClient(inject('mongodbUri'))
beforeAll(async () => {
  project = await ProjectCopy.create()
  programFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
})
afterAll(async () => {
  await project.remove()
  await rm(programFolder, { recursive: true, force: true })
  await driver.close()
})

const start = (command: readonly string[], environment: Readonly<Record<string, string>>): StartedCommand =>
  project.start(['node', ...command], {
    environment: {
      MONGODB_URI: inject('mongodbUri'),
      BENCH_ROUNDS: '1',
      BENCH_SECONDS: '0.2',
      // A benchmark ends with the first call that is refused, as they are on a busy machine that is slow.
      DATABASE_TIMEOUT_SECONDS: '60',
      MAX_CALL_SECONDS: '60',
      ...environment,
    },
  })

const prints = (command: StartedCommand, text: string) =>
  until(`it prints ${text}`, () => command.output().includes(text) || command.child.exitCode !== null, maxPartMs)

/** The names of the databases of benchmarks. */
async function benchDatabases(): Promise<readonly string[]> {
  const { databases } = await driver.db().admin().listDatabases({ nameOnly: true })
  return databases.map(({ name }) => name).filter((name) => name.startsWith('bench-'))
}

/** The names of the figures that a benchmark printed, without their values. */
const figuresOf = (command: StartedCommand) =>
  [...command.stdout().matchAll(/^(\S.*?) +[\d.]+ {2}\(.*; goal (.*)\)$/gm)].map(([, name, goal]) => `${name}: ${goal}`)

describe('npm run bench -- scale', () => {
  test(
    'fills a database, compares it with a small one and two processes with one, and leaves nothing behind',
    async () => {
      const command = start(['dist/bench/run.js', 'scale'], { BENCH_CONTACTS: '2000' })
      expect(await command.ended(), command.output()).toBe(0)
      expect(command.output()).toContain('Loaded 1000 of 1000 contacts in ')
      expect(command.output()).toContain('Loaded 2000 of 2000 contacts in ')
      expect(figuresOf(command)).toEqual([
        'CPU of Add with many contacts over 1000: at most 1.10',
        'CPU of Get with many contacts over 1000: at most 1.10',
        'CPU of List with many contacts over 1000: at most 1.10',
        'CPU of Update with many contacts over 1000: at most 1.10',
        'Start with 2000 contacts to first answer, in seconds: at most 2',
        'Resident memory with many contacts, after the calls over before: at most 1.10',
        'Resident memory with many contacts over 1000: at most 1.10',
        'Get per second of two processes over one: at least 1.80',
        'CPU of Get, two processes over one: at most 1.11',
        'Update per second of two processes over one: at least 1.80',
        'CPU of Update, two processes over one: at most 1.11',
      ])
      expect(await benchDatabases()).toEqual([])
    },
    maxRunMs,
  )

  test(
    'removes what it has written when it is interrupted while it loads',
    async () => {
      const command = start(['dist/bench/run.js', 'scale'], { BENCH_CONTACTS: '200000' })
      await prints(command, 'Loaded 1000 of 1000 contacts')
      command.child.kill('SIGINT')
      expect(await command.ended(), command.output()).toBe(130)
      expect(command.output()).not.toContain('Loaded 200000')
      expect(await benchDatabases()).toEqual([])
    },
    maxRunMs,
  )

  test('says which setting is wrong, and starts nothing', async () => {
    const command = start(['dist/bench/run.js', 'scale'], { BENCH_CONTACTS: 'many' })
    expect(await command.ended()).toBe(2)
    expect(command.output()).toBe('BENCH_CONTACTS must be a whole number from 2000 to 100000000, and is: many\n')
  })
})

describe('npm run soak', () => {
  test(
    'reports intervals, kills and restarts a process, and finds everything that was acknowledged',
    async () => {
      const command = start(['dist/bench/soak/run.js'], { SOAK_MINUTES: '0.1' })
      expect(await command.ended(), command.output()).toBe(0)
      expect(command.stdout()).toMatch(/^ +1 +[\d.]+ +[\d.]+ +\d+ +[\d.]+ +[\d.]+ +\d+ +\d+/m)
      expect(command.stdout()).toMatch(/^\d+ calls, [1-9]\d* kills and restarts, [1-9]\d* acknowledged writes, /m)
      expect(command.stdout()).toContain('\nCheck: nothing is lost\nVerdict: none, the run is too short\n')
      expect(await benchDatabases()).toEqual([])
    },
    maxRunMs,
  )

  test(
    'fails if a contact that was acknowledged is lost',
    async () => {
      const command = start(['dist/bench/soak/run.js'], { SOAK_MINUTES: '0.1' })
      await prints(command, '\n          2')
      const [name = ''] = await benchDatabases()
      const lost = await driver.db(name).collection<Contact>('message_contacts').findOneAndDelete({})
      expect(await command.ended(), command.output()).toBe(1)
      expect(command.stdout()).toContain(`${lost?._id}`)
      expect(command.stdout()).toMatch(/^Check: [1-9]\d* contradictions$/m)
    },
    maxRunMs,
  )

  test(
    'removes what it has written when it is interrupted',
    async () => {
      const command = start(['dist/bench/soak/run.js'], { SOAK_MINUTES: '1' })
      await prints(command, '\n          1')
      command.child.kill('SIGINT')
      expect(await command.ended(), command.output()).toBe(130)
      expect(await benchDatabases()).toEqual([])
    },
    maxRunMs,
  )
})

describe('npm run bench -- peers', () => {
  const operations = ['Add', 'Get', 'List', 'Update']

  test(
    'compares with nice-grpc where there is no Go, and says that',
    async () => {
      await writeFile(join(programFolder, 'go'), '#!/bin/sh\necho "this is no Go" >&2\nexit 1\n')
      await chmod(join(programFolder, 'go'), 0o755)
      const PATH = `${programFolder}:${process.env['PATH']}`
      const command = start(['dist/bench/run.js', 'peers'], { PATH })
      expect(await command.ended(), command.output()).toBe(0)
      expect(command.output()).toContain('Without grpc-go: this is no Go\n')
      expect(figuresOf(command)).toEqual(
        operations.flatMap((operation) => [
          `CPU of ${operation} over that of nice-grpc: ${operation === 'Add' ? 'at most 0.20' : 'none'}`,
          `${operation} per second over that of nice-grpc: none`,
        ]),
      )
      expect(await benchDatabases()).toEqual([])
    },
    maxRunMs,
  )
})
