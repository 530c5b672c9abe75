import { startApp } from '../src/app.js'
import { createLog } from '../src/log.js'
import { readSettings } from '../src/settings.js'
import { emptyService } from './empty-service.js'

/**
 * The service as a process that tells what it uses, with an empty operation beside it on the same server.
 * `one-by-one` as argument: one insert for each call, to see what gathering them saves.
 */

/** What the parent asks for. Before an answer about memory there is a collection, which costs CPU. */
export type Question = 'cpu' | 'memory'

/** What the process has used so far. CPU in microseconds, of all its threads; memory in bytes. */
export interface Usage {
  readonly cpu: number
  readonly heap: number
  readonly resident: number
}

/** What the parent hears: once the address, and the usage whenever it asks. */
export type Told = { readonly address: string } | Usage

const tell = (told: Told) => process.send?.(told)

const oneByOne = process.argv.includes('one-by-one')
const app = await startApp(readSettings(process.env), {
  log: createLog('warn'),
  services: [emptyService()],
  // Codes go nowhere: what a mail server costs is not ours.
  print: () => {},
  ...(oneByOne && { groupCommit: { underWay: Infinity, altogether: Infinity, largest: 1 } }),
})
await app.ready
tell({ address: app.address })
process.on('message', (question: Question) => {
  if (question === 'memory') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  tell({ cpu: user + system, heap: heapUsed, resident: rss })
})
process.on('disconnect', () => void app.stop().then(() => process.exit()))
