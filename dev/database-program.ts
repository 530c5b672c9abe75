import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core'

const run = promisify(execFile)

/** A database program that can be started here. */
export interface DatabaseProgram {
  /** For people: what it is and where it came from. */
  readonly name: string
  /** Its data are not another program's. */
  readonly dataFolder: string
  readonly path: string
  /** `mongod` must be told once that it is a replica set; the other one says so by itself. */
  readonly kind: 'mongod' | 'secantusdb'
}

/** The release that is downloaded where none is installed. */
const mongodVersion = '8.0.12'
const secantusdbVersion = '0.7.0b3'

/**
 * Finds a program, or installs one below `toolsFolder`: what is installed already comes first, then MongoDB's own download,
 * then a compatible server from PyPI. `tell` hears of anything that takes a while.
 * Throws where all ways fail, saying what was tried and the one thing to do.
 */
export async function findDatabaseProgram(toolsFolder: string, tell: (line: string) => void): Promise<DatabaseProgram> {
  const secantusdb = new Secantusdb(join(toolsFolder, 'secantusdb'))
  const mongodFolder = join(toolsFolder, 'mongod')
  const tried: string[] = []
  const ways: readonly (() => Promise<DatabaseProgram | undefined>)[] = [
    () => onPath(tried),
    () => downloaded(mongodFolder),
    () => secantusdb.installed(),
    () => download(mongodFolder, tell, tried),
    () => secantusdb.install(tell, tried),
  ]
  for (const way of ways) {
    const program = await way()
    if (program) return program
  }
  throw new Error(
    [
      'No database could be had. Tried:',
      ...tried.map((line) => `  - ${line}`),
      'Set MONGODB_URI to a MongoDB that you have, for example mongodb://127.0.0.1:27017/',
    ].join('\n'),
  )
}

const mongod = (path: string, origin: string): DatabaseProgram => ({
  name: `mongod ${origin}`,
  dataFolder: 'mongod',
  path,
  kind: 'mongod',
})

async function onPath(tried: string[]): Promise<DatabaseProgram | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'mongod')
    if (await exists(path)) return mongod(path, `from the PATH (${path})`)
  }
  tried.push('mongod on the PATH: there is none')
  return undefined
}

async function downloaded(downloadDir: string): Promise<DatabaseProgram | undefined> {
  const path = await DryMongoBinary.locateBinary({ version: mongodVersion, downloadDir })
  return path === undefined ? undefined : mongod(path, `${mongodVersion} (downloaded)`)
}

async function download(
  downloadDir: string,
  tell: (line: string) => void,
  tried: string[],
): Promise<DatabaseProgram | undefined> {
  tell(`Downloading MongoDB ${mongodVersion}; this happens once.`)
  try {
    await mkdir(downloadDir, { recursive: true })
    return mongod(await MongoBinary.getPath({ version: mongodVersion, downloadDir }), `${mongodVersion} (downloaded)`)
  } catch (error) {
    tried.push(`downloading MongoDB ${mongodVersion}: ${firstLine(error)}`)
    return undefined
  }
}

/** A MongoDB-compatible server of one node, in a Python environment of its own. A separate program: nothing of it ships. */
class Secantusdb {
  readonly #folder: string
  readonly #path: string

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, 'bin', 'secantusd-py')
  }

  async installed(): Promise<DatabaseProgram | undefined> {
    const name = `SecantusDB ${secantusdbVersion}, a MongoDB-compatible server from PyPI`
    return (await exists(this.#path))
      ? { name, dataFolder: 'secantusdb', path: this.#path, kind: 'secantusdb' }
      : undefined
  }

  async install(tell: (line: string) => void, tried: string[]): Promise<DatabaseProgram | undefined> {
    tell(`Installing SecantusDB ${secantusdbVersion}, a MongoDB-compatible server, from PyPI; this happens once.`)
    try {
      await run('python3', ['-m', 'venv', this.#folder])
      const pip = join(this.#folder, 'bin', 'pip')
      await run(pip, ['install', '--quiet', '--pre', `secantusdb==${secantusdbVersion}`], { timeout: 300_000 })
    } catch (error) {
      tried.push(`installing SecantusDB ${secantusdbVersion} from PyPI with python3: ${firstLine(error)}`)
    }
    return this.installed()
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
  return (stderr.trim() || message).split('\n', 1)[0] ?? ''
}
