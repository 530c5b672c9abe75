import { describe, expect, inject, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { DeliveryScenario, deliveryLines } from '../../support/delivery-scenario.js'
import { HealthClient } from '../../support/health-client.js'
import { createReconnectingClient, Load, reasonsOf, unexpectedReasons } from '../../support/load.js'
import { adds, expectAddsKept } from '../../support/load-of-adds.js'
import { silence, startScriptedServer } from '../../support/mail-server.js'
import { contactsIn, defaultDatabaseName, startOwnDatabase } from '../../support/own-database.js'
import { startReceivers } from '../../support/receivers.js'
import { uniqueName } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'
import { healthBecomes, openReflection, openWatch, startHalfSentCall } from '../../support/streams.js'
import { deferred } from '../../support/waiting.js'
import { WireProxy } from '../../support/wire-proxy.js'

/** The maximum duration of a stop with the default settings is 10 s; more on a busy machine. */
const maxStopMs = 12_000

/** A service on the shared database, and the contacts that it stores. */
async function startService(environment: Readonly<Record<string, string>> = {}) {
  const MONGODB_URI = inject('mongodbUri')
  const MONGODB_DATABASE = uniqueName('stopping')
  const service = await ServiceProcess.start({ environment: { MONGODB_URI, MONGODB_DATABASE, ...environment } })
  return { service, contacts: () => contactsIn(MONGODB_URI, MONGODB_DATABASE) }
}

/** A client that finds no service reports UNAVAILABLE by itself. */
const stopReasons = ['SHUTTING_DOWN', 'UNAVAILABLE']

describe.concurrent('an ordered stop', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'after %s under load keeps what was acknowledged and ends with 0',
    async (signal) => {
      const { service, contacts } = await startService()
      const load = Load.start(adds, { address: service.address, connections: 2 })
      await load.answered(50)
      service.signal(signal)
      expect(await service.exit(maxStopMs)).toBe(0)
      await load.stop()
      expect(unexpectedReasons(load.results, stopReasons)).toEqual([])
      await expectAddsKept(contacts(), load.results)
    },
  )

  test('answers calls for SHUTDOWN_DELAY_SECONDS while health is NOT_SERVING', async () => {
    const { service } = await startService({ SHUTDOWN_DELAY_SECONDS: '4' })
    const health = new HealthClient(service.address)
    const client = createReconnectingClient(service.address)
    service.signal('SIGTERM')
    await healthBecomes(health, 'NOT_SERVING', 3000)
    await client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') })
    expect(await service.exit(4000 + maxStopMs)).toBe(0)
    expect(service.timeOf('stopped') - service.timeOf('stopping')).toBeGreaterThanOrEqual(4000)
    client.close()
    health.close()
  })

  test('ends open Watch and reflection streams with a reason', async () => {
    const { service } = await startService({ REFLECTION: 'open' })
    const health = new HealthClient(service.address)
    const streams = await Promise.all([openWatch(health), openReflection(service.address)])
    service.signal('SIGTERM')
    const ends = await Promise.all(streams.map(({ ended }) => ended))
    expect(ends.map(({ details }) => details[0])).toMatchObject([
      { reason: 'SHUTTING_DOWN' },
      { reason: 'SHUTTING_DOWN' },
    ])
    expect(await service.exit(maxStopMs)).toBe(0)
    health.close()
  })

  test('waits for a half-sent call no longer than its timeout', async () => {
    const { service } = await startService()
    const close = await startHalfSentCall(service.address)
    service.signal('SIGTERM')
    expect(await service.exit(maxStopMs)).toBe(0)
    const stopMs = service.timeOf('stopped') - service.timeOf('stopping')
    expect(stopMs, 'there was a call to wait for').toBeGreaterThan(5000)
    close()
  })

  test('ends with 0 while the database is down', async () => {
    const database = await startOwnDatabase()
    const service = await ServiceProcess.start({ environment: { MONGODB_URI: database.uri } })
    const load = Load.start(adds, { address: service.address, connections: 2 })
    await load.answered(50)
    await database.kill()
    service.signal('SIGTERM')
    expect(await service.exit(maxStopMs)).toBe(0)
    await load.stop()
    expect(service.lines().filter(({ reason }) => reason === 'INTERNAL')).toEqual([])
    const expected = [...stopReasons, 'DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED']
    expect(unexpectedReasons(load.results, expected)).toEqual([])
    await database.startAgain()
    await expectAddsKept(contactsIn(database.uri, defaultDatabaseName), load.results)
  })

  test('ends with 0 while the database does not answer, and answers every call first', async () => {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    // Only the stop ends these calls, neither the client nor a time limit.
    const timeouts = { MAX_CALL_SECONDS: '60', DATABASE_TIMEOUT_SECONDS: '60' }
    const { service, contacts } = await startService({ MONGODB_URI: proxy.uri, ...timeouts })
    const load = Load.start(adds, { address: service.address, connections: 2 })
    await load.answered(50)
    proxy.stall()
    service.signal('SIGTERM')
    expect(await service.exit(maxStopMs)).toBe(0)
    await load.stop()
    expect(reasonsOf(load.results)).toContain('OUTCOME_UNKNOWN')
    expect(unexpectedReasons(load.results, [...stopReasons, 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED'])).toEqual([])
    await proxy.close()
    await expectAddsKept(contacts(), load.results)
  })

  test('ends with 0 if the database has never answered', async () => {
    const environment = { MONGODB_URI: 'mongodb://127.0.0.1:1/' }
    const service = await ServiceProcess.start({ environment, ready: false })
    service.signal('SIGTERM')
    expect(await service.exit(maxStopMs)).toBe(0)
  })

  test('ends with 1 at once after a second signal', async () => {
    const { service } = await startService()
    const close = await startHalfSentCall(service.address)
    service.signal('SIGTERM')
    await service.logged(({ msg }) => msg === 'stopping')
    service.signal('SIGINT')
    expect(await service.exit(3000)).toBe(1)
    close()
  })
})

describe('a stop during a delivery', () => {
  test('lets the delivery finish, and stores its result', async () => {
    const { promise: received, resolve: receive } = deferred()
    const { promise: stopping, resolve: continueDelivery } = deferred()
    const receivers = await startReceivers({
      onRcptTo(_, __, done) {
        receive()
        void stopping.then(() => done())
      },
    })
    const scenario = new DeliveryScenario()
    const service = await scenario.start(receivers.settings)
    await scenario.requestCode(service, 'email')
    await received
    service.signal('SIGTERM')
    await service.logged(({ msg }) => msg === 'stopping')
    continueDelivery()
    expect(await service.exit(maxStopMs)).toBe(0)
    expect(await scenario.storedVerification()).toMatchObject({ deliveryState: 'SENT', attempts: 1 })
    expect(receivers.emails).toHaveLength(1)
  })

  test('that takes too long aborts it and stores it for another attempt, and claims no other delivery', async () => {
    const port = await startScriptedServer({ connect: silence })
    const scenario = new DeliveryScenario()
    const service = await scenario.start({
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'no-reply@contacts.example',
      SHUTDOWN_TIMEOUT_SECONDS: '3',
    })
    await scenario.requestCode(service, 'email')
    await scenario.untilStored({ deliveryState: 'QUEUED', attempts: 1 })
    // For the whole timeout, in which a process that still claimed would look for due deliveries every second.
    const close = await startHalfSentCall(service.address)
    service.signal('SIGTERM')
    await service.logged(({ msg }) => msg === 'stopping')
    await scenario.endLease()
    // Two more seconds for the last results, and more on a busy machine.
    expect(await service.exit(3000 + 2000 + 2000)).toBe(0)
    close()
    const { deliveryState, attempts, dueDate } = await scenario.storedVerification()
    expect({ deliveryState, attempts }).toEqual({ deliveryState: 'QUEUED', attempts: 1 })
    expect(dueDate?.getTime()).toBeGreaterThan(service.timeOf('stopping'))
    expect(dueDate?.getTime()).toBeLessThanOrEqual(service.timeOf('stopped') + 1000)
    expect(deliveryLines(service)).toEqual([
      { level: 'info', channel: 'email', outcome: 'retry', attempt: 1, cause: 'CLOSED' },
    ])
  })
})
