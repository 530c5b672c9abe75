import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { type StatusObject, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { Health } from '../../../src/grpc/health.js'
import { fromStatus } from '../../../src/grpc/status.js'
import type { Deadline } from '../../../src/time.js'
import { Refused } from '../../support/client.js'
import { HealthClient } from '../../support/health-client.js'
import { answered, callOn, frame } from '../../support/raw-call.js'
import { RecordingObserver } from '../../support/recording-observer.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { echo, known, never, type RunningToy, startToy, stopToys, toyPath } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopToys()
})

const directory = { 'x-resource-directory-id': 'toy' }

/** A connection that stays open until the end of the test. */
function openSession(toy: RunningToy): ClientHttp2Session {
  const session = connectHttp2(`http://${toy.address}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  return session
}

/** A call whose request is incomplete until `finish` is called. */
async function startIncompleteCall(toy: RunningToy) {
  const session = openSession(toy)
  await once(session, 'connect')
  const rest = deferred<Buffer>()
  const call = callOn(session, { path: toyPath, headers: directory, body: frame(Buffer.alloc(0)), rest: rest.promise })
  // The first ping may overtake the headers of the call. The second cannot: when it is answered, the server has read them.
  for (let pings = 0; pings < 2; pings += 1) await new Promise((resolve) => session.ping(resolve))
  return { call, finish: () => rest.resolve(Buffer.alloc(0)) }
}

describe('stop', () => {
  test('resolves at once if there are no connections', async () => {
    const toy = await startToy(echo)
    await toy.stop(60_000)
  })

  test('resolves at once if connections have no calls, even if one never sent anything', async () => {
    const toy = await startToy(echo)
    await toy.client.addMessageContact({}, known)
    const silent = connectTcp(Number(toy.address.split(':')[1]), '127.0.0.1')
    silent.resume()
    silent.on('error', () => {})
    cleanups.push(() => silent.destroy())
    await once(silent, 'connect')
    await toy.client.addMessageContact({}, known)
    await toy.stop(60_000)
  })

  test('lets open calls finish, and then resolves', async () => {
    const held = deferred()
    let runs = 0
    const toy = await startToy((request, call) => {
      runs += 1
      return held.promise.then(() => echo(request, call))
    })
    const calls = ['Tom', 'Ann'].map((name) => toy.client.addMessageContact({ name }, known))
    await until('both run', () => runs === 2)
    const stopped = toy.stop(60_000)
    held.resolve()
    expect((await Promise.all(calls)).map(({ response }) => response.contact?.name)).toEqual(['Tom', 'Ann'])
    await stopped
  })

  test('closes the port: a new connection is refused', async () => {
    const held = deferred()
    const started = deferred()
    const toy = await startToy(async () => {
      started.resolve()
      await held.promise
      return {}
    })
    const call = toy.client.addMessageContact({}, known)
    await started.promise
    const stopped = toy.stop(60_000)
    await expect(toy.connect().addMessageContact({}, known)).rejects.toMatchObject({
      refusal: { code: status.UNAVAILABLE, details: [] },
    })
    held.resolve()
    await call
    await stopped
  })

  test('refuses a call whose request is not complete yet', async () => {
    let runs = 0
    const toy = await startToy(async () => {
      runs += 1
      return {}
    })
    const { call, finish } = await startIncompleteCall(toy)
    const stopped = toy.stop(60_000)
    finish()
    await expectRefusal(answered(call), 'SHUTTING_DOWN', { RetryInfo: retryInfo(100) })
    await stopped
    expect(runs).toBe(0)
  })

  test('does not wait for a client that never closes its side', async () => {
    const toy = await startToy(echo)
    const url = new URL(`http://${toy.address}`)
    const client = connectTcp({ host: url.hostname, port: Number(url.port), allowHalfOpen: true })
    await once(client, 'connect')
    client.on('error', () => {})
    client.resume()
    await toy.stop(1000)
    client.destroy()
  })

  test('ends open streams as SHUTTING_DOWN', async () => {
    const health = new Health({
      names: [''],
      probe: () => Promise.resolve(),
      intervalMs: 60_000,
      unhealthyIntervalMs: 60_000,
      timeoutMs: 1000,
      observer: new RecordingObserver(),
    })
    const toy = await startToy(echo, { otherServices: [health] })
    const client = new HealthClient(toy.address)
    cleanups.push(() => client.close())
    const watches = [client.watch(''), client.watch('unknown')]
    await until('both have an answer', () => watches.every(({ received }) => received.length === 1))
    const stopped = toy.stop(60_000)
    for (const { ended } of watches)
      await expectRefusal(ended.then(throwRefused), 'SHUTTING_DOWN', { RetryInfo: retryInfo(100) })
    await stopped
  })

  test('answers calls that are still open after the timeout as OUTCOME_UNKNOWN', async () => {
    const started = deferred<Deadline>()
    const toy = await startToy((request, call) => {
      started.resolve(call.deadline)
      return never(request, call)
    })
    const refusal = expectRefusal(toy.client.addMessageContact({}, known), 'OUTCOME_UNKNOWN', {
      RetryInfo: retryInfo(1000),
    })
    const deadline = await started.promise
    // The call is answered 250 ms earlier, so that its answer arrives even on a busy machine.
    await toy.stop(1500)
    await refusal
    expect(deadline.isExpired()).toBe(true)
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['OUTCOME_UNKNOWN'])
  })

  test('cuts the connection of a call whose request stays incomplete', async () => {
    const toy = await startToy(echo)
    const { call } = await startIncompleteCall(toy)
    const startTime = Date.now()
    await toy.stop(300)
    expect(Date.now() - startTime).toBeLessThan(5000)
    expect((await call).headers).toEqual({})
  })
})

/** Throws a status as the error of a client. */
function throwRefused(ended: StatusObject): never {
  throw new Refused(fromStatus(ended))
}
