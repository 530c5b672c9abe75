import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { uptime } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type DatabaseProgram, findDatabaseProgram } from './database-program.js'

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
/** Where programs are installed that development and tests need. */
export const toolsFolder = join(projectFolder, '.tools')
/** Where `npm start` keeps its contacts. */
export const keptDataFolder = join(projectFolder, '.data')

export interface DatabaseOptions {
  /** The folder for data and log; each program has one of its own below it. */
  readonly dataFolder: string
  /** Lets tests make commands fail. By default false. */
  readonly testCommands?: boolean
  readonly tell: (line: string) => void
}

/** How long a database may take until it can be written to, in milliseconds; and until it has gone. */
const startLimitMs = 60_000
const goneLimitMs = 15_000

/**
 * Keeps the database from outliving us, whatever ends us: the shell's standard input is our pipe, and its end ends the database.
 * In a session of its own, so that Ctrl-C reaches the service alone, which still needs its database to stop in order.
 */
const guardian = '"$@" & pid=$!; echo $pid >&3; exec 4<&0; { read -r _ <&4; kill $pid 2>/dev/null; } & wait $pid'

/** A database in a process of its own, on a port of its own, which it keeps when it is started again. */
export class Database {
  readonly uri: string
  /** For people: what it is and where its data lies. */
  readonly description: string
  readonly #program: DatabaseProgram
  readonly #folder: string
  readonly #port: number
  readonly #testCommands: boolean
  #guardian: ChildProcess | undefined
  #pid = 0

  private constructor(program: DatabaseProgram, folder: string, port: number, testCommands: boolean) {
    this.#program = program
    this.#folder = folder
    this.#port = port
    this.#testCommands = testCommands
    this.uri = `mongodb://127.0.0.1:${port}/?directConnection=true`
    this.description = `${program.name}, data in ${folder}`
  }

  /** Starts one, after installing a program where there is none; resolves when it can be written to. */
  static async start({ dataFolder, testCommands = false, tell }: DatabaseOptions): Promise<Database> {
    const program = await findDatabaseProgram(toolsFolder, tell)
    const database = new Database(program, join(dataFolder, program.dataFolder), await freePort(), testCommands)
    await database.startAgain()
    return database
  }

  /** After `kill` or `stop`: the same port and the same data. With `onlyUsers`, only users that it knows can run commands. */
  async startAgain({ onlyUsers = false } = {}): Promise<void> {
    mkdirSync(this.#folder, { recursive: true })
    await this.#predecessorGone()
    const log = openSync(this.#logFile, 'a')
    const child = spawn('sh', ['-c', guardian, 'sh', this.#program.path, ...this.#arguments(onlyUsers)], {
      detached: true,
      stdio: ['pipe', log, log, 'pipe'],
    })
    closeSync(log)
    this.#guardian = child
    const pidPipe = child.stdio[3] as Readable
    const [line] = (await once(pidPipe, 'data')) as [Buffer]
    pidPipe.destroy()
    this.#pid = Number(line.toString())
    writeFileSync(this.#pidFile, `${this.#pid} ${process.pid}`)
    await this.#writable(child)
    // The process may end without waiting for its database, which then ends by itself.
    child.unref()
  }

  /** SIGKILL: it gets no chance to tidy up. Resolves when it is gone. */
  async kill(): Promise<void> {
    process.kill(this.#pid, 'SIGKILL')
    await this.stop()
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    const child = this.#guardian
    if (!child || hasEnded(child)) return
    child.ref()
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
  }

  get #logFile() {
    return `${this.#folder}.log`
  }

  get #pidFile() {
    return `${this.#folder}.pid`
  }

  /**
   * Two at once cannot have the same data, and the one of the last start may still be writing its own.
   * Throws where it is not going to end, because the process that started it still runs.
   */
  async #predecessorGone() {
    const { pid, owner } = this.#predecessor()
    if (isAlive(pid) && isAlive(owner) && owner !== process.pid)
      throw new Error(
        `Another Message Contacts (process ${owner}) uses ${this.#folder}: stop it first, or set MONGODB_URI to a database of your own.`,
      )
    const giveUpAt = Date.now() + goneLimitMs
    while (isAlive(pid) && Date.now() < giveUpAt) await pause(50)
  }

  /** The database that was started last on these data, and the process that started it; 0 where nobody knows. */
  #predecessor() {
    const written = statSync(this.#pidFile, { throwIfNoEntry: false })
    // After a reboot the numbers may be anybody's.
    if (!written || written.mtimeMs < Date.now() - uptime() * 1000) return { pid: 0, owner: 0 }
    const [pid = 0, owner = 0] = readFileSync(this.#pidFile, 'utf8').split(' ').map(Number)
    return { pid, owner }
  }

  #arguments(onlyUsers: boolean): string[] {
    const where = ['--port', String(this.#port)]
    if (this.#program.kind === 'secantusdb') {
      const test = this.#testCommands ? ['--enable-test-commands'] : []
      const auth = onlyUsers ? ['--auth'] : []
      return ['--storage-path', this.#folder, '--log-level', 'WARNING', ...where, ...test, ...auth]
    }
    const test = this.#testCommands ? ['--setParameter', 'enableTestCommands=1'] : []
    const auth = onlyUsers ? ['--auth', '--keyFile', this.#createKeyFile()] : []
    return ['--dbpath', this.#folder, '--bind_ip', '127.0.0.1', '--replSet', 'dev', ...where, ...test, ...auth]
  }

  /** A member of a replica set with users needs a key, with which the members know each other. */
  #createKeyFile(): string {
    const path = `${this.#folder}.key`
    writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600 })
    return path
  }

  /** An open port is not enough: a member must have become the primary. */
  async #writable(child: ChildProcess) {
    const giveUpAt = Date.now() + startLimitMs
    const client = new MongoClient(this.uri, { serverSelectionTimeoutMS: 500, connectTimeoutMS: 500 })
    try {
      while (!(await this.#isPrimary(client))) {
        if (hasEnded(child) || Date.now() > giveUpAt)
          throw new Error(`${this.#program.name} did not start:\n${this.#lastWords()}`)
        await pause(50)
      }
    } finally {
      await client.close()
    }
  }

  async #isPrimary(client: MongoClient): Promise<boolean> {
    try {
      // In words: a client that connects by itself and fails at it never tries again.
      await client.connect()
      const admin = client.db('admin')
      const hello = await admin.command({ hello: 1 })
      if (hello['isWritablePrimary'] === true) return true
      if (this.#program.kind === 'mongod' && hello['setName'] === undefined)
        await admin.command({ replSetInitiate: { _id: 'dev', members: [{ _id: 0, host: `127.0.0.1:${this.#port}` }] } })
    } catch {
      // Not yet.
    }
    return false
  }

  #lastWords() {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

function isAlive(pid: number): boolean {
  try {
    // To the system 0 is every process of our own group.
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A port of this machine that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
