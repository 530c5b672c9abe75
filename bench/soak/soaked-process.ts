import { Cleanup } from '../cleanup.js'
import type { MeasuredProcess } from '../measured-process.js'
import { SoakClient } from './soak-client.js'

/** A process of the service, which can be killed and restarted, and a client of the one that runs. */
export class SoakedProcess {
  readonly #launch: (cleanup: Cleanup) => Promise<MeasuredProcess>
  #running: { readonly process: MeasuredProcess; readonly client: SoakClient; readonly cleanup: Cleanup } | undefined
  #starting = Promise.resolve()
  #isClosed = false

  private constructor(launch: (cleanup: Cleanup) => Promise<MeasuredProcess>) {
    this.#launch = launch
  }

  /** `launch` starts the service. `cleanup` stops what runs then. */
  static async start(launch: (cleanup: Cleanup) => Promise<MeasuredProcess>, cleanup: Cleanup): Promise<SoakedProcess> {
    const started = new SoakedProcess(launch)
    cleanup.push(() => started.#close())
    await started.#start()
    return started
  }

  /** Undefined while no process runs. */
  get client(): SoakClient | undefined {
    return this.#running?.client
  }

  /** What the process that runs uses, after garbage collection. */
  usage() {
    return this.#running?.process.usage('memory')
  }

  /** Kills the process with calls in flight, or stops it in order; and starts a new one. */
  async restart(how: 'kill' | 'stop'): Promise<void> {
    if (how === 'kill') this.#running?.process.kill()
    await this.#end()
    await this.#start()
  }

  async #start(): Promise<void> {
    if (this.#isClosed) return
    this.#starting = this.#run()
    await this.#starting
  }

  async #run(): Promise<void> {
    const cleanup = new Cleanup()
    const process = await this.#launch(cleanup)
    this.#running = { process, client: new SoakClient(process.address), cleanup }
  }

  async #end(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.cleanup.closeAll()
    running?.client.close()
  }

  /** Waits for a process that is being started: it would create its database again after that was dropped. */
  async #close(): Promise<void> {
    this.#isClosed = true
    await this.#starting.catch(() => {})
    await this.#end()
  }
}
