import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'
import { verificationSecrets } from '../service/running-service.js'

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
/** As `npm run build` leaves it. */
const program = join(projectFolder, 'dist', 'src', 'main.js')

/** One line of the log. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: string
  readonly msg: string
}

export interface ServiceProcessOptions {
  /** The whole environment; by default on any free port of this machine, with secrets for tests. */
  readonly environment: Readonly<Record<string, string>>
  /** By default true: wait until calls are served. */
  readonly ready?: boolean
}

const running = new Set<ChildProcess>()
// Whatever a test forgets or a failure leaves behind.
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** The real program in a process of its own. */
export class ServiceProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | NodeJS.Signals>
  #out = ''
  #err = ''

  private constructor(environment: Readonly<Record<string, string>>, stdout: 'pipe' | number) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', program], {
      env: { LISTEN: '127.0.0.1:0', VERIFICATION_SECRETS: verificationSecrets, ...environment },
      stdio: ['ignore', stdout, 'pipe'],
    })
    const child = this.#child
    running.add(child)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text
    })
    // `close` comes when its last words have been read as well.
    this.#ended = once(child, 'close').then(([code, signal]) => {
      running.delete(child)
      return (code ?? signal) as number | NodeJS.Signals
    })
  }

  /** Resolves when it serves, or with `ready: false` when it listens. Fails where it ends before that. */
  static async start({ environment, ready = true }: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = ServiceProcess.launch(environment)
    await service.logged(({ msg, serving }) => (ready ? msg === 'health' && serving === true : msg === 'listening'))
    return service
  }

  /** For one that is not going to serve. By default its log is read here; a number is a file that it goes to instead. */
  static launch(environment: Readonly<Record<string, string>>, stdout: 'pipe' | number = 'pipe'): ServiceProcess {
    return new ServiceProcess(environment, stdout)
  }

  get address(): string {
    return String(this.lines().find(({ msg }) => msg === 'listening')?.['address'])
  }

  /** All that it logged so far. */
  lines(): LogLine[] {
    const whole = this.#out.slice(0, this.#out.lastIndexOf('\n') + 1)
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine)
  }

  /** When it logged this for the first time, in milliseconds of the epoch. */
  at(msg: string): number {
    return Date.parse(String(this.lines().find((line) => line.msg === msg)?.['time']))
  }

  /** All of it as text, with what came on stderr. */
  output(): string {
    return this.#out + this.#err
  }

  complaints(): string {
    return this.#err
  }

  /** Resolves with the first such line, also an earlier one. */
  async logged(wanted: (line: LogLine) => boolean, withinMs = 20_000): Promise<LogLine> {
    const giveUpAt = Date.now() + withinMs
    for (;;) {
      const line = this.lines().find(wanted)
      if (line) return line
      if (this.#hasEnded() || Date.now() > giveUpAt) expect.fail(`no such line was logged:\n${this.output()}`)
      await pause(20)
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Its exit code, or the signal that ended it. Fails where it does not end in time. */
  async exit(withinMs = 20_000): Promise<number | NodeJS.Signals> {
    const giveUpAt = Date.now() + withinMs
    while (running.has(this.#child)) {
      if (Date.now() > giveUpAt) expect.fail(`did not end within ${withinMs} ms:\n${this.output()}`)
      await pause(20)
    }
    return this.#ended
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }

  #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
