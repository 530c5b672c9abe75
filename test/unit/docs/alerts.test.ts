import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { metricDefinitions } from '../../../src/telemetry/metric-definitions.js'
import { connectionLimits } from '../../../src/telemetry/observer.js'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const alerts = read('deploy/prometheus/alerts.yaml')
const dashboard = read('deploy/grafana/message-contacts.json')
const [, table = ''] = /^## Alerts\n([\s\S]*?)^## /m.exec(read('docs/operations.md')) ?? []

test('the rows of "Alerts" in docs/operations.md name every rule of deploy/prometheus/alerts.yaml, and no other', () => {
  const rules = [...alerts.matchAll(/- alert: MessageContacts(\w+)/g)].map(([, name]) => name)
  const columns = [...table.matchAll(/^\| [^|]+ \| ([^|]+) \|/gm)].map(([, column = '']) => column)
  const named = columns.flatMap((column) => [...column.matchAll(/`(\w+)`/g)].map(([, name]) => name))
  expect([...new Set(named)].toSorted()).toEqual(rules.toSorted())
})

test('the rows of "Alerts" name every limit that a line of the log can name, and no other', () => {
  const rows = [...table.matchAll(/^\| `limit reached` with ([^|]+) \|/gm)].map(([, limits = '']) => limits)
  const named = rows.flatMap((limits) => [...limits.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  expect(named.toSorted()).toEqual([...connectionLimits].toSorted())
})

test.each([
  ['alerts', alerts],
  ['dashboard', dashboard],
])('the %s use no metric of the service that does not exist', (_, text) => {
  const names = new Set([...text.matchAll(/\b(?:messagecontacts|grpc_server)_\w+/g)].map(([name]) => name))
  const existing = Object.values(metricDefinitions).flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  expect([...names].filter((name) => !existing.includes(name))).toEqual([])
})
