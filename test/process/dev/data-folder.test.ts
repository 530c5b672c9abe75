import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Database } from '../../../dev/database.js'

/** Starts a database like `npm start`, prints its URI or why there is none, and runs until its standard input ends. */
const ownerProgram = `
  import { Database } from '${new URL('../../../dist/dev/database.js', import.meta.url)}'
  const database = await Database.start({ dataFolder: process.argv[1], tell() {} }).catch(({ message }) => {
    console.log(message)
    process.exit(1)
  })
  console.log(database.uri)
  process.stdin.on('end', () => database.stop()).resume()
`
/** Shorter than the 15 seconds for which a start waits for an earlier database to end; much more than a refusal needs. */
const maxRefusalMs = 14_000

let dataFolder: string
const closers: (() => unknown)[] = []
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(dataFolder, { recursive: true, force: true })
})

async function startHere(): Promise<Database> {
  const database = await Database.start({ dataFolder, tell: () => {} })
  closers.push(() => database.stop())
  return database
}

/** Starts a database in another process. Gives what that process printed first. */
async function startElsewhere(): Promise<{ readonly process: ChildProcess; readonly printed: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', ownerProgram, dataFolder])
  const ended = once(child, 'exit')
  closers.push(() => {
    child.stdin.end()
    return ended
  })
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, printed: printed.toString().trim() }
}

async function withClient<Result>(uri: string, work: (client: MongoClient) => Promise<Result>): Promise<Result> {
  const client = new MongoClient(uri)
  return work(client).finally(() => client.close())
}
const write = (uri: string, word: string) =>
  withClient(uri, (client) =>
    client
      .db('test')
      .collection('words')
      .insertOne({ word }, { writeConcern: { j: true } }),
  )
const read = (uri: string) =>
  withClient(uri, async (client) => {
    const words = await client.db('test').collection('words').find().sort({ word: 1 }).toArray()
    return words.map(({ word }) => word)
  })

describe('a data folder', () => {
  test('in use by another process is refused at once, with the process named, and stays in use', async () => {
    const database = await startHere()
    await write(database.uri, 'first')
    const startTime = Date.now()
    const other = await startElsewhere()
    expect(Date.now() - startTime).toBeLessThan(maxRefusalMs)
    const [folder] = database.description.match(/(?<=data in ).*/) ?? []
    expect(other.printed).toBe(
      `Another Message Contacts (process ${process.pid}) uses ${folder}: stop it first, or set MONGODB_URI to a database of your own.`,
    )
    await write(database.uri, 'second')
    expect(await read(database.uri)).toEqual(['first', 'second'])
  })

  test('is free for another process, with its data, after a stop', async () => {
    const database = await startHere()
    await write(database.uri, 'first')
    await database.stop()
    const other = await startElsewhere()
    expect(await read(other.printed)).toEqual(['first'])
  })

  test('is free, with its data, as soon as the database of a killed process has ended', async () => {
    const other = await startElsewhere()
    await write(other.printed, 'first')
    other.process.kill('SIGKILL')
    await once(other.process, 'exit')
    expect(await read((await startHere()).uri)).toEqual(['first'])
  })

  test('is free, with its data, after a reboot, whatever processes have the old process ids now', async () => {
    const database = await startHere()
    await write(database.uri, 'first')
    await database.stop()
    const files = await readdir(dataFolder)
    const pidFile = join(dataFolder, files.find((name) => name.endsWith('.pid')) ?? '')
    await writeFile(pidFile, `${process.ppid} ${process.ppid}`)
    await utimes(pidFile, 0, 0)
    expect(await read((await startHere()).uri)).toEqual(['first'])
  })
})
