import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { Health, type HealthOptions } from '../../src/rpc/health.js'
import { type RunningService, startService } from '../service/running-service.js'
import { HealthClient } from './health-client.js'
import { echo, promised, startToy, stopToys, until } from './toy-service.js'

const ends: (() => void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) end()
  await stopToys()
})

interface Followed {
  readonly client: HealthClient
  readonly health: Health
  /** Whether each change was told as serving. */
  readonly changes: readonly boolean[]
}

/** Health of names `''` and `toy`, asked over a socket; it follows `probe` every few milliseconds. */
async function startHealth(probe: () => Promise<void>, otherwise: Partial<HealthOptions> = {}): Promise<Followed> {
  const changes: boolean[] = []
  const health = new Health({
    names: ['', 'toy'],
    probe,
    everyMs: 10,
    everyMsWhileDown: 10,
    withinMs: 1000,
    changed: (serving) => changes.push(serving),
    ...otherwise,
  })
  const toy = await startToy(echo, { extras: [health] })
  const client = new HealthClient(toy.address)
  ends.push(() => {
    health.stop()
    client.close()
  })
  return { client, health, changes }
}

describe('health', () => {
  test('is NOT_SERVING until the first good probe, and SERVING from then on', async () => {
    const probed = promised()
    const { client, health, changes } = await startHealth(() => probed.promise)
    void health.follow()
    expect(await client.list()).toEqual({ '': 'NOT_SERVING', toy: 'NOT_SERVING' })
    expect(changes).toEqual([])
    probed.keep()
    await until('it serves', async () => (await client.check('toy')) === 'SERVING')
    expect(await client.list()).toEqual({ '': 'SERVING', toy: 'SERVING' })
    expect(changes).toEqual([true])
  })

  test('tells of a first probe that failed, and not of those that fail after it', async () => {
    let probes = 0
    const { client, health, changes } = await startHealth(async () => {
      probes += 1
      throw new Error('down')
    })
    void health.follow()
    await until('more probes said the same', () => probes > 3)
    expect(await client.check('')).toBe('NOT_SERVING')
    expect(changes).toEqual([false])
  })

  test('follows the probe, and whoever watches is told of every change and of nothing else', async () => {
    let good = true
    let probes = 0
    const { client, health, changes } = await startHealth(async () => {
      probes += 1
      if (!good) throw new Error('down')
    })
    const { heard } = client.watch('')
    await until('the watch is open', () => heard.length === 1)
    void health.follow()
    await until('it serves', () => heard.at(-1) === 'SERVING')
    for (const next of [false, true]) {
      const seen = probes
      await until('more probes said the same', () => probes > seen + 2)
      good = next
      await until('the change is heard', () => heard.at(-1) === (next ? 'SERVING' : 'NOT_SERVING'))
    }
    expect(heard).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING', 'SERVING'])
    expect(changes).toEqual([true, false, true])
  })

  test('while it is down tells once of each further kind of cause, and tells them anew when it is down again', async () => {
    const failing = (code: string, cause?: Error) => Object.assign(new Error('down', { cause }), { code })
    let probes: (Error | undefined)[] = [
      ...[failing('A'), failing('A'), failing('B'), failing('A', new TypeError()), failing('B')],
      ...[undefined, undefined, failing('A')],
    ]
    const told: unknown[] = []
    const { health } = await startHealth(
      async () => {
        const [failure, ...rest] = probes
        if (rest.length > 0) probes = rest
        if (failure) throw failure
      },
      { changed: (serving, cause) => told.push([serving, cause && (cause as { code?: string }).code]) },
    )
    void health.follow()
    await until('all was told', () => told.length >= 5)
    health.stop()
    expect(told).toEqual([
      ...[
        [false, 'A'],
        [false, 'B'],
        [false, 'A'],
      ],
      [true, undefined],
      [false, 'A'],
    ])
  })

  test('is NOT_SERVING while a probe takes too long', async () => {
    let silent = false
    const { client, health } = await startHealth(() => (silent ? new Promise<void>(() => {}) : Promise.resolve()), {
      withinMs: 30,
    })
    void health.follow()
    await until('it serves', async () => (await client.check('')) === 'SERVING')
    silent = true
    await until('it no longer serves', async () => (await client.check('')) === 'NOT_SERVING')
    silent = false
    await until('it serves again', async () => (await client.check('')) === 'SERVING')
  })

  test('is NOT_SERVING for good once stopped, whatever a late probe says', async () => {
    const late = promised()
    let probes = 0
    const { client, health, changes } = await startHealth(() => {
      probes += 1
      return probes === 1 ? Promise.resolve() : late.promise
    })
    void health.follow()
    await until('the second probe is under way', () => probes === 2)
    health.stop()
    expect(await client.check('')).toBe('NOT_SERVING')
    late.keep()
    expect(await client.list()).toEqual({ '': 'NOT_SERVING', toy: 'NOT_SERVING' })
    expect(changes).toEqual([true, false])
    expect(probes).toBe(2)
  })

  test('of a name that nobody has is NOT_FOUND, and SERVICE_UNKNOWN to who watches it', async () => {
    const { client } = await startHealth(() => Promise.resolve())
    expect(await client.check('nobody')).toBe('NOT_FOUND')
    const watching = client.watch('nobody')
    await until('it is told', () => watching.heard.length === 1)
    expect(watching.heard).toEqual(['SERVICE_UNKNOWN'])
    watching.cancel()
    expect((await watching.ended).code).toBe(status.CANCELLED)
  })
})

describe('the health of the service', () => {
  let service: RunningService | undefined
  afterEach(() => service?.stop())

  test('is SERVING for the process and for the service once the database has answered', async () => {
    service = await startService()
    const client = new HealthClient(service.app.address)
    ends.push(() => client.close())
    const names = ['', 'messagecontacts.v1.MessageContactService']
    expect(await Promise.all(names.map((name) => client.check(name)))).toEqual(['SERVING', 'SERVING'])
    expect(Object.keys(await client.list()).sort()).toEqual(names)
    expect(await client.check('messagecontacts.v1.Unknown')).toBe('NOT_FOUND')
  })

  test('turns NOT_SERVING for who watches before the stream is ended', async () => {
    service = await startService()
    const client = new HealthClient(service.app.address)
    ends.push(() => client.close())
    const { heard, ended } = client.watch('')
    await until('it is heard', () => heard.length === 1)
    await service.app.stop()
    expect((await ended).code).toBe(status.UNAVAILABLE)
    expect(heard).toEqual(['SERVING', 'NOT_SERVING'])
    service = undefined
  })
})
