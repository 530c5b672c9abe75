import { readFileSync } from 'node:fs'
import { startApp } from './app.js'
import { ConfigurationError } from './config/read-settings.js'
import { readSettings } from './settings.js'
import { createLog, describeError } from './telemetry/log.js'

/** Exit codes: 0 after an ordered stop, 2 for a configuration error, 1 for everything else. */
process.exit(await run().catch(reportConfiguration))

async function run(): Promise<number> {
  const settings = readSettings(process.env, (path) => readFileSync(path, 'utf8'))
  const log = createLog(settings.LOG_LEVEL)
  process.on('uncaughtException', (error) => crash(log, error))
  const signal = stopSignal()
  const app = await startApp(settings, { log }).catch((error: unknown) => {
    if (error instanceof ConfigurationError) throw error
    if (isAddressError(error)) log.fatal({ listen: settings.LISTEN, cause: describeError(error) }, 'cannot listen')
    else log.fatal({ cause: describeError(error) }, 'cannot start')
  })
  if (!app) return 1
  const reason = await Promise.race([signal, app.broken])
  if (reason instanceof Error) log.fatal({ problem: reason.message }, 'cannot serve')
  else log.info({ signal: reason }, 'stopping')
  await app.stop()
  return reason instanceof Error ? 1 : 0
}

/** Whether an address could not be resolved, or not be bound. */
function isAddressError(error: unknown): boolean {
  const { syscall = '' } = error as NodeJS.ErrnoException
  return ['getaddrinfo', 'listen', 'bind'].includes(syscall)
}

/** Node's own report would print the message, which may quote what a caller sent; and where the log throws as well it would exit with 7. */
function crash(log: ReturnType<typeof createLog>, error: Error): never {
  try {
    log.fatal({ cause: describeError(error) }, 'crashed')
  } catch {
    process.stderr.write(`the log cannot be written: ${JSON.stringify(describeError(error))}\n`)
  } finally {
    process.exit(1)
  }
}

/** The first SIGTERM or SIGINT. A second one ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false
    for (const name of ['SIGTERM', 'SIGINT'] as const)
      process.on(name, () => {
        if (stopping) process.exit(1)
        stopping = true
        resolve(name)
      })
  })
}

function reportConfiguration(error: unknown): number {
  if (!(error instanceof ConfigurationError)) throw error
  process.stderr.write(`${error.problems.join('\n')}\n`)
  return 2
}
