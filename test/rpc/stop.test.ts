import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { type StatusObject, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { Health } from '../../src/rpc/health.js'
import { fromStatus } from '../../src/rpc/status.js'
import { Refused } from '../client.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { HealthClient } from './health-client.js'
import { answered, callOn, frame } from './raw-call.js'
import { echo, known, promised, type RunningToy, startToy, stopToys, type Toy, toyPath, until } from './toy-service.js'

const ends: (() => void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) end()
  await stopToys()
})

const never: Toy = () => new Promise(() => {})
const directory = { 'x-resource-directory-id': 'toy' }

/** A connection that the test itself holds open. */
function openSession(toy: RunningToy): ClientHttp2Session {
  const session = connectHttp2(`http://${toy.address}`)
  session.on('error', () => {})
  ends.push(() => session.destroy())
  return session
}

/** A call whose second half is for the test to send. */
async function beginCall(toy: RunningToy) {
  const session = openSession(toy)
  await once(session, 'connect')
  const rest = promised<Buffer>()
  const call = callOn(session, { path: toyPath, headers: directory, body: frame(Buffer.alloc(0)), rest: rest.promise })
  // A ping overtakes what waits to be sent; the second one cannot, and its answer comes after the server has read the call.
  for (let pings = 0; pings < 2; pings += 1) await new Promise((resolve) => session.ping(resolve))
  return { call, finish: () => rest.keep(Buffer.alloc(0)) }
}

describe('stop', () => {
  test('resolves at once where nobody is connected', async () => {
    const toy = await startToy(echo)
    await toy.stop(60_000)
  })

  test('resolves at once where connections have no calls, also one that never said a word', async () => {
    const toy = await startToy(echo)
    await toy.client.addMessageContact({}, known)
    const silent = connectTcp(Number(toy.address.split(':')[1]), '127.0.0.1')
    silent.resume()
    silent.on('error', () => {})
    ends.push(() => silent.destroy())
    await once(silent, 'connect')
    await toy.client.addMessageContact({}, known)
    await toy.stop(60_000)
  })

  test('lets calls under way finish, and resolves then', async () => {
    const held = promised()
    let runs = 0
    const toy = await startToy((request, call) => {
      runs += 1
      return held.promise.then(() => echo(request, call))
    })
    const calls = ['Tom', 'Ann'].map((name) => toy.client.addMessageContact({ name }, known))
    await until('both run', () => runs === 2)
    const stopped = toy.stop(60_000)
    held.keep()
    expect((await Promise.all(calls)).map(({ response }) => response.contact?.name)).toEqual(['Tom', 'Ann'])
    await stopped
  })

  test('closes the port: a new connection is refused', async () => {
    const held = promised()
    const begun = promised()
    const toy = await startToy(async () => {
      begun.keep()
      await held.promise
      return {}
    })
    const call = toy.client.addMessageContact({}, known)
    await begun.promise
    const stopped = toy.stop(60_000)
    await expect(toy.connect().addMessageContact({}, known)).rejects.toMatchObject({
      refusal: { code: status.UNAVAILABLE, details: [] },
    })
    held.keep()
    await call
    await stopped
  })

  test('refuses a call that had only begun to arrive', async () => {
    let runs = 0
    const toy = await startToy(async () => {
      runs += 1
      return {}
    })
    const { call, finish } = await beginCall(toy)
    const stopped = toy.stop(60_000)
    finish()
    await expectRefusal(answered(call), 'SHUTTING_DOWN', { RetryInfo: retryInfo(100) })
    await stopped
    expect(runs).toBe(0)
  })

  test('does not wait for a peer that never closes its side', async () => {
    const toy = await startToy(echo)
    const url = new URL(`http://${toy.address}`)
    const peer = connectTcp({ host: url.hostname, port: Number(url.port), allowHalfOpen: true })
    await once(peer, 'connect')
    peer.on('error', () => {})
    peer.resume()
    await toy.stop(1000)
    peer.destroy()
  })

  test('ends open streams as SHUTTING_DOWN', async () => {
    const health = new Health({
      names: [''],
      probe: () => Promise.resolve(),
      everyMs: 60_000,
      everyMsWhileDown: 60_000,
      withinMs: 1000,
      changed: () => {},
    })
    const toy = await startToy(echo, { extras: [health] })
    const client = new HealthClient(toy.address)
    ends.push(() => client.close())
    const watching = [client.watch(''), client.watch('nobody')]
    await until('both are heard', () => watching.every(({ heard }) => heard.length === 1))
    const stopped = toy.stop(60_000)
    for (const { ended } of watching)
      await expectRefusal(ended.then(refused), 'SHUTTING_DOWN', { RetryInfo: retryInfo(100) })
    await stopped
  })

  test('answers what exceeds its bound as OUTCOME_UNKNOWN', async () => {
    const begun = promised<() => boolean>()
    const toy = await startToy(async (request, call) => {
      begun.keep(call.ended)
      return never(request, call)
    })
    const refusal = expectRefusal(toy.client.addMessageContact({}, known), 'OUTCOME_UNKNOWN', {
      RetryInfo: retryInfo(1000),
    })
    const ended = await begun.promise
    // A quarter of a second before that it is answered: time enough on a busy machine.
    await toy.stop(1500)
    await refusal
    expect(ended()).toBe(true)
    expect(toy.observed.map(({ reason }) => reason)).toEqual(['OUTCOME_UNKNOWN'])
  })

  test('cuts a call that never arrives whole', async () => {
    const toy = await startToy(echo)
    const { call } = await beginCall(toy)
    const begunAt = Date.now()
    await toy.stop(300)
    expect(Date.now() - begunAt).toBeLessThan(5000)
    expect((await call).headers).toEqual({})
  })
})

/** A status as a client's refusal. */
function refused(ended: StatusObject): never {
  throw new Refused(fromStatus(ended))
}
