import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { metricDefinitions as definitions, type MetricDefinition } from './metric-definitions.js'
import {
  batchKinds,
  callerLimits,
  connectionLimits,
  databaseCommands,
  databaseOutcomes,
  deliveryChannels,
  deliveryOutcomes,
  verificationResults,
  watchedFiles,
} from './observer.js'

/** The metrics of `metricDefinitions` in a registry. */
export class MetricSet {
  readonly started
  readonly handled
  readonly seconds
  readonly errors
  readonly throttled
  readonly serving
  readonly connections
  readonly limitsReached
  readonly batchSize
  readonly commandSeconds
  readonly databaseConnections
  readonly deliveries
  readonly oldestDelivery
  readonly parked
  readonly workerFailures
  readonly verifications
  readonly clockOffset
  readonly differentSettings
  readonly rejectedFiles
  readonly buildInfo

  constructor(registry: Registry) {
    this.started = newCounter(definitions.started, registry)
    this.handled = newCounter(definitions.handled, registry)
    this.seconds = newHistogram(definitions.seconds, registry)
    this.errors = newCounter(definitions.errors, registry)
    this.throttled = newCounter(definitions.throttled, registry)
    this.serving = newGauge(definitions.serving, registry)
    this.connections = newGauge(definitions.connections, registry)
    this.limitsReached = newCounter(definitions.limitsReached, registry)
    this.batchSize = newHistogram(definitions.batchSize, registry)
    this.commandSeconds = newHistogram(definitions.commandSeconds, registry)
    this.databaseConnections = newGauge(definitions.databaseConnections, registry)
    this.deliveries = newCounter(definitions.deliveries, registry)
    this.oldestDelivery = newGauge(definitions.oldestDelivery, registry)
    this.parked = newCounter(definitions.parked, registry)
    this.workerFailures = newCounter(definitions.workerFailures, registry)
    this.verifications = newCounter(definitions.verifications, registry)
    this.clockOffset = newGauge(definitions.clockOffset, registry)
    this.differentSettings = newGauge(definitions.differentSettings, registry)
    this.rejectedFiles = newCounter(definitions.rejectedFiles, registry)
    this.buildInfo = newGauge(definitions.buildInfo, registry)
    this.#addKnownSeries()
  }

  /** Every series whose labels are known is there from the start, because Prometheus does not see the first increase of a new one. */
  #addKnownSeries(): void {
    for (const limit of callerLimits) this.throttled.inc({ limit }, 0)
    for (const limit of connectionLimits) this.limitsReached.inc({ limit }, 0)
    for (const batch of batchKinds) this.batchSize.zero({ batch })
    for (const command of databaseCommands)
      for (const outcome of databaseOutcomes) this.commandSeconds.zero({ command, outcome })
    for (const channel of deliveryChannels) {
      for (const outcome of deliveryOutcomes) this.deliveries.inc({ channel, outcome }, 0)
      for (const result of verificationResults) this.verifications.inc({ channel, result }, 0)
    }
    for (const file of watchedFiles) this.rejectedFiles.inc({ file }, 0)
  }
}

const newCounter = <Label extends string>(definition: MetricDefinition<Label>, registry: Registry) =>
  new Counter(configurationOf(definition, registry))

const newGauge = <Label extends string>(definition: MetricDefinition<Label>, registry: Registry) =>
  new Gauge(configurationOf(definition, registry))

const newHistogram = <Label extends string>(definition: MetricDefinition<Label>, registry: Registry) =>
  new Histogram({ ...configurationOf(definition, registry), buckets: [...(definition.buckets ?? [])] })

const configurationOf = <Label extends string>(
  { name, help, labels }: MetricDefinition<Label>,
  registry: Registry,
) => ({ name, help, labelNames: labels, registers: [registry] })
