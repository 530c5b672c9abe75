import { Counter, Gauge, Histogram, Registry } from 'prom-client'
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

/** The metrics of `metricDefinitions`, and their registry. */
export class MetricSet {
  readonly registry = new Registry()
  readonly started = newCounter(definitions.started, this.registry)
  readonly handled = newCounter(definitions.handled, this.registry)
  readonly seconds = newHistogram(definitions.seconds, this.registry)
  readonly errors = newCounter(definitions.errors, this.registry)
  readonly throttled = newCounter(definitions.throttled, this.registry)
  readonly serving = newGauge(definitions.serving, this.registry)
  readonly connections = newGauge(definitions.connections, this.registry)
  readonly limitsReached = newCounter(definitions.limitsReached, this.registry)
  readonly batchSize = newHistogram(definitions.batchSize, this.registry)
  readonly commandSeconds = newHistogram(definitions.commandSeconds, this.registry)
  readonly databaseConnections = newGauge(definitions.databaseConnections, this.registry)
  readonly deliveries = newCounter(definitions.deliveries, this.registry)
  readonly oldestDelivery = newGauge(definitions.oldestDelivery, this.registry)
  readonly parked = newCounter(definitions.parked, this.registry)
  readonly workerFailures = newCounter(definitions.workerFailures, this.registry)
  readonly verifications = newCounter(definitions.verifications, this.registry)
  readonly clockOffset = newGauge(definitions.clockOffset, this.registry)
  readonly differentSettings = newGauge(definitions.differentSettings, this.registry)
  readonly rejectedFiles = newCounter(definitions.rejectedFiles, this.registry)
  readonly buildInfo = newGauge(definitions.buildInfo, this.registry)

  constructor() {
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
