import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startSecureToy } from '../../support/secure-toy.js'
import { echo, known, type RunningToy, startToy, stopToys } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopToys()
})

/** A connection on which the test has sent nothing yet. */
async function open(toy: RunningToy): Promise<Socket> {
  const socket = connect(Number(toy.address.split(':')[1]), '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  return socket
}

const fakeTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
/** Resolves after what was sent on this machine has been read. Timers are faked. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('MAX_CONNECTIONS_PER_IP', () => {
  test('refuses further connections of one address, until one has closed', async () => {
    const toy = await startToy(echo, { settings: { MAX_CONNECTIONS_PER_IP: 2 } })
    const first = await open(toy)
    await toy.client.addMessageContact({}, known)
    await once(await open(toy), 'close')
    expect(toy.reachedLimits).toEqual(['MAX_CONNECTIONS_PER_IP'])
    first.destroy()
    await until('another connection is served', () =>
      toy
        .connect()
        .addMessageContact({}, known)
        .then(
          () => true,
          () => false,
        ),
    )
  })

  test('counts a connection over TLS for at least 10 seconds', async () => {
    fakeTimers()
    const toy = await startSecureToy(echo, { settings: { MAX_CONNECTIONS_PER_IP: 1 } })
    const first = await open(toy)
    first.destroy()
    await settle()
    vi.advanceTimersByTime(9999)
    await once(await open(toy), 'close')
    expect(toy.reachedLimits).toEqual(['MAX_CONNECTIONS_PER_IP'])
    vi.advanceTimersByTime(1)
    await once(toy.openTls(), 'secureConnect')
  })
})

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** The beginning of a ClientHello. */
const hello = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])

describe('a client that takes more than 10 seconds to connect is disconnected, where it', () => {
  test.each<[string, typeof startToy, (socket: Socket) => void]>([
    ['sends nothing', startToy, () => {}],
    ['sends half of the preface of HTTP/2', startToy, (socket) => socket.write(preface.slice(0, 12))],
    ['sends the preface and no settings', startToy, (socket) => socket.write(preface)],
    ['does not begin TLS', startSecureToy, () => {}],
    ['does not finish TLS', startSecureToy, (socket) => socket.write(hello)],
  ])('%s', async (_, start, send) => {
    fakeTimers()
    const toy = await start(echo, { settings: { MAX_CONNECTIONS: 1 } })
    const socket = await open(toy)
    send(socket)
    await settle()
    vi.advanceTimersByTime(9999)
    await settle()
    expect(socket.destroyed).toBe(false)
    const closed = once(socket, 'close')
    vi.advanceTimersByTime(1)
    await closed
    vi.useRealTimers()
    expect(toy.reachedLimits).toContain('connect_time')
    // MAX_CONNECTIONS allows another one.
    await open(toy)
  })

  test('begins HTTP/2 slowly over TLS, from the first byte on', async () => {
    fakeTimers()
    const toy = await startSecureToy(echo)
    vi.advanceTimersByTime(1)
    const socket = toy.openTls()
    await once(socket, 'secureConnect')
    socket.on('error', () => {})
    socket.resume()
    vi.advanceTimersByTime(5000)
    socket.write(preface)
    await settle()
    const closed = once(socket, 'close')
    vi.advanceTimersByTime(5000)
    await closed
    expect(toy.reachedLimits).toEqual(['connect_time'])
  })

  test('but not one that has sent its settings', async () => {
    fakeTimers()
    const toy = await startToy(echo)
    const session = connectHttp2(`http://${toy.address}`)
    cleanups.push(() => session.destroy())
    await once(session, 'localSettings')
    vi.advanceTimersByTime(20_000)
    await settle()
    expect(session.destroyed).toBe(false)
    expect(toy.reachedLimits).toEqual([])
  })
})
