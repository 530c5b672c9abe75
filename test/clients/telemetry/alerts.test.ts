import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { alertStates, startHealthy, type WatchedState } from '../../support/clients/alert-states.js'
import { findPrometheus, needs } from '../../support/clients/programs.js'
import { Prometheus } from '../../support/clients/prometheus.js'
import { until } from '../../support/waiting.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const rules = join(root, 'deploy/prometheus/alerts.yaml')
/** Longer than any state takes to be seen on a busy machine, in milliseconds. */
const maxAlertMs = 60_000
const testTimeoutMs = 180_000
/** The alert that is not about a process. */
const absent = 'MessageContactsAbsent'

const program = needs(findPrometheus)
let prometheus: Prometheus
let healthy: WatchedState
beforeAll(async () => {
  prometheus = await Prometheus.start({ program: program(), rules })
  healthy = await startHealthy()
  await prometheus.watch('healthy', healthy.adminAddress)
}, testTimeoutMs)
afterAll(async () => {
  await healthy.stop()
  await prometheus.stop()
})

test('promtool accepts the rules, and the configuration of the Prometheus in compose.yaml', async () => {
  const promtool = join(dirname(program()), 'promtool')
  const found = `SUCCESS: ${Object.keys(alertStates).length + 1} rules found`
  expect((await run(promtool, ['check', 'rules', rules])).stdout).toContain(found)
  const configuration = join(root, 'deploy/prometheus/prometheus.yml')
  expect((await run(promtool, ['check', 'config', configuration])).stdout).toContain(found)
})

describe('an alert', () => {
  test('exists for each state that a service is driven into here, and there is no other', async () => {
    const found = await prometheus.rules()
    expect(found.map(({ name }) => name)).toEqual([absent, ...Object.keys(alertStates)])
  })

  test(
    `${absent} is true until Prometheus knows a process`,
    async () => {
      const other = await Prometheus.start({ program: program(), rules })
      onTestFinished(() => other.stop())
      const isTrue = async () => (await other.instancesWith(absent)).length > 0
      await until(`${absent} is true`, isTrue, maxAlertMs)
      await other.watch('healthy', healthy.adminAddress)
      await until(`${absent} is false`, async () => !(await isTrue()), maxAlertMs)
    },
    testTimeoutMs,
  )

  test.each(Object.entries(alertStates))(
    '%s becomes true in its state',
    async (alert, start) => {
      const state = await start()
      onTestFinished(state.stop)
      await prometheus.watch(alert, state.adminAddress)
      expect(await prometheus.instancesWith(alert)).not.toContain(alert)
      await state.enter()
      await until(`${alert} is true`, async () => (await prometheus.instancesWith(alert)).includes(alert), maxAlertMs)
    },
    testTimeoutMs,
  )

  test('is never true for a service that is well, and Prometheus can evaluate every one', async () => {
    const found = await prometheus.rules()
    expect(found.filter(({ health }) => health !== 'ok')).toEqual([])
    expect(found.flatMap(({ alerts }) => alerts).filter(({ labels }) => labels['instance'] === 'healthy')).toEqual([])
  })
})

describe('the dashboard', () => {
  const { panels } = JSON.parse(readFileSync(join(root, 'deploy/grafana/message-contacts.json'), 'utf8')) as {
    readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[]
  }
  const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const))

  test.each(queries)('has data for "%s": %s', async (_, expr) => {
    // Whether anything has happened is left out: there are few calls here.
    const query = expr
      .replaceAll(/\$job|\$instance/g, '.*')
      .replaceAll('$__rate_interval', '10m')
      .replace(/ > 0$/, '')
    // A rate takes two readings.
    await until('there are data', async () => (await prometheus.query(query)).length > 0, maxAlertMs)
  })
})
