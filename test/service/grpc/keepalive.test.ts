import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { echo, type RunningToy, startToy, stopToys } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopToys()
})

const startWith = (KEEPALIVE_SECONDS: number) => startToy(echo, { settings: { KEEPALIVE_SECONDS } })
/** How long a client may take to answer a ping. */
const keepaliveTimeoutMs = 10_000

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
/** Sent when the server has read the settings of the client. */
const settingsAck = Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0])
/** The header of a PING frame: length 8, type 6, no ACK flag. */
const pingHeader = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0])

/** A client that starts HTTP/2 and then sends nothing more. Resolves when the server has accepted it. */
async function silentClient(toy: RunningToy) {
  const socket = connectTcp(Number(toy.address.split(':')[1]), '127.0.0.1')
  cleanups.push(() => socket.destroy())
  let received = Buffer.alloc(0)
  let closed = false
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  socket.write(Buffer.concat([preface, emptySettings]))
  // Without timers, because these are faked.
  while (!received.includes(settingsAck)) await once(socket, 'data')
  return { isPinged: () => received.includes(pingHeader), isClosed: () => closed }
}

/** Polls a condition without timers, because these are faked. */
async function soon(condition: () => boolean, timeoutMs = 5000): Promise<boolean> {
  const endTime = Date.now() + timeoutMs
  while (!condition() && Date.now() < endTime) await new Promise((resolve) => setImmediate(resolve))
  return condition()
}
/** How long the test watches for something that must not happen, in milliseconds. */
const watchMs = 100

describe('keepalive', () => {
  test('pings a client repeatedly while it answers', async () => {
    const toy = await startWith(0.02)
    const session = connectHttp2(`http://${toy.address}`)
    cleanups.push(() => session.destroy())
    let pings = 0
    session.on('ping', () => {
      pings += 1
    })
    await until('three pings arrived', () => pings === 3)
    expect(session.closed).toBe(false)
    session.destroy()
    await once(session, 'close')
    expect(toy.reachedLimits).toEqual([])
  })

  test('disconnects a client that does not answer within 10 seconds', async () => {
    const toy = await startWith(30)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const client = await silentClient(toy)
    vi.advanceTimersByTime(29_999)
    expect(await soon(client.isPinged, watchMs)).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await soon(client.isPinged)).toBe(true)
    vi.advanceTimersByTime(keepaliveTimeoutMs - 1)
    expect(await soon(client.isClosed, watchMs)).toBe(false)
    expect(toy.reachedLimits).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await soon(client.isClosed)).toBe(true)
    expect(toy.reachedLimits).toEqual(['KEEPALIVE_SECONDS'])
  })
})
