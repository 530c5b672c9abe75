import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import type { Observer } from '../telemetry/observer.js'

export interface HealthOptions {
  /** The service names that have a health; `""` stands for the whole process. */
  readonly names: readonly string[]
  /** Resolves while calls can be served. Rejects, or takes longer than `timeoutMs`, while they cannot. */
  readonly probe: () => Promise<void>
  /** The pause between two probes while the service is healthy, in milliseconds. A failure is noticed within this and `timeoutMs`. */
  readonly intervalMs: number
  /** The same while it is not, so that a recovery is noticed sooner. */
  readonly unhealthyIntervalMs: number
  readonly timeoutMs: number
  /** Observes the result of the first probe, changes, and each further kind of cause while the service is not healthy. */
  readonly observer: Pick<Observer, 'healthChanged'>
}

/** The name that is SERVING as long as the process runs, whatever the probes find and also while it stops. */
const livenessName = 'liveness'

/** grpc.health.v1: NOT_SERVING until the first successful probe, then the result of the last probe. */
export class Health {
  readonly #implementation = new HealthImplementation()
  readonly #options: HealthOptions
  /** Undefined until the first probe, so that a first failure is reported too. */
  #serving: boolean | undefined
  /** The kinds of cause reported since the last change. */
  readonly #reportedKinds = new Set<string>()
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: HealthOptions) {
    this.#options = options
    this.#implementation.setStatus(livenessName, 'SERVING')
    this.#publish('NOT_SERVING')
  }

  addToServer(server: Server): void {
    this.#implementation.addToServer(server)
  }

  /** Probes now, and repeatedly from then on until `stop`. */
  start(): void {
    void this.#probe()
  }

  /** NOT_SERVING from now on, except for liveness. */
  stop(): void {
    this.#update(false)
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #probe(): Promise<void> {
    const { probe, timeoutMs, intervalMs, unhealthyIntervalMs } = this.#options
    try {
      await withTimeout(probe(), timeoutMs)
      this.#update(true)
    } catch (cause) {
      this.#update(false, cause)
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), this.#serving ? intervalMs : unhealthyIntervalMs)
  }

  #update(serving: boolean, cause?: unknown): void {
    if (this.#stopped) return
    const kind = kindOf(cause)
    if (serving !== this.#serving) {
      this.#serving = serving
      this.#reportedKinds.clear()
      this.#publish(serving ? 'SERVING' : 'NOT_SERVING')
    } else if (cause === undefined || this.#reportedKinds.has(kind)) return
    this.#reportedKinds.add(kind)
    this.#options.observer.healthChanged({ serving, cause })
  }

  #publish(status: 'SERVING' | 'NOT_SERVING'): void {
    for (const name of this.#options.names) this.#implementation.setStatus(name, status)
  }
}

/** The classes and codes of an error and of its causes: two errors with the same ones are of the same kind. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return `${error.constructor.name} ${(error as { code?: unknown }).code} ${kindOf(error.cause)}`
}

/** Rejects if `work` takes longer. The work itself is not interrupted, and its result is ignored. */
async function withTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
