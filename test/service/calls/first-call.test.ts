import { afterEach, describe, expect, test } from 'vitest'
import { addRequest, ContactsClient } from '../../support/client.js'
import { HealthClient } from '../../support/health-client.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { type RunningService, type ServiceOptions, startService } from '../../support/running-service.js'

const directory = { directoryId: 'rd-1' }
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) await cleanUp()
})

async function start(options: ServiceOptions): Promise<RunningService> {
  const service = await startService({ ready: false, ...options })
  cleanups.push(() => service.stop())
  return service
}

describe('a call that arrives as soon as the port is open', () => {
  test('is served, although the database has not answered yet', async () => {
    const { client } = await start({})
    const [added, listed] = await Promise.all([
      client.addMessageContact(addRequest(), directory),
      client.listMessageContacts({}, directory),
    ])
    expect(added.response.contact?.name).toBe('Tom')
    expect(listed.response).toMatchObject({ $typeName: 'messagecontacts.v1.ListMessageContactsResponse' })
  })

  test('is refused after two seconds if the database stays away, while probes are answered at once', async () => {
    const { app } = await start({ environment: { MONGODB_URI: 'mongodb://127.0.0.1:1/' } })
    const [client, health] = [new ContactsClient(app.address), new HealthClient(app.address)]
    cleanups.unshift(
      () => client.close(),
      () => health.close(),
    )
    const startTime = Date.now()
    let refusedAfterMs = 0
    const refused = expectRefusal(client.listMessageContacts({}, directory), 'DATABASE_UNAVAILABLE', {
      RetryInfo: retryInfo(1000),
    }).then(() => {
      refusedAfterMs = Date.now() - startTime
    })
    expect(await Promise.all(['', 'liveness'].map((name) => health.check(name)))).toEqual(['NOT_SERVING', 'SERVING'])
    expect(refusedAfterMs).toBe(0)
    await refused
    expect(refusedAfterMs).toBeGreaterThanOrEqual(1990)
  })
})
