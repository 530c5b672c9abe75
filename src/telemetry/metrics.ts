import { collectDefaultMetrics } from 'prom-client'
import { errorCatalog, type Reason } from '../errors/catalog.js'
import { MetricSet } from './metric-set.js'
import {
  type BatchKind,
  type CallEnd,
  type CallStart,
  type ConnectionLimit,
  type DatabaseCommand,
  type DatabaseConnectionChange,
  type DeliveryAttempt,
  type HealthReport,
  IgnoringObserver,
  type VerificationResult,
  type WatchedFileName,
} from './observer.js'

export interface MetricsOptions {
  /** Of the service. */
  readonly version: string
  /** The methods that the service has, each as `/package.Service/Method`. */
  readonly paths: readonly string[]
}

/** What keeps a label set of a histogram, so that it is checked once and not at every value. */
interface Durations {
  observe(seconds: number): void
}

/** Plain numbers, because a counter of prom-client costs half a microsecond each time. They become metrics when the page is read. */
interface CallCounts {
  readonly labels: { readonly grpc_service: string; readonly grpc_method: string }
  started: number
  readonly ended: Map<Reason | 'OK', number>
  readonly seconds: Durations
}

/** The metrics of this process for Prometheus. */
export class MetricsObserver extends IgnoringObserver {
  readonly #metrics = new MetricSet()
  readonly #calls: ReadonlyMap<string, CallCounts>
  #unknownMethods = 0
  readonly #commandSeconds = new Map<string, Durations>()
  readonly #databaseConnections = { opened: 0, closed: 0, acquired: 0, released: 0 }

  constructor({ version, paths }: MetricsOptions) {
    super()
    this.#calls = new Map(paths.map((path) => [path, this.#newCounts(path)]))
    this.#metrics.buildInfo.set({ version }, 1)
    collectDefaultMetrics({ register: this.#metrics.registry })
  }

  #newCounts(path: string): CallCounts {
    const [, grpc_service = '', grpc_method = ''] = path.split('/')
    const labels = { grpc_service, grpc_method }
    this.#metrics.seconds.zero(labels)
    return { labels, started: 0, ended: new Map(), seconds: this.#metrics.seconds.labels(labels) }
  }

  /** The page in the text format of Prometheus. `oldestDeliverySeconds` is undefined if it is not known. */
  page(oldestDeliverySeconds: number | undefined): Promise<string> {
    this.#countCalls()
    const { registry, databaseConnections, oldestDelivery } = this.#metrics
    const { opened, closed, acquired, released } = this.#databaseConnections
    databaseConnections.set({ state: 'open' }, opened - closed)
    databaseConnections.set({ state: 'in_use' }, acquired - released)
    if (oldestDeliverySeconds === undefined) oldestDelivery.remove()
    else oldestDelivery.set(oldestDeliverySeconds)
    return registry.metrics()
  }

  /** The content type of the page. */
  get contentType(): string {
    return this.#metrics.registry.contentType
  }

  #countCalls(): void {
    const { started, handled, errors } = this.#metrics
    for (const counter of [started, handled, errors]) counter.reset()
    for (const reason of reasons) errors.inc({ reason }, 0)
    for (const counts of this.#calls.values()) {
      started.inc(counts.labels, counts.started)
      for (const grpc_code of codes) handled.inc({ ...counts.labels, grpc_code }, 0)
      for (const [reason, count] of counts.ended) {
        handled.inc({ ...counts.labels, grpc_code: codeOf(reason) }, count)
        if (reason !== 'OK') errors.inc({ reason }, count)
      }
    }
    started.inc(unknownMethod, this.#unknownMethods)
    handled.inc({ ...unknownMethod, grpc_code: 'Unimplemented' }, this.#unknownMethods)
  }

  override callStarted({ path }: CallStart): void {
    const counts = this.#calls.get(path)
    if (counts) counts.started += 1
  }

  override callEnded({ path, reason, durationMs, limit = '' }: CallEnd): void {
    const counts = this.#calls.get(path)
    if (!counts) return
    counts.ended.set(reason, (counts.ended.get(reason) ?? 0) + 1)
    counts.seconds.observe(durationMs / 1000)
    if (reason === 'THROTTLED') this.#metrics.throttled.inc({ limit })
  }

  override unknownMethodCalled(): void {
    this.#unknownMethods += 1
  }

  override healthChanged({ serving }: HealthReport): void {
    this.#metrics.serving.set(serving ? 1 : 0)
  }

  override connectionOpened(): void {
    this.#metrics.connections.inc()
  }

  override connectionClosed(): void {
    this.#metrics.connections.dec()
  }

  override limitReached(limit: ConnectionLimit): void {
    this.#metrics.limitsReached.inc({ limit })
  }

  override batchStarted(batch: BatchKind, size: number): void {
    this.#metrics.batchSize.observe({ batch }, size)
  }

  override databaseCommandEnded({ command, outcome, durationMs }: DatabaseCommand): void {
    const key = `${command} ${outcome}`
    const seconds = this.#commandSeconds.get(key) ?? this.#metrics.commandSeconds.labels({ command, outcome })
    this.#commandSeconds.set(key, seconds)
    seconds.observe(durationMs / 1000)
  }

  override databaseConnectionChanged(change: DatabaseConnectionChange): void {
    this.#databaseConnections[change] += 1
  }

  override verificationChanged(channel: DeliveryAttempt['channel'], result: VerificationResult): void {
    this.#metrics.verifications.inc({ channel, result })
  }

  override deliveryAttempted({ channel, outcome }: DeliveryAttempt): void {
    this.#metrics.deliveries.inc({ channel, outcome })
  }

  override deliveryParked(): void {
    this.#metrics.parked.inc()
  }

  override workerFailed(): void {
    this.#metrics.workerFailures.inc()
  }

  override clockOffsetMeasured(offsetMs: number): void {
    this.#metrics.clockOffset.set(offsetMs / 1000)
  }

  override fileRejected(file: WatchedFileName): void {
    this.#metrics.rejectedFiles.inc({ file })
  }

  override settingsDiffer(names: readonly string[]): void {
    this.#metrics.differentSettings.set(names.length)
  }
}

const unknownMethod = { grpc_service: 'unknown', grpc_method: 'unknown' }

/** In the form in which servers in Go count them, such as `InvalidArgument`. */
function codeOf(reason: Reason | 'OK'): string {
  if (reason === 'OK') return 'OK'
  return errorCatalog[reason].status.replaceAll(/([A-Z])([A-Z]+)_?/g, (_, first, rest) => first + rest.toLowerCase())
}

const reasons = Object.keys(errorCatalog) as Reason[]
const codes: ReadonlySet<string> = new Set([codeOf('OK'), ...reasons.map(codeOf)])
