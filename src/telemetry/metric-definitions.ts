/** What Prometheus is given for a metric. The page docs/metrics.md is made of these. */
export interface MetricDefinition<Label extends string = string> {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** With the unit, unless the name ends with it. */
  readonly help: string
  /** Every label has a closed set of values, and none of them comes from a caller. */
  readonly labels: readonly Label[]
  /** The upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[]
}

const define = <Label extends string = never>(definition: MetricDefinition<Label>) => definition

/** The metrics of the service itself. The first three have the names that servers in other languages use. */
export const metricDefinitions = {
  started: define({
    name: 'grpc_server_started_total',
    type: 'counter',
    help: 'Calls that have arrived. All methods that this server does not have share the service and method "unknown".',
    labels: ['grpc_service', 'grpc_method'],
  }),
  handled: define({
    name: 'grpc_server_handled_total',
    type: 'counter',
    help: 'Calls that have been answered, by gRPC status code.',
    labels: ['grpc_service', 'grpc_method', 'grpc_code'],
  }),
  seconds: define({
    name: 'grpc_server_handling_seconds',
    type: 'histogram',
    help: 'The time from the arrival of a call to its answer.',
    labels: ['grpc_service', 'grpc_method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  errors: define({
    name: 'messagecontacts_errors_total',
    type: 'counter',
    help: 'Calls that were refused, by the reason in their ErrorInfo.',
    labels: ['reason'],
  }),
  throttled: define({
    name: 'messagecontacts_throttled_total',
    type: 'counter',
    help: 'Calls that were refused as THROTTLED, by the setting of the limit that was reached.',
    labels: ['limit'],
  }),
  serving: define({
    name: 'messagecontacts_serving',
    type: 'gauge',
    help: '1 while health is SERVING, otherwise 0.',
    labels: [],
  }),
  connections: define({
    name: 'messagecontacts_connections',
    type: 'gauge',
    help: 'Open connections of clients.',
    labels: [],
  }),
  limitsReached: define({
    name: 'messagecontacts_limits_reached_total',
    type: 'counter',
    help: 'How often a limit had an effect on a connection or refused a request because of its size, by its setting.',
    labels: ['limit'],
  }),
  batchSize: define({
    name: 'messagecontacts_batch_size',
    type: 'histogram',
    help: 'How many calls shared a command to the database.',
    labels: ['batch'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  }),
  commandSeconds: define({
    name: 'messagecontacts_database_command_seconds',
    type: 'histogram',
    help: 'The time of a command to the database, with the wait for a connection. Outcome "refused": the database refused it or a part of it; "failed": it was not reached, or not in time.',
    labels: ['command', 'outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  databaseConnections: define({
    name: 'messagecontacts_database_connections',
    type: 'gauge',
    help: 'Connections to the database: all that are open, and those that a command uses.',
    labels: ['state'],
  }),
  deliveries: define({
    name: 'messagecontacts_deliveries_total',
    type: 'counter',
    help: 'Attempts to deliver a verification code. Outcome "retry": it will be attempted again; "failed": it will not; "expired": the code expired before it was sent.',
    labels: ['channel', 'outcome'],
  }),
  oldestDelivery: define({
    name: 'messagecontacts_delivery_queue_oldest_seconds',
    type: 'gauge',
    help: 'How long the message that has been due longest waits for an attempt, in all processes; 0 if none is due, absent while the database does not answer.',
    labels: [],
  }),
  parked: define({
    name: 'messagecontacts_deliveries_parked_total',
    type: 'counter',
    help: 'Deliveries that were put aside for a while because their contact is damaged.',
    labels: [],
  }),
  workerFailures: define({
    name: 'messagecontacts_delivery_worker_failures_total',
    type: 'counter',
    help: 'How often the delivery worker became unable to read or write its messages.',
    labels: [],
  }),
  verifications: define({
    name: 'messagecontacts_verifications_total',
    type: 'counter',
    help: 'Codes that were requested, and codes that were given to verify an address, by what came of it.',
    labels: ['channel', 'result'],
  }),
  clockOffset: define({
    name: 'messagecontacts_clock_offset_seconds',
    type: 'gauge',
    help: 'The time of the database minus the time of this process.',
    labels: [],
  }),
  differentSettings: define({
    name: 'messagecontacts_different_settings',
    type: 'gauge',
    help: 'How many of the settings that processes share have other values than in the process that started before.',
    labels: [],
  }),
  rejectedFiles: define({
    name: 'messagecontacts_rejected_files_total',
    type: 'counter',
    help: 'How often a file was replaced by a version that cannot be used.',
    labels: ['file'],
  }),
  buildInfo: define({
    name: 'messagecontacts_build_info',
    type: 'gauge',
    help: 'Always 1. The label has the version of the service.',
    labels: ['version'],
  }),
}
