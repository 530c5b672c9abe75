import { startApp } from '../src/app.js'
import { readSettings } from '../src/settings.js'
import { createLog } from '../src/telemetry/log.js'
import { emptyService } from './empty-service.js'

/**
 * The service as a process that reports what it uses, with an empty operation on the same server.
 * With the argument `unbatched`, each insert and each read has a command of its own, to show what batches save.
 */

/** A request of the parent for the usage. With `memory`, garbage is collected first, which costs CPU. */
export type UsageRequest = 'cpu' | 'memory'

/** What the process has used since its start. CPU in microseconds, of all its threads; memory in bytes. */
export interface Usage {
  readonly cpu: number
  readonly heap: number
  readonly resident: number
}

/** `host:port` of the gRPC listener and of the HTTP listener. */
export interface Addresses {
  readonly address: string
  readonly httpAddress: string
}

/** A message to the parent: the addresses once, and the usage after each request for it. */
const send = (message: Addresses | Usage) => process.send?.(message)

// Ctrl-C and the end of a terminal reach this process too. The parent stops it.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})
const isUnbatched = process.argv.includes('unbatched')
const settings = readSettings(process.env)
const app = await startApp(settings, {
  log: createLog(settings),
  services: [emptyService()],
  // Codes are not printed: what sending costs is not measured.
  print: () => {},
  ...(isUnbatched && { batching: { maxConcurrent: Infinity, maxTotal: Infinity, maxSize: 1 } }),
})
await app.ready
send({ address: app.address, httpAddress: app.httpAddress ?? '' })
process.on('message', (request: UsageRequest) => {
  if (request === 'memory') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  send({ cpu: user + system, heap: heapUsed, resident: rss })
})
process.on('disconnect', () => void app.stop().then(() => process.exit()))
