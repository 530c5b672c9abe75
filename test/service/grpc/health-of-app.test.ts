import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { HealthClient } from '../../support/health-client.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

let service: RunningService | undefined
let client: HealthClient | undefined
afterEach(async () => {
  client?.close()
  await service?.stop()
})

describe('the health of the service', () => {
  test('is SERVING for the process and for the service after the database has answered', async () => {
    service = await startService()
    const healthClient = new HealthClient(service.app.address)
    client = healthClient
    const names = ['', 'messagecontacts.v1.MessageContactService']
    expect(await Promise.all(names.map((name) => healthClient.check(name)))).toEqual(['SERVING', 'SERVING'])
    expect(Object.keys(await healthClient.list()).sort()).toEqual([
      '',
      'liveness',
      'messagecontacts.v1.MessageContactService',
    ])
    expect(await healthClient.check('messagecontacts.v1.Unknown')).toBe('NOT_FOUND')
  })

  test('changes to NOT_SERVING for a Watch before the stream is ended', async () => {
    service = await startService()
    client = new HealthClient(service.app.address)
    const { received, ended } = client.watch('')
    await until('it has an answer', () => received.length === 1)
    await service.app.stop()
    expect((await ended).code).toBe(status.UNAVAILABLE)
    expect(received).toEqual(['SERVING', 'NOT_SERVING'])
    service = undefined
  })
})
