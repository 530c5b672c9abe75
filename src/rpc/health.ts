import { HealthImplementation } from 'grpc-health-check'

export interface HealthOptions {
  /** The names that are asked for; `""` stands for the whole process. */
  readonly names: readonly string[]
  /** Resolves while calls can be served. Rejects, or takes longer than `withinMs`, while they cannot. */
  readonly probe: () => Promise<void>
  /** From one probe to the next, in milliseconds. With `withinMs` it bounds how long a loss may go unnoticed. */
  readonly everyMs: number
  /** The same while the last probe failed: how soon a return is noticed. */
  readonly everyMsWhileDown: number
  readonly withinMs: number
  /** Called with what the first probe says, when health changes, and while it is down once for each further kind of cause. */
  readonly changed: (serving: boolean, cause?: unknown) => void
}

/** grpc.health.v1 for as long as the process lives: NOT_SERVING until the first good probe, then whatever the last one said. */
export class Health {
  readonly #service: HealthImplementation
  readonly #options: HealthOptions
  /** Undefined until the first probe: the first failure is told too. */
  #serving: boolean | undefined
  /** The kinds of cause that were told since health changed. */
  readonly #told = new Set<string>()
  #stopped = false
  #next: NodeJS.Timeout | undefined

  constructor(options: HealthOptions) {
    this.#options = options
    this.#service = new HealthImplementation()
    this.#publish('NOT_SERVING')
  }

  get addToServer() {
    return this.#service.addToServer.bind(this.#service)
  }

  /** Probes now, and then again and again until `stop`. */
  async follow(): Promise<void> {
    const { probe, withinMs, everyMs, everyMsWhileDown } = this.#options
    try {
      await within(probe(), withinMs)
      this.#turn(true)
    } catch (cause) {
      this.#turn(false, cause)
    }
    if (!this.#stopped) this.#next = setTimeout(() => void this.follow(), this.#serving ? everyMs : everyMsWhileDown)
  }

  /** NOT_SERVING from here on. */
  stop(): void {
    this.#turn(false)
    this.#stopped = true
    clearTimeout(this.#next)
  }

  #turn(serving: boolean, cause?: unknown) {
    if (this.#stopped) return
    if (serving !== this.#serving) {
      this.#serving = serving
      this.#told.clear()
      this.#publish(serving ? 'SERVING' : 'NOT_SERVING')
    } else if (cause === undefined || this.#told.has(kindOf(cause))) return
    this.#told.add(kindOf(cause))
    this.#options.changed(serving, cause)
  }

  #publish(status: 'SERVING' | 'NOT_SERVING') {
    for (const name of this.#options.names) this.#service.setStatus(name, status)
  }
}

/** The classes and codes of an error and of its causes: what tells one kind from another. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return `${error.constructor.name} ${(error as { code?: unknown }).code} ${kindOf(error.cause)}`
}

/** Rejects where `work` takes longer; it goes on, unheard. */
async function within(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
