import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type AdminListener, ReadinessObserver, startAdminListener } from '../../../src/telemetry/admin.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { deferred, until } from '../../support/waiting.js'
import { startWatched } from '../../support/watched-service.js'

const listen = { host: '127.0.0.1', port: 0 }

const listeners: AdminListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop()
})

async function start(metrics: () => Promise<string> = async () => '# the page\n') {
  const readiness = new ReadinessObserver()
  const listener = await startAdminListener({
    listen,
    version: '1.2.3',
    readiness,
    metrics,
    metricsType: 'text/plain; version=0.0.4',
  })
  listeners.push(listener)
  const ask = async (path: string, options: RequestInit = {}) => {
    const answer = await fetch(`http://${listener.address}${path}`, options)
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text(), answer }
  }
  return { listener, readiness, ask }
}

const plain = 'text/plain; charset=utf-8'

describe('the admin listener', () => {
  test('answers the page of the metrics, that the process lives, and its versions', async () => {
    const { ask } = await start()
    expect(await ask('/metrics')).toMatchObject({
      status: 200,
      type: 'text/plain; version=0.0.4',
      body: '# the page\n',
    })
    expect(await ask('/livez')).toMatchObject({ status: 200, type: plain, body: 'ok\n' })
    const { status, type, body } = await ask('/version')
    expect([status, type, JSON.parse(body)]).toEqual([
      200,
      'application/json',
      { version: '1.2.3', node: process.versions.node },
    ])
  })

  test('says why calls cannot be served', async () => {
    const { readiness, ask } = await start()
    const answers = [await ask('/readyz')]
    for (const report of [
      { serving: true },
      { serving: false, cause: new Error('secret') },
      { serving: true },
      { serving: false },
    ]) {
      readiness.healthChanged(report)
      answers.push(await ask('/readyz'))
    }
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [503, 'starting\n'],
      [200, 'ok\n'],
      [503, 'the database does not confirm writes\n'],
      [200, 'ok\n'],
      [503, 'stopping\n'],
    ])
  })

  test('ignores a query, and answers HEAD without a body', async () => {
    const { ask } = await start()
    expect(await ask('/livez?verbose')).toMatchObject({ status: 200, body: 'ok\n' })
    const { status, body, answer } = await ask('/metrics', { method: 'HEAD' })
    expect([status, body, answer.headers.get('content-length')]).toEqual([200, '', '11'])
  })

  test.each(['/', '/metrics/', '/metrics/../livez/x', '/Metrics', '//metrics', '/%6detrics'])(
    'has nothing at %s',
    async (path) => {
      const { ask } = await start()
      expect(await ask(path)).toMatchObject({
        status: 404,
        type: plain,
        body: 'there is only /metrics, /livez, /readyz, /version\n',
      })
    },
  )

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s', async (method) => {
    const { ask } = await start()
    const { status, body, answer } = await ask('/metrics', { method })
    expect([status, body, answer.headers.get('allow')]).toEqual([405, 'only GET and HEAD\n', 'GET, HEAD'])
  })

  test('does not take a body for the next request', async () => {
    const { listener } = await start()
    const socket = await open(listener)
    const smuggled = 'GET /version HTTP/1.1\r\nhost: a\r\n\r\n'
    socket.write(`POST /livez HTTP/1.1\r\nhost: a\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`)
    const answer = await everythingFrom(socket)
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 405'])
    expect(answer).toContain('connection: close')
  })

  test('answers 500 without a reason if the page cannot be made', async () => {
    const { ask } = await start(() => Promise.reject(new Error('secret')))
    expect(await ask('/metrics')).toMatchObject({ status: 500, body: 'the answer could not be made\n' })
  })

  test('refuses headers above 8 KiB', async () => {
    const { listener } = await start()
    const socket = await open(listener)
    socket.write(`GET /livez HTTP/1.1\r\nhost: a\r\nx-long: ${'x'.repeat(9000)}\r\n\r\n`)
    expect(await everythingFrom(socket)).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('disconnects a client that never ends its headers', async () => {
    const { listener, ask } = await start()
    const socket = await open(listener)
    socket.write('GET /livez HTTP/1.1\r\nhost: a\r\n')
    const drip = setInterval(() => socket.write('x: y\r\n'), 500)
    onTestFinished(() => clearInterval(drip))
    const answer = everythingFrom(socket)
    // Nobody else waits for it.
    expect(await ask('/livez')).toMatchObject({ status: 200 })
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('stops although an answer hangs and an idle connection is open', async () => {
    const arrived = deferred()
    const { listener, ask } = await start(() => {
      arrived.resolve()
      return new Promise(() => {})
    })
    const idle = await open(listener)
    const answer = ask('/metrics').catch(() => 'cut')
    await arrived.promise
    listeners.splice(0)
    await listener.stop()
    expect(await answer).toBe('cut')
    await everythingFrom(idle)
  })

  test('rejects if its address cannot be bound', async () => {
    const { listener } = await start()
    const port = Number(listener.address.split(':')[1])
    const options = { version: '', readiness: new ReadinessObserver(), metrics: async () => '', metricsType: '' }
    await expect(startAdminListener({ ...options, listen: { ...listen, port } })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port,
    })
  })
})

async function open({ address }: AdminListener): Promise<Socket> {
  const [host = '', port] = address.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** What the listener sends until it closes the connection. */
async function everythingFrom(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  if (!socket.closed) await once(socket, 'close')
  return text
}

describe('a service', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  test('has no admin listener by default', () => {
    expect(service.app.adminAddress).toBeUndefined()
  })

  test('is not ready while its database does not answer, but lives, and shows its metrics', async () => {
    const watched = await startWatched({ environment: { ADMIN_LISTEN: '127.0.0.1:0' } })
    onTestFinished(() => watched.stop())
    const ask = async (path: string) => (await fetch(`http://${watched.app.adminAddress}${path}`)).status
    expect(await ask('/readyz')).toBe(200)
    watched.proxy.stall()
    await until('it is not ready', async () => (await ask('/readyz')) === 503)
    expect([await ask('/livez'), await ask('/metrics')]).toEqual([200, 200])
    watched.proxy.reset()
    await until('it is ready', async () => (await ask('/readyz')) === 200)
  })

  test('is not ready while it stops, and its admin listener stops last', async () => {
    const stopping = await startService({ environment: { ADMIN_LISTEN: '127.0.0.1:0', SHUTDOWN_DELAY_SECONDS: '1' } })
    const url = `http://${stopping.app.adminAddress}/readyz`
    const stopped = stopping.stop()
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([503, 'stopping\n'])
    await stopped
    await expect(fetch(url)).rejects.toThrow()
  })
})
