import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../../support/client.js'
import { answered, callOn, frame } from '../../support/raw-call.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { toyPath } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'
import { WireProxy } from '../../support/wire-proxy.js'

/** Close what the test opened, in the order of opening. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp()
})

async function startWith(environment: Record<string, string>): Promise<RunningService> {
  const service = await startService({ environment })
  cleanups.push(() => service.stop())
  return service
}

async function openSession({ app }: RunningService): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://${app.address}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  await once(session, 'connect')
  return session
}

async function openSocket({ app }: RunningService): Promise<Socket> {
  const socket = connectTcp(Number(app.address.split(':')[1]), '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  cleanups.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const health = '/grpc.health.v1.Health'
const empty = frame(Buffer.alloc(0))

/** A health watch: a call that stays open. */
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

/** The gRPC status of a health check on an open connection. */
const check = async (session: ClientHttp2Session) =>
  (await callOn(session, { path: `${health}/Check`, body: empty })).headers['grpc-status']

describe('MAX_MESSAGE_BYTES', () => {
  test('accepts a message of that size, and refuses one that is a byte larger', async () => {
    const service = await startWith({ MAX_MESSAGE_BYTES: '2048' })
    const ofSize = (bytes: number) => {
      const request = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, addRequest()))
      // The unknown field 1000, length-delimited: its tag and its length take two bytes each.
      const rest = bytes - request.byteLength - 4
      const tag = [0xc2, 0x3e, (rest & 0x7f) | 0x80, rest >> 7]
      return Buffer.concat([request, Buffer.from(tag), Buffer.alloc(rest)])
    }
    const options = { directoryId: uniqueName('rd') }
    await service.client.sendBytes(toyPath, ofSize(2048), options)
    await expect(service.client.sendBytes(toyPath, ofSize(2049), options)).rejects.toMatchObject({
      refusal: { code: status.RESOURCE_EXHAUSTED, details: [] },
    })
  })
})

describe('MAX_STREAMS_PER_CONNECTION', () => {
  test('is announced to clients, and a further call waits until another one has ended', async () => {
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
  test('closes a further connection at once, and accepts one again after another has ended', async () => {
    const service = await startWith({ MAX_CONNECTIONS: '2' })
    const [first, second] = [await openSession(service), await openSession(service)]
    const refused = await openSocket(service)
    await once(refused, 'close')
    expect(await Promise.all([check(first), check(second)])).toEqual(['0', '0'])
    first.destroy()
    await until('a connection is accepted', async () => {
      const next = await openSession(service)
      const answer = await Promise.race([check(next), once(next, 'close').then(() => 'closed')])
      if (answer !== '0') return false
      next.destroy()
      return true
    })
  })
})

describe('MAX_CALLS_IN_FLIGHT', () => {
  test('refuses a further call as OVERLOADED without a write, and accepts it after another has ended', async () => {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    cleanups.push(() => proxy.close())
    const service = await startWith({ MONGODB_URI: proxy.uri, MAX_CALLS_IN_FLIGHT: '1' })
    const options = { directoryId: uniqueName('rd') }
    const held = deferred()
    const arrived = deferred()
    proxy.watch(async ({ name }) => {
      if (name === 'insert') {
        arrived.resolve()
        await held.promise
      }
      return 'pass' as const
    })
    const first = service.client.addMessageContact(addRequest({ name: 'First' }), options)
    await arrived.promise
    const second = () => service.client.addMessageContact(addRequest({ name: 'Second' }), options)
    await expectRefusal(second(), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.resolve()
    await first
    await second()
    const stored = await service.collection.find({ directoryId: options.directoryId }).toArray()
    expect(stored.map(({ name }) => name).sort()).toEqual(['First', 'Second'])
    expect(service.log()).toContain('OVERLOADED')
  })
})

describe('MAX_CALL_SECONDS', () => {
  test('answers a call at that time if its client would wait longer', async () => {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    cleanups.push(() => proxy.close())
    const service = await startWith({ MONGODB_URI: proxy.uri, MAX_CALL_SECONDS: '1' })
    const held = deferred()
    proxy.watch(async ({ name }) => {
      if (name === 'insert') await held.promise
      return 'pass' as const
    })
    await expectRefusal(
      service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd'), deadlineMs: 30_000 }),
      'DEADLINE_EXCEEDED',
    )
    held.resolve()
  })
})

describe('MAX_CONNECTION_IDLE_SECONDS', () => {
  test('closes a connection without calls, and keeps one with a call', async () => {
    const service = await startWith({ MAX_CONNECTION_IDLE_SECONDS: '1' })
    const busy = await openSession(service)
    await openWatch(busy)
    const idle = await openSession(service)
    const silent = await openSocket(service)
    await Promise.all([once(idle, 'close'), once(silent, 'close')])
    expect(await check(busy)).toBe('0')
  })

  test('lets clients continue on a new connection', async () => {
    const service = await startWith({ MAX_CONNECTION_IDLE_SECONDS: '1' })
    await service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') })
    const idle = await openSession(service)
    await once(idle, 'close')
    await service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') })
  })
})

describe('MAX_CONNECTION_AGE_SECONDS and CONNECTION_AGE_GRACE_SECONDS', () => {
  test('asks a connection to end, lets its calls finish, and cuts it after the grace period', async () => {
    const service = await startWith({ MAX_CONNECTION_AGE_SECONDS: '1', CONNECTION_AGE_GRACE_SECONDS: '1' })
    const session = await openSession(service)
    const rest = deferred<Buffer>()
    const request = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, addRequest()))
    const begin = (end: Promise<Buffer>) =>
      callOn(session, {
        path: toyPath,
        headers: { 'x-resource-directory-id': uniqueName('rd') },
        body: frame(request),
        rest: end,
      })
    const finished = begin(rest.promise)
    const neverWhole = begin(new Promise(() => {}))
    await once(session, 'goaway')
    rest.resolve(Buffer.alloc(0))
    await answered(finished)
    expect((await neverWhole).headers).toEqual({})
    await until('the connection is closed', () => session.destroyed)
  })
})
