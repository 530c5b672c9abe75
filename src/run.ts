import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type App, startApp } from './app.js'
import { ConfigurationError, type Environment } from './config/read-settings.js'
import { readTextFile } from './config/read-text-file.js'
import { reportingProblems } from './config/report-problems.js'
import { readPages } from './http/pages.js'
import { stopSignal } from './lifecycle.js'
import { readSettings, type Settings } from './settings.js'
import { createProcessLog, describeError, type Log } from './telemetry/log.js'
import { areTracesOn } from './telemetry/tracing-environment.js'

export interface RunOptions {
  /** Called once, when calls are served. */
  readonly onReady?: (app: Pick<App, 'address' | 'httpAddress'>) => void
}

/** The pages for browsers, as the build leaves them. */
const pagesFolder = join(dirname(createRequire(import.meta.url).resolve('#package.json')), 'dist', 'explorer')

/**
 * Runs the service in this process until a signal or an error ends it. Gives the exit code: 0 after an ordered stop, 2 for a
 * configuration error, 1 for everything else.
 */
export async function run(environment: Environment, options: RunOptions = {}): Promise<number> {
  return reportingProblems(() => {
    const settings = readSettings(environment, readTextFile)
    return runService(settings, areTracesOn(environment), options)
  })
}

async function runService(settings: Settings, traces: boolean, { onReady = () => {} }: RunOptions): Promise<number> {
  const log = createProcessLog(settings)
  process.on('uncaughtException', (error) => crash(log, error))
  const signal = stopSignal()
  const app = await startOrReport(settings, traces, log)
  if (!app) return 1
  void app.ready.then(() => onReady(app))
  const reason = await Promise.race([signal, app.broken])
  // The terminal has been closed: a log that is written there would fail, and with it the stop.
  if (reason === 'SIGHUP') log.level = 'silent'
  if (reason instanceof Error) log.fatal({ problem: reason.message }, 'cannot serve')
  else log.info({ signal: reason }, 'stopping')
  await app.stop()
  return reason instanceof Error ? 1 : 0
}

async function startOrReport(settings: Settings, traces: boolean, log: Log): Promise<App | undefined> {
  try {
    return await startApp(settings, { log, traces, ...(settings.HTTP_LISTEN && { pages: readPages(pagesFolder) }) })
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const { LISTEN: listen, HTTP_LISTEN: httpListen, ADMIN_LISTEN: adminListen } = settings
    if (isAddressError(error))
      log.fatal({ listen, httpListen, adminListen, cause: describeError(error) }, 'cannot listen')
    else log.fatal({ cause: describeError(error) }, 'cannot start')
    return undefined
  }
}

/** Whether an address could not be resolved, or not be bound. */
function isAddressError(error: unknown): boolean {
  const { syscall = '' } = error as NodeJS.ErrnoException
  return ['getaddrinfo', 'listen', 'bind'].includes(syscall)
}

/** Node's own report would print the message, which may quote what a caller sent; and where the log throws as well it would exit with 7. */
function crash(log: Log, error: Error): never {
  try {
    log.fatal({ cause: describeError(error) }, 'crashed')
  } catch {
    process.stderr.write(`the log cannot be written: ${JSON.stringify(describeError(error))}\n`)
  } finally {
    process.exit(1)
  }
}
