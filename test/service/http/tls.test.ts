import { once } from 'node:events'
import { Agent } from 'node:https'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ConnectionOptions } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Authority, type Certificate, serverNames } from '../../../dev/authority.js'
import { httpCall, httpsCall } from '../../support/http-call.js'
import { startSecureHttpToy, toyCall } from '../../support/secure-http-toy.js'
import { authenticateByCertificate, nameCaller } from '../../support/secure-toy.js'
import { startHttpToy, stopHttpToys } from '../../support/toy-http.js'
import { echo } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopHttpToys()
})

type SecureHttpToy = Awaited<ReturnType<typeof startSecureHttpToy>>

/** A TCP connection on which nothing has been sent. */
async function open({ address }: Pick<SecureHttpToy, 'address'>): Promise<Socket> {
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

describe('HTTPS', () => {
  test.each<[string, ConnectionOptions]>([
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }],
    ['TLS 1.3', { minVersion: 'TLSv1.3' }],
    ['HTTP/1.1 by ALPN', { ALPNProtocols: ['h2', 'http/1.1'] }],
    ['no ALPN', { ALPNProtocols: [] }],
  ])('serves calls with %s, and says that the host is to be used with TLS only', async (_, options) => {
    const toy = await startSecureHttpToy(echo)
    const { status, headers, body } = await toy.call(undefined, options)
    expect([status, JSON.parse(body.toString())]).toMatchObject([200, { contact: { name: 'Tom' } }])
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
  })

  test('is said for pages and errors too, and never without TLS', async () => {
    const secure = await startSecureHttpToy(echo)
    const plain = await startHttpToy(echo)
    const get = { method: 'GET', path: '/' }
    const { headers } = await httpsCall(secure.address, get, { ca: secure.authority.cert })
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
    for (const call of [get, toyCall])
      expect((await httpCall(plain.address, call)).headers).not.toHaveProperty('strict-transport-security')
  })

  test.each<[string, ConnectionOptions]>([
    ['an older version', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['only HTTP/2', { ALPNProtocols: ['h2'] }],
  ])('is refused with %s', async (_, options) => {
    const toy = await startSecureHttpToy(echo)
    await expect(toy.call(undefined, options)).rejects.toThrow()
    expect(toy.observer.startedCalls).toEqual([])
    expect(await toy.answerTo()).toBe('Tom')
  })

  test('is needed: a client without TLS gets no answer', async () => {
    const toy = await startSecureHttpToy(echo)
    await expect(httpCall(toy.address, toyCall)).rejects.toThrow()
    expect(toy.observer.startedCalls).toEqual([])
  })

  test('is not renegotiated', async () => {
    const toy = await startSecureHttpToy(echo)
    const socket = toy.openTls({ maxVersion: 'TLSv1.2' })
    await once(socket, 'secureConnect')
    const failed = new Promise((resolve) => socket.on('error', resolve))
    socket.renegotiate({}, () => {})
    expect(await failed).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' })
  })

  test('has the time limits of requests', async () => {
    const toy = await startSecureHttpToy(echo)
    const socket = toy.openTls()
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nhost: toy\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  })

  test('lets open calls finish when the server stops', async () => {
    let isRunning = false
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const toy = await startSecureHttpToy(async (request, call) => {
      isRunning = true
      await released
      return echo(request, call)
    })
    const answer = toy.answerTo()
    await until('the call runs', () => isRunning)
    const stopped = toy.stop(60_000)
    release()
    expect(await answer).toBe('Tom')
    await stopped
  })
})

describe('a new certificate', () => {
  test('is shown without a restart, and open connections live on', async () => {
    const toy = await startSecureHttpToy(echo)
    const agent = new Agent({ keepAlive: true })
    cleanups.push(() => agent.destroy())
    const callOnOpen = () => toy.call(undefined, { agent } as ConnectionOptions)
    const { status } = await callOnOpen()
    const { cert, key } = await toy.authority.issue({ names: serverNames })
    await toy.files.write({ 'cert.pem': cert, 'key.pem': key })
    await until('it is shown', async () => {
      const socket = toy.openTls()
      await once(socket, 'secureConnect')
      const shown = socket.getPeerX509Certificate()?.toString()
      socket.destroy()
      return shown === cert
    })
    expect([status, (await callOnOpen()).status]).toEqual([200, 200])
    expect(toy.observer.rejectedFiles).toEqual([])
  })
})

describe('a client certificate over HTTPS', () => {
  let authority: Authority
  let certificate: Certificate
  beforeAll(async () => {
    authority = await Authority.create('Client CA')
    certificate = await authority.issue({ names: [{ type: 'dns', value: 'billing.example.org' }] })
  })
  const start = (settings = {}) =>
    startSecureHttpToy(nameCaller, {
      authenticate: authenticateByCertificate,
      files: { 'client-ca.pem': authority.cert },
      settings,
    })

  test('names the caller', async () => {
    const toy = await start()
    expect(await toy.answerTo(certificate)).toBe('DNS:billing.example.org')
  })

  test('may be left out, and then no caller is known', async () => {
    const toy = await start()
    expect(await toy.answerTo()).toBe('unauthenticated')
  })

  test.each<[string, () => Promise<Certificate>]>([
    ['of another authority', async () => (await Authority.create('Other')).issue()],
    ['that has expired', () => authority.issue({ validTo: new Date(Date.now() - 1000) })],
    ['that is not yet valid', () => authority.issue({ validFrom: new Date(Date.now() + 60_000) })],
  ])('%s is refused', async (_, issue) => {
    const toy = await start()
    await expect(toy.answerTo(await issue())).rejects.toThrow()
    expect(toy.observer.startedCalls).toEqual([])
  })

  test('is required where callers are known by certificates only', async () => {
    const toy = await start({ AUTHENTICATION: ['mtls'] })
    await expect(toy.answerTo()).rejects.toThrow()
    expect(await toy.answerTo(certificate)).toBe('DNS:billing.example.org')
  })

  test('no longer counts when its authority is removed, also on an open connection', async () => {
    const toy = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    cleanups.push(() => agent.destroy())
    const call = () => toy.call(certificate, { agent } as ConnectionOptions)
    expect((await call()).status).toBe(200)
    const other = await Authority.create('Other')
    await toy.files.write({ 'client-ca.pem': other.cert })
    // Either its call is refused, or its connection has been closed and no new one is opened.
    await until('it is refused', () =>
      call().then(
        ({ status }) => status === 401,
        () => true,
      ),
    )
    const { cert, key } = await other.issue({ names: [{ type: 'dns', value: 'new.example.org' }] })
    expect(await toy.answerTo({ cert, key })).toBe('DNS:new.example.org')
    await expect(toy.answerTo(certificate)).rejects.toThrow()
  })
})

const fakeTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
/** Resolves after what was sent on this machine has been read. Timers are faked. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('a client that takes more than 10 seconds for the handshake is disconnected, where it', () => {
  test.each([
    ['sends nothing', Buffer.alloc(0)],
    ['sends the beginning of a ClientHello', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
  ])('%s', async (_, sent) => {
    fakeTimers()
    const toy = await startSecureHttpToy(echo, { settings: { MAX_CONNECTIONS: 1 } })
    const socket = await open(toy)
    socket.resume()
    socket.write(sent)
    await settle()
    vi.advanceTimersByTime(9999)
    await settle()
    expect(socket.destroyed).toBe(false)
    const closed = once(socket, 'close')
    vi.advanceTimersByTime(1)
    await closed
    vi.useRealTimers()
    expect(toy.observer.reachedLimits).toContain('connect_time')
    // MAX_CONNECTIONS allows another one.
    expect(await toy.answerTo()).toBe('Tom')
  })
})

describe('MAX_CONNECTIONS_PER_IP', () => {
  test('closes further connections of one address, with TLS and without', async () => {
    for (const start of [startSecureHttpToy, startHttpToy]) {
      const toy = await start(echo, { settings: { MAX_CONNECTIONS_PER_IP: 1 } })
      await open(toy)
      const second = await open(toy)
      second.resume()
      await once(second, 'close')
      expect(toy.observer.reachedLimits).toEqual(['MAX_CONNECTIONS_PER_IP'])
    }
  })
})
