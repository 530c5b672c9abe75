import { afterEach, expect, test } from 'vitest'
import { expectRefusal, quotaFailure, retryInfo } from '../../support/refusal.js'
import { echo, startToy, stopToys, toyPath } from '../../support/toy-service.js'
import { deferred } from '../../support/waiting.js'

afterEach(stopToys)

const hostile = { directoryId: 'hostile' }
const other = { directoryId: 'other' }

test('a caller that calls too often is THROTTLED before its message is looked at, and another one is served', async () => {
  const now = Date.now()
  const toy = await startToy(echo, { now: () => now, settings: { CALLS_PER_SECOND_PER_CALLER: 1 } })
  const name = 'contact'
  await toy.client.addMessageContact({ name }, hostile)
  await toy.client.addMessageContact({ name }, hostile)
  await expectRefusal(toy.client.sendBytes(toyPath, Buffer.from([0xff]), hostile), 'THROTTLED', {
    QuotaFailure: quotaFailure('THROTTLED', 'caller', 'CALLS_PER_SECOND_PER_CALLER', 1),
    RetryInfo: retryInfo(1000),
  })
  expect((await toy.client.addMessageContact({ name }, other)).response.contact?.name).toBe(name)
})

test('a caller with its share of calls in flight is THROTTLED until one of them ends', async () => {
  const held = deferred()
  const answers = [() => held.promise.then(() => ({})), () => held.promise.then(() => ({}))]
  const toy = await startToy(() => answers.shift()?.() ?? Promise.resolve({}), {
    settings: { MAX_CALLS_IN_FLIGHT_PER_CALLER: 2 },
  })
  const running = [toy.client.addMessageContact({}, hostile), toy.client.addMessageContact({}, hostile)]
  await expectRefusal(toy.client.addMessageContact({}, hostile), 'THROTTLED', {
    QuotaFailure: quotaFailure('THROTTLED', 'caller', 'MAX_CALLS_IN_FLIGHT_PER_CALLER', 2),
    RetryInfo: retryInfo(100),
  })
  await toy.client.addMessageContact({}, other)
  held.resolve()
  await Promise.all(running)
  await toy.client.addMessageContact({}, hostile)
})
