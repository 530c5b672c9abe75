import { existsSync, readdirSync } from 'node:fs'

/** A request of the parent for the usage. With `memory`, garbage is collected first, which costs CPU. */
export type UsageRequest = 'cpu' | 'memory'

/** What the process has used since its start, and has now. CPU in microseconds, of all its threads; memory in bytes. */
export interface Usage {
  readonly cpu: number
  /** Open file descriptors; where the system does not list them, what Node keeps open. */
  readonly handles: number
  readonly heap: number
  readonly resident: number
}

/** `host:port` of the gRPC listener and of the HTTP listener, which may be empty. */
export interface Addresses {
  readonly address: string
  readonly httpAddress: string
}

// Ctrl-C and the end of a terminal reach this process too. The parent stops it.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})

/** Says to the parent where this process serves, and what it uses whenever the parent asks. `stop` is called when the parent has gone. */
export function reportUsage(addresses: Addresses, stop: () => Promise<void>): void {
  // The addresses once, and the usage after each request for it.
  const send = (message: Addresses | Usage) => process.send?.(message)
  process.on('message', (request: UsageRequest) => {
    if (request === 'memory') globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    const { heapUsed, rss } = process.memoryUsage()
    send({ cpu: user + system, handles: countHandles(), heap: heapUsed, resident: rss })
  })
  process.on('disconnect', () => void stop().then(() => process.exit()))
  send(addresses)
}

const descriptorsFolder = '/proc/self/fd'

const countHandles = () =>
  existsSync(descriptorsFolder) ? readdirSync(descriptorsFolder).length : process.getActiveResourcesInfo().length
