import type { Document } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import {
  type FaultyService,
  notCarriedOut,
  notConfirmed,
  startFaulty,
  transientFaults,
} from '../../support/fail-points.js'
import { HealthClient } from '../../support/health-client.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { uniqueName } from '../../support/running-service.js'
import { healthBecomes } from '../../support/streams.js'

/** From a loss of the database, or its return, until health shows it: 10 s, and more on a busy machine. */
const maxNoticeMs = 12_000

describe('a command that fails in the database', () => {
  let service: FaultyService

  beforeAll(async () => {
    service = await startFaulty({ DATABASE_TIMEOUT_SECONDS: '3', MAX_CALL_SECONDS: '20' })
  })
  afterEach(() => service.failNothing())
  afterAll(() => service?.stop())

  const failInserts = (fault: Document, mode: { readonly times: number } | 'alwaysOn') =>
    service.fail('insert', fault, mode)
  const request = () => addRequest({ clientToken: uniqueName('token') })
  const storedIn = async (directoryId: string) =>
    (await service.collection.find({ directoryId }).toArray()).map(({ _id }) => _id)

  test.each(transientFaults)('an insert, once, with %s, is answered with one contact', async (_, fault) => {
    const directoryId = uniqueName('rd')
    await failInserts(fault, { times: 1 })
    const { response } = await service.client.addMessageContact(request(), { directoryId })
    expect(await storedIn(directoryId)).toEqual([response.contact?.contactId])
  })

  test('an insert, always, with a write concern error, is answered: a read shows that the contact is stored', async () => {
    const directoryId = uniqueName('rd')
    await failInserts(notConfirmed, 'alwaysOn')
    const { response } = await service.client.addMessageContact(request(), { directoryId })
    expect(await storedIn(directoryId)).toEqual([response.contact?.contactId])
  })

  test.each(notCarriedOut)(
    'an insert, always, with %s, is refused, and a repeat adds one contact',
    async (_, fault) => {
      const directoryId = uniqueName('rd')
      const repeatable = request()
      await failInserts(fault, 'alwaysOn')
      const call = service.client.addMessageContact(repeatable, { directoryId })
      await expectRefusal(call, 'OUTCOME_UNKNOWN', { RetryInfo: retryInfo(1000) })
      await service.failNothing()
      const { response } = await service.client.addMessageContact(repeatable, { directoryId })
      expect(await storedIn(directoryId)).toEqual([response.contact?.contactId])
    },
  )

  test('an insert without permission is INTERNAL, and the log has the code and nothing that the caller sent', async () => {
    const directoryId = uniqueName('rd')
    const refused = request()
    await failInserts({ errorCode: 13 }, { times: 1 })
    await expectRefusal(service.client.addMessageContact(refused, { directoryId }), 'INTERNAL')
    expect(await storedIn(directoryId)).toEqual([])
    expect(service.log()).toContain('"code":13')
    for (const sent of [refused.name, refused.emailAddress, refused.phoneNumber, refused.clientToken])
      expect(service.log()).not.toContain(sent)
  })

  test('makes health NOT_SERVING while a majority does not confirm writes, although reads succeed', async () => {
    const health = new HealthClient(service.app.address)
    // The write of the probe.
    await service.fail('findAndModify', notConfirmed, 'alwaysOn')
    await healthBecomes(health, 'NOT_SERVING', maxNoticeMs)
    expect(service.log()).toMatch(/"serving":false,"cause":\{"type":"\w+","code":64/)
    await service.failNothing()
    await healthBecomes(health, 'SERVING', maxNoticeMs)
    health.close()
  })
})
