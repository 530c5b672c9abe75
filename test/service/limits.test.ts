import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../client.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { answered, callOn, frame } from '../rpc/raw-call.js'
import { promised, toyPath, until } from '../rpc/toy-service.js'
import { WireProxy } from '../wire-proxy.js'
import { type RunningService, startService, uniqueName } from './running-service.js'

/** What a test opened, in the order of opening. */
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startWith(environment: Record<string, string>): Promise<RunningService> {
  const service = await startService({ environment })
  ends.push(() => service.stop())
  return service
}

async function openSession({ app }: RunningService): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://${app.address}`)
  session.on('error', () => {})
  ends.push(() => session.destroy())
  await once(session, 'connect')
  return session
}

async function openSocket({ app }: RunningService): Promise<Socket> {
  const socket = connectTcp(Number(app.address.split(':')[1]), '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  ends.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const health = '/grpc.health.v1.Health'
const empty = frame(Buffer.alloc(0))

/** A call that stays open until it is let go. */
async function openWatch(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':path': `${health}/Watch`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  stream.on('error', () => {})
  stream.end(empty)
  await once(stream, 'data')
  stream.resume()
  return stream
}

/** Health, asked on a connection that is already there. */
const check = async (session: ClientHttp2Session) =>
  (await callOn(session, { path: `${health}/Check`, body: empty })).headers['grpc-status']

describe('MAX_MESSAGE_BYTES', () => {
  test('serves a message of that size, and refuses one byte more', async () => {
    const service = await startWith({ MAX_MESSAGE_BYTES: '2048' })
    const ofSize = (bytes: number) => {
      const request = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, addRequest()))
      // Field 1000, length-delimited, which nobody reads: three bytes for its tag and length in two bytes each.
      const rest = bytes - request.byteLength - 4
      const tag = [0xc2, 0x3e, (rest & 0x7f) | 0x80, rest >> 7]
      return Buffer.concat([request, Buffer.from(tag), Buffer.alloc(rest)])
    }
    const facts = { directoryId: uniqueName('rd') }
    await service.client.sendBytes(toyPath, ofSize(2048), facts)
    await expect(service.client.sendBytes(toyPath, ofSize(2049), facts)).rejects.toMatchObject({
      refusal: { code: status.RESOURCE_EXHAUSTED, details: [] },
    })
  })
})

describe('MAX_STREAMS_PER_CONNECTION', () => {
  test('is told to clients, and one more call waits until another has ended', async () => {
    const service = await startWith({ MAX_STREAMS_PER_CONNECTION: '2' })
    const session = await openSession(service)
    // Ended by the server: Node 24 refuses a stream that directly follows a client's reset on a full connection.
    await openWatch(session, { 'grpc-timeout': '3S' })
    await openWatch(session)
    expect(session.remoteSettings.maxConcurrentStreams).toBe(2)
    let served = false
    const third = check(session).finally(() => {
      served = true
    })
    // The answer to a ping on the same connection comes after whatever the server could have answered before.
    for (let pings = 0; pings < 5; pings += 1) await new Promise((resolve) => session.ping(resolve))
    expect(served).toBe(false)
    expect(await third).toBe('0')
  })
})

describe('MAX_CONNECTIONS', () => {
  test('one more is closed at once, and there is room again when another leaves', async () => {
    const service = await startWith({ MAX_CONNECTIONS: '2' })
    const [first, second] = [await openSession(service), await openSession(service)]
    const refused = await openSocket(service)
    await once(refused, 'close')
    expect(await Promise.all([check(first), check(second)])).toEqual(['0', '0'])
    first.destroy()
    await until('there is room', async () => {
      const next = await openSession(service)
      const answer = await Promise.race([check(next), once(next, 'close').then(() => 'closed')])
      if (answer !== '0') return false
      next.destroy()
      return true
    })
  })
})

describe('MAX_CALLS_IN_FLIGHT', () => {
  test('one more is OVERLOADED, writes nothing, and is served once there is room', async () => {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    ends.push(() => proxy.close())
    const service = await startWith({ MONGODB_URI: proxy.uri, MAX_CALLS_IN_FLIGHT: '1' })
    const facts = { directoryId: uniqueName('rd') }
    const held = promised()
    const arrived = promised()
    proxy.watch(async ({ name }) => {
      if (name === 'insert') {
        arrived.keep()
        await held.promise
      }
      return 'pass' as const
    })
    const first = service.client.addMessageContact(addRequest({ name: 'First' }), facts)
    await arrived.promise
    const second = () => service.client.addMessageContact(addRequest({ name: 'Second' }), facts)
    await expectRefusal(second(), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.keep()
    await first
    await second()
    const kept = await service.collection.find({ directoryId: facts.directoryId }).toArray()
    expect(kept.map(({ name }) => name).sort()).toEqual(['First', 'Second'])
    expect(service.log()).toContain('OVERLOADED')
  })
})

describe('MAX_CALL_SECONDS', () => {
  test('answers a call whose client would wait longer', async () => {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    ends.push(() => proxy.close())
    const service = await startWith({ MONGODB_URI: proxy.uri, MAX_CALL_SECONDS: '1' })
    const held = promised()
    proxy.watch(async ({ name }) => {
      if (name === 'insert') await held.promise
      return 'pass' as const
    })
    await expectRefusal(
      service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd'), deadlineMs: 30_000 }),
      'OUT_OF_TIME',
    )
    held.keep()
  })
})

describe('MAX_CONNECTION_IDLE_SECONDS', () => {
  test('closes a connection without a call, and leaves one with a call alone', async () => {
    const service = await startWith({ MAX_CONNECTION_IDLE_SECONDS: '1' })
    const busy = await openSession(service)
    await openWatch(busy)
    const idle = await openSession(service)
    const silent = await openSocket(service)
    await Promise.all([once(idle, 'close'), once(silent, 'close')])
    expect(await check(busy)).toBe('0')
  })

  test('costs a client nothing but a new connection', async () => {
    const service = await startWith({ MAX_CONNECTION_IDLE_SECONDS: '1' })
    await service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') })
    const idle = await openSession(service)
    await once(idle, 'close')
    await service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') })
  })
})

describe('MAX_CONNECTION_AGE_SECONDS and CONNECTION_AGE_GRACE_SECONDS', () => {
  test('a connection is told to go, may finish its calls, and is cut after the grace', async () => {
    const service = await startWith({ MAX_CONNECTION_AGE_SECONDS: '1', CONNECTION_AGE_GRACE_SECONDS: '1' })
    const session = await openSession(service)
    const rest = promised<Buffer>()
    const request = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, addRequest()))
    const begun = (end: Promise<Buffer>) =>
      callOn(session, {
        path: toyPath,
        headers: { 'x-resource-directory-id': uniqueName('rd') },
        body: frame(request),
        rest: end,
      })
    const finished = begun(rest.promise)
    const neverWhole = begun(new Promise(() => {}))
    await once(session, 'goaway')
    rest.keep(Buffer.alloc(0))
    await answered(finished)
    expect((await neverWhole).headers).toEqual({})
    await until('the connection is gone', () => session.destroyed)
  })
})
