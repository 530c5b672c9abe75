import { type AdminListener, ReadinessObserver, startAdminListener } from './admin.js'
import { type Log, LogObserver } from './log.js'
import { MetricsObserver } from './metrics.js'
import type { Observer } from './observer.js'
import { Observers } from './observers.js'
import type { TelemetrySettings } from './settings.js'

export interface TelemetryOptions {
  readonly settings: TelemetrySettings
  readonly log: Log
  /** Of the service. */
  readonly version: string
  /** The methods that the service has, each as `/package.Service/Method`. */
  readonly paths: readonly string[]
}

/** What observes a process, and what shows it. */
export interface Telemetry {
  readonly observer: Observer
  /**
   * Starts the admin listener, if ADMIN_LISTEN is set. `oldestDeliverySeconds` gives the age of the oldest message that is due, and
   * rejects if it cannot be found out. Rejects if the address cannot be bound.
   */
  startAdmin(oldestDeliverySeconds: () => Promise<number>): Promise<AdminListener | undefined>
}

/** Without ADMIN_LISTEN nobody could read metrics, so nothing is counted. */
export function createTelemetry({ settings: { ADMIN_LISTEN }, log, version, paths }: TelemetryOptions): Telemetry {
  const logObserver = new LogObserver(log)
  if (!ADMIN_LISTEN) return { observer: logObserver, startAdmin: async () => undefined }
  const metrics = new MetricsObserver({ version, paths })
  const readiness = new ReadinessObserver()
  return {
    observer: new Observers(logObserver, metrics, readiness),
    startAdmin: (oldestDeliverySeconds) =>
      startAdminListener({
        listen: ADMIN_LISTEN,
        version,
        readiness,
        metrics: async () => metrics.page(await oldestDeliverySeconds().catch(() => undefined)),
        metricsType: metrics.contentType,
      }),
  }
}
