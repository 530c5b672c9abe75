import { describe, expect, inject, test } from 'vitest'
import { uniqueName } from '../service/running-service.js'
import { WireProxy } from '../wire-proxy.js'
import { Load, reasonsBeside, reasonsOf } from './load.js'
import { adding, expectKept } from './load-of-adds.js'
import { contactsIn, databaseName, ownDatabase } from './own-database.js'
import { ServiceProcess } from './service-process.js'
import { halfSentCall, Observer } from './streams.js'

/** The promise, with all settings at their defaults, is 10 s; the machine may have more to do. */
const withinMs = 12_000

/** On the shared database, and a look at what it holds. */
async function startService(otherwise: Readonly<Record<string, string>> = {}) {
  const name = uniqueName('stopping')
  const environment = { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: name, ...otherwise }
  const service = await ServiceProcess.start({ environment })
  return { service, contacts: () => contactsIn(inject('mongodbUri'), name) }
}

/** Beside these a client that finds nobody says UNAVAILABLE by itself. */
const whileStopping = ['SHUTTING_DOWN', 'UNAVAILABLE']

describe.concurrent('a stop in order', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s under load keeps what was acknowledged and ends with 0',
    async (signal) => {
      const { service, contacts } = await startService()
      const load = Load.start(adding, { address: service.address, connections: 2 })
      await load.answered(50)
      service.signal(signal)
      expect(await service.exit(withinMs)).toBe(0)
      await load.stop()
      expect(reasonsBeside(load.attempts, whileStopping)).toEqual([])
      await expectKept(contacts(), load.attempts)
    },
  )

  test('ends open Watch and reflection streams, saying why', async () => {
    const { service } = await startService()
    const observer = new Observer(service.address)
    const streams = await Promise.all([observer.watch(), observer.reflect()])
    service.signal('SIGTERM')
    const ends = await Promise.all(streams.map(({ ended }) => ended))
    expect(ends.map(({ details }) => details[0])).toMatchObject([
      { reason: 'SHUTTING_DOWN' },
      { reason: 'SHUTTING_DOWN' },
    ])
    expect(await service.exit(withinMs)).toBe(0)
    observer.close()
  })

  test('waits for a half-sent call no longer than its bound', async () => {
    const { service } = await startService()
    const close = await halfSentCall(service.address)
    service.signal('SIGTERM')
    expect(await service.exit(withinMs)).toBe(0)
    const [stopping = 0, stopped = 0] = ['stopping', 'stopped'].map((msg) => service.at(msg))
    expect(stopped - stopping, 'there was a call to wait for').toBeGreaterThan(5000)
    close()
  })

  test('ends with 0 while the database is away', async () => {
    const database = await ownDatabase()
    const service = await ServiceProcess.start({ environment: { MONGODB_URI: database.uri } })
    const load = Load.start(adding, { address: service.address, connections: 2 })
    await load.answered(50)
    await database.kill()
    service.signal('SIGTERM')
    expect(await service.exit(withinMs)).toBe(0)
    await load.stop()
    expect(service.lines().filter(({ reason }) => reason === 'INTERNAL')).toEqual([])
    expect(
      reasonsBeside(load.attempts, [...whileStopping, 'DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUT_OF_TIME']),
    ).toEqual([])
    await database.startAgain()
    await expectKept(contactsIn(database.uri, databaseName), load.attempts)
  })

  test('ends with 0 while the database answers nothing, and answers every call first', async () => {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    // Nobody else ends these calls, neither the client nor a time limit.
    const patient = { MAX_CALL_SECONDS: '60', DATABASE_TIMEOUT_SECONDS: '60' }
    const { service, contacts } = await startService({ MONGODB_URI: proxy.uri, ...patient })
    const load = Load.start(adding, { address: service.address, connections: 2 })
    await load.answered(50)
    proxy.holdBack()
    service.signal('SIGTERM')
    expect(await service.exit(withinMs)).toBe(0)
    await load.stop()
    expect(reasonsOf(load.attempts)).toContain('OUTCOME_UNKNOWN')
    expect(reasonsBeside(load.attempts, [...whileStopping, 'OUTCOME_UNKNOWN', 'OUT_OF_TIME'])).toEqual([])
    await proxy.close()
    await expectKept(contacts(), load.attempts)
  })

  test('ends with 0 where the database never was there', async () => {
    const environment = { MONGODB_URI: 'mongodb://127.0.0.1:1/' }
    const service = await ServiceProcess.start({ environment, ready: false })
    service.signal('SIGTERM')
    expect(await service.exit(withinMs)).toBe(0)
  })

  test('a second signal ends the process at once, with 1', async () => {
    const { service } = await startService()
    const close = await halfSentCall(service.address)
    service.signal('SIGTERM')
    await service.logged(({ msg }) => msg === 'stopping')
    service.signal('SIGINT')
    expect(await service.exit(3000)).toBe(1)
    close()
  })
})
