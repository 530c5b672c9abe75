import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, describe, expect, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { answered, callOn, frame } from '../../support/raw-call.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { echo, known, type RunningToy, startToy, stopToys, toyPath, toySettings } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopToys()
})

async function openSession(toy: RunningToy): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://${toy.address}`)
  cleanups.push(() => session.destroy())
  session.on('error', () => {})
  await once(session, 'remoteSettings')
  return session
}

/** A call with a header of so many bytes, on a connection that stays open. */
const callWith = (session: ClientHttp2Session, headerBytes: number) =>
  callOn(session, {
    path: toyPath,
    headers: { 'x-resource-directory-id': 'toy', 'x-large': 'a'.repeat(headerBytes) },
    body: frame(toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' }))),
  })

describe('MAX_HEADER_BYTES', () => {
  test('is announced to clients', async () => {
    const session = await openSession(await startToy(echo, { settings: { MAX_HEADER_BYTES: 12_345 } }))
    expect(session.remoteSettings.maxHeaderListSize).toBe(12_345)
  })

  test('ends a call with larger headers, and no other call of the connection', async () => {
    const session = await openSession(await startToy(echo))
    const { MAX_HEADER_BYTES } = toySettings
    await answered(callWith(session, MAX_HEADER_BYTES - 1000))
    const { headers, resetCode } = await callWith(session, MAX_HEADER_BYTES)
    expect({ headers, resetCode }).toEqual({ headers: {}, resetCode: constants.NGHTTP2_ENHANCE_YOUR_CALM })
    await answered(callWith(session, 10))
  })

  test('cannot keep the connection of a client that ignores it and sends a header of over 64 KiB', async () => {
    const toy = await startToy(echo)
    const session = await openSession(toy)
    const closed = once(session, 'close')
    expect((await callWith(session, 66_000)).headers).toEqual({})
    await closed
    await answered(callWith(await openSession(toy), 10))
  })
})

describe('the observer sees that', () => {
  test('MAX_CONNECTIONS refused connections, once for each', async () => {
    const toy = await startToy(echo, { settings: { MAX_CONNECTIONS: 1 } })
    await toy.client.addMessageContact({}, known)
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const socket = connectTcp(Number(toy.address.split(':')[1]), '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'close')
    }
    expect(toy.reachedLimits).toEqual(['MAX_CONNECTIONS', 'MAX_CONNECTIONS'])
  })

  test('a connection has MAX_STREAMS_PER_CONNECTION calls, each time that it gets there', async () => {
    const turns = [deferred(), deferred()]
    let runs = 0
    const toy = await startToy(
      async () => {
        runs += 1
        await turns[runs <= 2 ? 0 : 1]?.promise
        return {}
      },
      { settings: { MAX_STREAMS_PER_CONNECTION: 2 } },
    )
    for (const [index, turn] of turns.entries()) {
      const calls = [toy.client.addMessageContact({}, known), toy.client.addMessageContact({}, known)]
      await until('both run', () => runs === 2 * (index + 1))
      turn.resolve()
      await Promise.all(calls)
    }
    await toy.client.addMessageContact({}, known)
    expect(toy.reachedLimits).toEqual(['MAX_STREAMS_PER_CONNECTION', 'MAX_STREAMS_PER_CONNECTION'])
  })

  test('MAX_MESSAGE_BYTES refused a request', async () => {
    const toy = await startToy(echo)
    const tooLarge = 'a'.repeat(toySettings.MAX_MESSAGE_BYTES)
    await expect(toy.client.addMessageContact({ name: tooLarge }, known)).rejects.toMatchObject({
      refusal: { message: expect.stringContaining('Received message larger than max') },
    })
    await until('it is seen', () => toy.reachedLimits.length > 0)
    expect(toy.reachedLimits).toEqual(['MAX_MESSAGE_BYTES'])
  })

  test('a connection was cut because its calls take more than MAX_CONNECTION_MEMORY_MB', async () => {
    const toy = await startToy(echo, {
      settings: { MAX_CONNECTION_MEMORY_MB: 1, MAX_STREAMS_PER_CONNECTION: 10_000 },
    })
    const session = await openSession(toy)
    // Not `once`, which rejects because the session ends with an error.
    const closed = new Promise((resolve) => session.on('close', resolve))
    for (let call = 0; call < 5000; call += 1) {
      const stream = session.request({ ':method': 'POST', ':path': toyPath, 'content-type': 'application/grpc' })
      stream.on('error', () => {})
      // A message that stays incomplete.
      stream.write(Buffer.from([0, 0, 0]))
    }
    await closed
    await until('it is seen', () => toy.reachedLimits.length > 0)
    expect(toy.reachedLimits).toEqual(['MAX_CONNECTION_MEMORY_MB'])
  })

  test('no limit of a connection was reached where the service itself refuses a call', async () => {
    const held = deferred()
    const toy = await startToy(() => held.promise.then(() => ({})), { settings: { MAX_CALLS_IN_FLIGHT: 1 } })
    const first = toy.client.addMessageContact({}, known)
    await expectRefusal(toy.client.addMessageContact({}, known), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.resolve()
    await first
    expect(toy.reachedLimits).toEqual([])
  })

  test('no keepalive failed where clients, idle connections or a stop end connections', async () => {
    const toy = await startToy(echo, { settings: { MAX_CONNECTION_IDLE_SECONDS: 0.05 } })
    const leaving = await openSession(toy)
    leaving.destroy()
    const vanishing = connectTcp(Number(toy.address.split(':')[1]), '127.0.0.1')
    await once(vanishing, 'connect')
    vanishing.resetAndDestroy()
    const idle = await openSession(toy)
    await once(idle, 'close')
    await openSession(toy)
    await toy.stop(1000)
    expect(toy.reachedLimits).toEqual([])
  })
})
