import { afterEach, describe, expect, test } from 'vitest'
import { serviceConfigJson } from '../../../dev/service-config.js'
import type { Reason } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { known, startToy, stopToys } from '../../support/toy-service.js'

afterEach(stopToys)

const contactId = 'c-qL4HqKONzOM7b2Xd'

/** A service that refuses its first calls, and a client with the service config. */
async function startRefusing(times: number, reason: Reason) {
  let calls = 0
  const toy = await startToy(async () => {
    calls += 1
    if (calls <= times) throw new Failure(reason)
    return {}
  })
  return { client: toy.connect({ 'grpc.service_config': serviceConfigJson }), calls: () => calls }
}

describe('a client with the service config', () => {
  test('repeats repeatable calls while the service is UNAVAILABLE', async () => {
    const { client, calls } = await startRefusing(2, 'DATABASE_UNAVAILABLE')
    await client.getMessageContact({ contactId }, known)
    expect(calls()).toBe(3)
  })

  test('gives up after five attempts', async () => {
    const { client, calls } = await startRefusing(9, 'OUTCOME_UNKNOWN')
    const call = client.deleteMessageContact({ contactId }, known)
    await expectRefusal(call, 'OUTCOME_UNKNOWN', { RetryInfo: retryInfo(1000) })
    expect(calls()).toBe(5)
  })

  test('still repeats calls after many of them have failed', async () => {
    const outage = 20 * 5
    const { client, calls } = await startRefusing(outage + 2, 'DATABASE_UNAVAILABLE')
    const failed = Array.from({ length: 20 }, () => client.getMessageContact({ contactId }, known))
    expect((await Promise.allSettled(failed)).map(({ status }) => status)).toEqual(failed.map(() => 'rejected'))
    expect(calls()).toBe(outage)
    await client.getMessageContact({ contactId }, known)
    expect(calls()).toBe(outage + 3)
  })

  test.each(['addMessageContact', 'updateMessageContact'] as const)('never repeats %s', async (method) => {
    const { client, calls } = await startRefusing(9, 'OUTCOME_UNKNOWN')
    await expectRefusal(client[method]({}, known), 'OUTCOME_UNKNOWN', { RetryInfo: retryInfo(1000) })
    expect(calls()).toBe(1)
  })

  test('does not repeat calls refused with another status', async () => {
    const { client, calls } = await startRefusing(9, 'ETAG_MISMATCH')
    await expectRefusal(client.deleteMessageContact({ contactId }, known), 'ETAG_MISMATCH')
    expect(calls()).toBe(1)
  })
})
