import { type AdminListener, ReadinessObserver, startAdminListener } from './admin.js'
import { type Log, LogObserver } from './log.js'
import { MetricsObserver } from './metrics.js'
import type { Observer } from './observer.js'
import { Observers } from './observers.js'
import type { TelemetrySettings } from './settings.js'
import type { Tracing } from './tracing.js'

export interface TelemetryOptions {
  readonly settings: TelemetrySettings
  /** True if the process makes traces, as the variables of OpenTelemetry say. */
  readonly traces: boolean
  readonly log: Log
  /** Of the service. */
  readonly version: string
  /** The methods that the service has, each as `/package.Service/Method`. */
  readonly paths: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
}

/** What observes a process, and what shows it. */
export interface Telemetry {
  readonly observer: Observer
  /** Undefined without traces. */
  readonly tracing: Tracing | undefined
  /**
   * Starts the admin listener, if ADMIN_LISTEN is set. `oldestDeliverySeconds` gives the age of the oldest message that is due, and
   * rejects if it cannot be found out. Rejects if the address cannot be bound.
   */
  startAdmin(oldestDeliverySeconds: () => Promise<number>): Promise<AdminListener | undefined>
  /** Sends what has not been sent yet. */
  stop(): Promise<void>
}

/** Without ADMIN_LISTEN nobody could read metrics, so nothing is counted. Without traces their libraries are not loaded. */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { settings, log, version, paths } = options
  const { ADMIN_LISTEN } = settings
  const exporting = options.traces ? (await import('./trace-export.js')).startTraceExport(options) : undefined
  const tracing = exporting?.observer
  const observers = [new LogObserver(log), ...(tracing ? [tracing] : [])]
  const stop = async () => exporting?.stop()
  if (!ADMIN_LISTEN) return { observer: inOne(observers), tracing, startAdmin: async () => undefined, stop }
  const metrics = new MetricsObserver({ version, paths })
  const readiness = new ReadinessObserver()
  return {
    observer: inOne([...observers, metrics, readiness]),
    tracing,
    startAdmin: (oldestDeliverySeconds) =>
      startAdminListener({
        listen: ADMIN_LISTEN,
        version,
        readiness,
        metrics: async () => metrics.page(await oldestDeliverySeconds().catch(() => undefined)),
        metricsType: metrics.contentType,
      }),
    stop,
  }
}

function inOne(observers: readonly Observer[]): Observer {
  const [first, ...others] = observers
  return first && others.length === 0 ? first : new Observers(...observers)
}
