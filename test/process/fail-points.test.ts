import type { Document } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { addRequest } from '../client.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { uniqueName } from '../service/running-service.js'
import { type FailingService, passing, startFailing } from './fail-points.js'
import { Observer } from './streams.js'

/** From a loss, or a return, until health says so: 10 s, and the machine may have more to do. */
const noticedMs = 12_000

describe('a command that the database makes fail', () => {
  let service: FailingService

  beforeAll(async () => {
    service = await startFailing({ DATABASE_TIMEOUT_SECONDS: '3', MAX_CALL_SECONDS: '20' })
  })
  afterEach(() => service.failNothing())
  afterAll(() => service?.stop())

  const failInserts = (fault: Document, mode: { readonly times: number } | 'alwaysOn') =>
    service.fail('insert', fault, mode)
  const request = () => addRequest({ clientToken: uniqueName('token') })
  const storedIn = async (directoryId: string) =>
    (await service.collection.find({ directoryId }).toArray()).map(({ _id }) => _id)

  test.each(passing)('an insert, once, with %s, is answered with one contact', async (_, fault) => {
    const directoryId = uniqueName('rd')
    await failInserts(fault, { times: 1 })
    const { response } = await service.client.addMessageContact(request(), { directoryId })
    expect(await storedIn(directoryId)).toEqual([response.contact?.contactId])
  })

  test('an insert, always, with a write concern error, is answered: the contact is seen to be there', async () => {
    const directoryId = uniqueName('rd')
    await failInserts({ writeConcernError: { code: 64, errmsg: 'x' } }, 'alwaysOn')
    const { response } = await service.client.addMessageContact(request(), { directoryId })
    expect(await storedIn(directoryId)).toEqual([response.contact?.contactId])
  })

  test.each(passing.slice(2))(
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

  test('an insert, for want of a right is INTERNAL, and the log has the code and nothing the caller sent', async () => {
    const directoryId = uniqueName('rd')
    const refused = request()
    await failInserts({ errorCode: 13 }, { times: 1 })
    await expectRefusal(service.client.addMessageContact(refused, { directoryId }), 'INTERNAL')
    expect(await storedIn(directoryId)).toEqual([])
    expect(service.log()).toContain('"code":13')
    for (const sent of [refused.name, refused.emailAddress, refused.phoneNumber, refused.clientToken])
      expect(service.log()).not.toContain(sent)
  })

  test('makes health NOT_SERVING while writes are not confirmed by a majority, although reads go on', async () => {
    const observer = new Observer(service.app.address)
    await service.fail('update', { writeConcernError: { code: 64, errmsg: 'x' } }, 'alwaysOn')
    await observer.healthBecomes('NOT_SERVING', noticedMs)
    expect(service.log()).toMatch(/"serving":false,"cause":\{"type":"\w+","code":64/)
    await service.failNothing()
    await observer.healthBecomes('SERVING', noticedMs)
    observer.close()
  })
})
