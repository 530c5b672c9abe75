import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './waiting.js'

const projectFolder = fileURLToPath(new URL('../..', import.meta.url))
const copied = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'buf.yaml', 'buf.gen.yaml']
const copiedFolders = ['src', 'dev', 'bench', 'proto', 'explorer', 'docs', 'dist']

/** How long a start may take on a busy machine, in milliseconds. */
const maxStartMs = 60_000

interface StartOptions {
  /** Added to the environment of the test. */
  readonly environment?: Readonly<Record<string, string>>
  /** Runs the command in a terminal, which is closed by killing the process. Needs python3. */
  readonly inTerminal?: boolean
  /** By default that of the test. */
  readonly uid?: number
}

/** Keeps a terminal open around a command, and ends with its exit code. */
const terminalProgram = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

/** A copy of the built project in a folder of its own, in which `npm start` has its own data and its own build. */
export class ProjectCopy {
  readonly folder: string
  readonly #started: StartedCommand[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  /** With the installed programs of the project, or with none. */
  static async create({ withTools = true } = {}): Promise<ProjectCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
    for (const name of [...copied, ...copiedFolders])
      await cp(join(projectFolder, name), join(folder, name), { recursive: true, preserveTimestamps: true })
    for (const name of ['node_modules', ...(withTools ? ['.tools'] : [])])
      await symlink(join(projectFolder, name), join(folder, name))
    return new ProjectCopy(folder)
  }

  /** A script of package.json. */
  async script(name: string): Promise<string> {
    const { scripts } = JSON.parse(await readFile(join(this.folder, 'package.json'), 'utf8')) as {
      scripts: Readonly<Record<string, string>>
    }
    return scripts[name] ?? ''
  }

  /** Starts a command in this folder. */
  start(command: readonly string[], { environment = {}, inTerminal = false, uid }: StartOptions = {}): StartedCommand {
    const [program = '', ...programArguments] = inTerminal ? ['python3', '-c', terminalProgram, ...command] : command
    const child = spawn(program, programArguments, {
      cwd: this.folder,
      env: { ...process.env, LISTEN: '127.0.0.1:0', NO_COLOR: '1', ...environment },
      ...(uid !== undefined && { uid }),
    })
    const started = new StartedCommand(child)
    this.#started.push(started)
    return started
  }

  /** The process ids of the databases that were started last on the data of this folder. */
  async databaseIds(): Promise<readonly number[]> {
    const data = join(this.folder, '.data')
    const files = (await readdir(data)).filter((name) => name.endsWith('.pid'))
    return Promise.all(files.map(async (name) => Number.parseInt(await readFile(join(data, name), 'utf8'), 10)))
  }

  /** Kills what still runs, and removes the folder. */
  async remove(): Promise<void> {
    for (const command of this.#started) command.child.kill('SIGKILL')
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 })
  }
}

export class StartedCommand {
  readonly child: ChildProcess
  readonly #ended: Promise<number | NodeJS.Signals>
  #stdout = ''
  #output = ''

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#output += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    this.#ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  }

  /** The standard output so far. */
  stdout(): string {
    return this.#stdout
  }

  /** The standard output and the standard error so far, in the order of their arrival. */
  output(): string {
    return this.#output.replaceAll('\r\n', '\n')
  }

  /** Resolves with `host:port` once `npm start` is ready. */
  async ready(): Promise<string> {
    const address = () => /Ready on (\S+)/.exec(this.#output)?.[1]
    const hasEnded = () => this.child.exitCode !== null || this.child.signalCode !== null
    await until('the service is ready', () => address() !== undefined || hasEnded(), maxStartMs)
    const found = address()
    if (found === undefined) throw new Error(`It has ended: ${this.output()}`)
    return found
  }

  /** The exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended
  }
}
