import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Database } from '../../dev/database.js'

/** Starts a database as `npm start` does, says where it is or why there is none, and lives until its input ends. */
const owner = `
  import { Database } from '${new URL('../../dist/dev/database.js', import.meta.url)}'
  const database = await Database.start({ dataFolder: process.argv[1], tell() {} }).catch(({ message }) => {
    console.log(message)
    process.exit(1)
  })
  console.log(database.uri)
  process.stdin.on('end', () => database.stop()).resume()
`
/** Shorter than the 15 seconds that a predecessor is waited for; the machine may have more to do. */
const atOnceMs = 14_000

let dataFolder: string
const ends: (() => unknown)[] = []
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  await rm(dataFolder, { recursive: true, force: true })
})

async function startHere(): Promise<Database> {
  const database = await Database.start({ dataFolder, tell: () => {} })
  ends.push(() => database.stop())
  return database
}

/** In another process: what it said first. */
async function startElsewhere(): Promise<{ readonly process: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', owner, dataFolder])
  const ended = once(child, 'exit')
  ends.push(() => {
    child.stdin.end()
    return ended
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, said: said.toString().trim() }
}

async function withClient<Result>(uri: string, work: (client: MongoClient) => Promise<Result>): Promise<Result> {
  const client = new MongoClient(uri)
  return work(client).finally(() => client.close())
}
const keep = (uri: string, word: string) =>
  withClient(uri, (client) =>
    client
      .db('kept')
      .collection('words')
      .insertOne({ word }, { writeConcern: { j: true } }),
  )
const kept = (uri: string) =>
  withClient(uri, async (client) => {
    const words = await client.db('kept').collection('words').find().sort({ word: 1 }).toArray()
    return words.map(({ word }) => word)
  })

describe('a data folder', () => {
  test('that another process uses is refused at once, naming it, and goes on being used', async () => {
    const database = await startHere()
    await keep(database.uri, 'first')
    const begunAt = Date.now()
    const other = await startElsewhere()
    expect(Date.now() - begunAt).toBeLessThan(atOnceMs)
    const [folder] = database.description.match(/(?<=data in ).*/) ?? []
    expect(other.said).toBe(
      `Another Message Contacts (process ${process.pid}) uses ${folder}: stop it first, or set MONGODB_URI to a database of your own.`,
    )
    await keep(database.uri, 'second')
    expect(await kept(database.uri)).toEqual(['first', 'second'])
  })

  test('is free for another process, with its data, after a stop', async () => {
    const database = await startHere()
    await keep(database.uri, 'first')
    await database.stop()
    const other = await startElsewhere()
    expect(await kept(other.said)).toEqual(['first'])
  })

  test('is free, with its data, as soon as the database of a killed process is gone', async () => {
    const other = await startElsewhere()
    await keep(other.said, 'first')
    other.process.kill('SIGKILL')
    await once(other.process, 'exit')
    expect(await kept((await startHere()).uri)).toEqual(['first'])
  })

  test('is free, with its data, after a reboot, whoever has the numbers of its processes now', async () => {
    const database = await startHere()
    await keep(database.uri, 'first')
    await database.stop()
    const files = await readdir(dataFolder)
    const note = join(dataFolder, files.find((name) => name.endsWith('.pid')) ?? '')
    await writeFile(note, `${process.ppid} ${process.ppid}`)
    await utimes(note, 0, 0)
    expect(await kept((await startHere()).uri)).toEqual(['first'])
  })
})
