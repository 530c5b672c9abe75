import { fileURLToPath } from 'node:url'
import type { ContactsClient } from '../client.js'
import { createReconnectingClient } from '../load.js'
import { ServiceProcess } from '../service-process.js'
import { WireProxy } from '../wire-proxy.js'
import { Disturbances } from './disturbances.js'
import type { KillRecord, MessageRecord } from './history.js'
import { startUnreliableMailServer, type UnreliableMailServer } from './mail-server.js'
import { Random } from './random.js'
import { WireLog } from './wire-log.js'

const clockModule = fileURLToPath(new URL('./shift-clock.mjs', import.meta.url))
/** From the start of a process until it serves, at most, although its database is disturbed. */
const maxStartMs = 60_000

export interface ChaosProcessOptions {
  readonly name: string
  readonly databaseUri: string
  readonly settings: Readonly<Record<string, string>>
  /** How far the clock of the process is ahead, in milliseconds. */
  readonly clockOffsetMs: number
  readonly seed: string
  /** Milliseconds since the start of the run. */
  readonly now: () => number
  readonly onMessage: (message: MessageRecord) => void
  readonly onKill: (kill: KillRecord) => void
}

/** A service process with a clock, a way to the database and a mail server of its own, which can be stopped and killed. */
export class ChaosProcess {
  readonly disturbances: Disturbances
  /** What went between the process and its database. */
  readonly log: WireLog
  readonly #options: ChaosProcessOptions
  readonly #proxy: WireProxy
  readonly #mailServer: UnreliableMailServer
  #service: ServiceProcess | undefined
  #client: ContactsClient | undefined

  private constructor(options: ChaosProcessOptions, proxy: WireProxy, mailServer: UnreliableMailServer) {
    this.#options = options
    this.#proxy = proxy
    this.#mailServer = mailServer
    this.log = new WireLog(options.name, options.now)
    this.disturbances = new Disturbances(proxy, new Random(`${options.seed} ${options.name} commands`), this.log)
  }

  static async start(options: ChaosProcessOptions): Promise<ChaosProcess> {
    const { name: process, databaseUri, seed, now, onMessage } = options
    const proxy = await WireProxy.to(databaseUri)
    const mailServer = await startUnreliableMailServer(new Random(`${seed} ${process} mail`), (message) =>
      onMessage({ ...message, process, time: now() }),
    )
    const started = new ChaosProcess(options, proxy, mailServer)
    await started.#launch()
    return started
  }

  /** A client of the running process. Undefined while there is none. */
  get client(): ContactsClient | undefined {
    return this.#client
  }

  /** SIGSTOP: it does nothing until `resume`, and notices only by the time that it has lost. */
  stop(): void {
    this.#service?.signal('SIGSTOP')
  }

  resume(): void {
    this.#service?.signal('SIGCONT')
  }

  /** Kills the process and starts another one. */
  async restart(): Promise<void> {
    this.#client?.close()
    this.#client = undefined
    await this.#service?.kill()
    this.#options.onKill({ process: this.#options.name, time: this.#options.now() })
    await this.#launch()
  }

  /** From now on nothing is disturbed. Resolves when no command is held back any more. */
  async calm(): Promise<void> {
    this.#mailServer.calm()
    await this.disturbances.calm()
  }

  async close(): Promise<void> {
    this.#client?.close()
    await this.#service?.kill()
    await this.#proxy.close()
  }

  async #launch(): Promise<void> {
    const service = ServiceProcess.launch({
      ...this.#options.settings,
      MONGODB_URI: this.#proxy.uri,
      SMTP_URL: `smtp://127.0.0.1:${this.#mailServer.port}`,
      NODE_OPTIONS: `--import=${clockModule}`,
      CLOCK_OFFSET_MS: String(this.#options.clockOffsetMs),
    })
    this.#service = service
    await service.logged(({ msg, serving }) => msg === 'health changed' && serving === true, maxStartMs)
    this.#client = createReconnectingClient(service.address)
  }
}
