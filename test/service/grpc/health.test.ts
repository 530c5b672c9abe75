import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { Health, type HealthOptions } from '../../../src/grpc/health.js'
import type { HealthReport } from '../../../src/telemetry/observer.js'
import { HealthClient } from '../../support/health-client.js'
import { RecordingObserver } from '../../support/recording-observer.js'
import { echo, startToy, stopToys } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopToys()
})

interface ServedHealth {
  readonly client: HealthClient
  readonly health: Health
  /** What the observer has seen, in order. */
  readonly reports: readonly HealthReport[]
}

/** The health of the names `''` and `toy`, served on a socket, with a probe every few milliseconds once it is started. */
async function serveHealth(probe: () => Promise<void>, options: Partial<HealthOptions> = {}): Promise<ServedHealth> {
  const observer = new RecordingObserver()
  const health = new Health({
    names: ['', 'toy'],
    probe,
    intervalMs: 10,
    unhealthyIntervalMs: 10,
    timeoutMs: 1000,
    observer,
    ...options,
  })
  const toy = await startToy(echo, { otherServices: [health] })
  const client = new HealthClient(toy.address)
  cleanups.push(() => {
    health.stop()
    client.close()
  })
  return { client, health, reports: observer.healthReports }
}

describe('health', () => {
  test('is NOT_SERVING until the first successful probe, and SERVING from then on', async () => {
    const probed = deferred()
    const { client, health, reports } = await serveHealth(() => probed.promise)
    health.start()
    expect(await client.list()).toEqual({ '': 'NOT_SERVING', toy: 'NOT_SERVING', liveness: 'SERVING' })
    expect(reports).toEqual([])
    probed.resolve()
    await until('it serves', async () => (await client.check('toy')) === 'SERVING')
    expect(await client.list()).toEqual({ '': 'SERVING', toy: 'SERVING', liveness: 'SERVING' })
    expect(reports).toEqual([{ serving: true }])
  })

  test('reports a first probe that fails, and not those that fail after it in the same way', async () => {
    const down = new Error('down')
    let probes = 0
    const { client, health, reports } = await serveHealth(async () => {
      probes += 1
      throw down
    })
    health.start()
    await until('more probes have failed', () => probes > 3)
    expect(await client.check('')).toBe('NOT_SERVING')
    expect(reports).toEqual([{ serving: false, cause: down }])
  })

  test('follows the probe, and a Watch receives every change and nothing else', async () => {
    const down = new Error('down')
    let healthy = true
    let probes = 0
    const { client, health, reports } = await serveHealth(async () => {
      probes += 1
      if (!healthy) throw down
    })
    const { received } = client.watch('')
    await until('the Watch is open', () => received.length === 1)
    health.start()
    await until('it serves', () => received.at(-1) === 'SERVING')
    for (const next of [false, true]) {
      const probesBefore = probes
      await until('more probes have the same result', () => probes > probesBefore + 2)
      healthy = next
      await until('the change is received', () => received.at(-1) === (next ? 'SERVING' : 'NOT_SERVING'))
    }
    expect(received).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING', 'SERVING'])
    expect(reports).toEqual([{ serving: true }, { serving: false, cause: down }, { serving: true }])
  })

  test('reports each further kind of cause once while it is NOT_SERVING, and again after a recovery', async () => {
    const error = (code: string, cause?: Error) => Object.assign(new Error('down', { cause }), { code })
    const [a, sameAsA, b, aWithCause, sameAsB, laterA] = [
      error('A'),
      error('A'),
      error('B'),
      error('A', new TypeError()),
      error('B'),
      error('A'),
    ]
    let results: (Error | undefined)[] = [a, sameAsA, b, aWithCause, sameAsB, undefined, undefined, laterA]
    const { health, reports } = await serveHealth(async () => {
      const [failure, ...rest] = results
      if (rest.length > 0) results = rest
      if (failure) throw failure
    })
    health.start()
    await until('everything is reported', () => reports.length >= 5)
    health.stop()
    expect(reports.map(({ serving, cause }) => [serving, cause])).toEqual([
      [false, a],
      [false, b],
      [false, aWithCause],
      [true, undefined],
      [false, laterA],
    ])
  })

  test('is NOT_SERVING while probes take too long', async () => {
    let hanging = false
    const { client, health } = await serveHealth(() => (hanging ? new Promise<void>(() => {}) : Promise.resolve()), {
      timeoutMs: 30,
    })
    health.start()
    await until('it serves', async () => (await client.check('')) === 'SERVING')
    hanging = true
    await until('it no longer serves', async () => (await client.check('')) === 'NOT_SERVING')
    hanging = false
    await until('it serves again', async () => (await client.check('')) === 'SERVING')
  })

  test('stays NOT_SERVING after stop, whatever the result of a late probe', async () => {
    const late = deferred()
    let probes = 0
    const { client, health, reports } = await serveHealth(() => {
      probes += 1
      return probes === 1 ? Promise.resolve() : late.promise
    })
    health.start()
    await until('the second probe has started', () => probes === 2)
    health.stop()
    expect(await client.check('')).toBe('NOT_SERVING')
    late.resolve()
    expect(await client.list()).toEqual({ '': 'NOT_SERVING', toy: 'NOT_SERVING', liveness: 'SERVING' })
    expect(reports).toEqual([{ serving: true }, { serving: false }])
    expect(probes).toBe(2)
  })

  test('of the name liveness is SERVING before the first probe, while probes fail, and after stop', async () => {
    let probes = 0
    const { client, health } = await serveHealth(async () => {
      probes += 1
      throw new Error('down')
    })
    const { received } = client.watch('liveness')
    await until('the Watch is open', () => received.length === 1)
    health.start()
    await until('probes have failed', () => probes > 2)
    expect(await client.check('liveness')).toBe('SERVING')
    health.stop()
    expect(await client.check('liveness')).toBe('SERVING')
    expect(received).toEqual(['SERVING'])
  })

  test('of an unknown name is NOT_FOUND to Check and SERVICE_UNKNOWN to Watch', async () => {
    const { client } = await serveHealth(() => Promise.resolve())
    expect(await client.check('unknown')).toBe('NOT_FOUND')
    const watch = client.watch('unknown')
    await until('it has an answer', () => watch.received.length === 1)
    expect(watch.received).toEqual(['SERVICE_UNKNOWN'])
    watch.cancel()
    expect((await watch.ended).code).toBe(status.CANCELLED)
  })
})
