import { startApp } from '../src/app.js'
import { readSettings } from '../src/settings.js'
import { createLog } from '../src/telemetry/log.js'
import { emptyService } from './empty-service.js'
import { reportUsage } from './usage.js'

/**
 * The service as a process that reports what it uses, with an empty operation on the same server.
 * With the argument `unbatched`, each insert, read and change has a command of its own, to show what batches save.
 */
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
reportUsage({ address: app.address, httpAddress: app.httpAddress ?? '' }, () => app.stop())
