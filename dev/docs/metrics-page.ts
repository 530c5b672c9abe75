import { metricDefinitions } from '../../src/telemetry/metric-definitions.js'
import { page, prose, table } from './markdown.js'

/** docs/metrics.md: every metric of the service itself. */
export function metricsPage(): string {
  const rows = Object.values(metricDefinitions).map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', ') || 'none',
    help,
  ])
  return page('Metrics', '`src/telemetry/metric-definitions.ts`', [
    prose([
      'With `ADMIN_LISTEN`, each process shows these metrics at `/metrics`, in the text format of Prometheus. The rest of ' +
        'the page, `process_*` and `nodejs_*`, are the default metrics of prom-client: CPU, memory, open files, garbage ' +
        'collection and the lag of the event loop.',
      'Every label has a closed set of values, and none of them comes from a caller. Every series is there from the ' +
        'start, with the value 0. Health checks and reflection are not counted as calls.',
    ]),
    table(['metric', 'type', 'labels', 'meaning'], rows),
  ])
}
