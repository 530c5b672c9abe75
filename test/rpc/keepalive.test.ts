import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { echo, type RunningToy, startToy, stopToys, toyLimits, until } from './toy-service.js'

const ends: (() => void)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const end of ends.splice(0)) end()
  await stopToys()
})

const startWith = (keepaliveMs: number) => startToy(echo, { limits: { ...toyLimits, keepaliveMs } })
/** How long a peer has to answer. */
const answerWithinMs = 10_000

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
/** The first bytes of a ping: eight bytes long, type 6, not an answer. */
const pingHeader = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0])

/** A peer that begins to speak HTTP/2 and then never says a word again. Resolves when the server has taken it. */
async function silentPeer(toy: RunningToy) {
  const socket = connectTcp(Number(toy.address.split(':')[1]), '127.0.0.1')
  ends.push(() => socket.destroy())
  let received = Buffer.alloc(0)
  let gone = false
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    gone = true
  })
  socket.write(Buffer.concat([preface, emptySettings]))
  await once(socket, 'data')
  return { asked: () => received.includes(pingHeader), gone: () => gone }
}

/** Polls without a timer, since those stand still. */
async function soon(holds: () => boolean, withinMs = 5000): Promise<boolean> {
  const giveUpAt = Date.now() + withinMs
  while (!holds() && Date.now() < giveUpAt) await new Promise((resolve) => setImmediate(resolve))
  return holds()
}
/** Long enough to see what should not happen. */
const aWhileMs = 100

describe('keepalive', () => {
  test('asks a peer again and again while it answers', async () => {
    const toy = await startWith(20)
    const session = connectHttp2(`http://${toy.address}`)
    ends.push(() => session.destroy())
    let pings = 0
    session.on('ping', () => {
      pings += 1
    })
    await until('it was asked three times', () => pings === 3)
    expect(session.closed).toBe(false)
  })

  test('disconnects a peer that does not answer within 10 seconds', async () => {
    const toy = await startWith(30_000)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const peer = await silentPeer(toy)
    vi.advanceTimersByTime(29_999)
    expect(await soon(peer.asked, aWhileMs)).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await soon(peer.asked)).toBe(true)
    vi.advanceTimersByTime(answerWithinMs - 1)
    expect(await soon(peer.gone, aWhileMs)).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await soon(peer.gone)).toBe(true)
  })
})
