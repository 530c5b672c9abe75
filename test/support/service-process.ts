import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'
import { noCallerLimits, verificationSecrets } from './running-service.js'

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
/** As `npm run build` leaves it. */
const builtProgram: ProgramOptions = {
  command: [process.execPath, '--enable-source-maps', join(projectFolder, 'dist', 'src', 'main.js')],
  folder: process.cwd(),
}

/** The settings that a process needs, without the database. */
const defaultEnvironment = {
  LISTEN: '127.0.0.1:0',
  AUTHENTICATION: 'header',
  VERIFICATION_SECRETS: verificationSecrets,
}

/** How long a start and an end may take on a busy machine, in milliseconds. */
const defaultTimeoutMs = 40_000

/** One line of the log. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: string
  readonly msg: string
}

export interface ServiceProcessOptions {
  /** The whole environment; by default a free port of this machine, callers that are believed, and secrets for tests. */
  readonly environment: Readonly<Record<string, string>>
  /** By default true: wait until calls are served. */
  readonly ready?: boolean
  readonly program?: ProgramOptions
}

/** How the program is started, instead of from the build. */
export interface ProgramOptions {
  readonly command: readonly string[]
  readonly folder: string
  /** By default the user of the test. */
  readonly uid?: number | undefined
}

const running = new Set<ChildProcess>()
// Also after a test that failed before it could stop its processes.
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** The built program in a process of its own. */
export class ServiceProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | NodeJS.Signals>
  #stdout = ''
  #stderr = ''

  private constructor(
    environment: Readonly<Record<string, string>>,
    stdout: 'pipe' | number,
    { command: [name = '', ...programArguments], folder, uid }: ProgramOptions = builtProgram,
  ) {
    this.#child = spawn(name, programArguments, {
      cwd: folder,
      ...(uid !== undefined && { uid, gid: uid }),
      env: { ...defaultEnvironment, ...noCallerLimits, REFLECTION: 'open', ...environment },
      stdio: ['ignore', stdout, 'pipe'],
    })
    const child = this.#child
    running.add(child)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    // Unlike `exit`, `close` comes after all output has been read.
    this.#ended = once(child, 'close').then(([code, signal]) => {
      running.delete(child)
      return (code ?? signal) as number | NodeJS.Signals
    })
  }

  /** Resolves when the process serves, or with `ready: false` when it listens. Fails if it ends before that. */
  static async start({ environment, ready = true, program }: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(environment, 'pipe', program)
    await service.logged(({ msg, serving }) =>
      ready ? msg === 'health changed' && serving === true : msg === 'listening',
    )
    return service
  }

  /** For a process that will not serve. By default its log is read here; a number is a file descriptor that it goes to instead. */
  static launch(environment: Readonly<Record<string, string>>, stdout: 'pipe' | number = 'pipe'): ServiceProcess {
    return new ServiceProcess(environment, stdout)
  }

  /** `host:port` as bound. */
  get address(): string {
    return String(this.lines().find(({ msg }) => msg === 'listening')?.['address'])
  }

  /** The log so far. */
  lines(): LogLine[] {
    const completeLines = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1)
    return completeLines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine)
  }

  /** When the first line with this text was logged, in milliseconds since the epoch. */
  timeOf(msg: string): number {
    return Date.parse(String(this.lines().find((line) => line.msg === msg)?.['time']))
  }

  /** The log as text, and what was written to standard error. */
  output(): string {
    return this.#stdout + this.#stderr
  }

  stderr(): string {
    return this.#stderr
  }

  /** Resolves with the first such line, which may have been logged already. Fails if there is none within `timeoutMs`. */
  async logged(isWanted: (line: LogLine) => boolean, timeoutMs = defaultTimeoutMs): Promise<LogLine> {
    const endTime = Date.now() + timeoutMs
    for (;;) {
      const line = this.lines().find(isWanted)
      if (line) return line
      if (this.#hasEnded() || Date.now() > endTime) expect.fail(`no such line was logged:\n${this.output()}`)
      await pause(20)
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** The exit code, or the signal that ended the process. Fails if it does not end within `timeoutMs`. */
  async exit(timeoutMs = defaultTimeoutMs): Promise<number | NodeJS.Signals> {
    const endTime = Date.now() + timeoutMs
    while (running.has(this.#child)) {
      if (Date.now() > endTime) expect.fail(`did not end within ${timeoutMs} ms:\n${this.output()}`)
      await pause(20)
    }
    return this.#ended
  }

  /** Sends SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }

  #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
