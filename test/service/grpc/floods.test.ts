import { afterEach, describe, expect, test } from 'vitest'
import type { ConnectionLimit } from '../../../src/telemetry/observer.js'
import { begun, closeClients, connect, headers, repeat, start, whole } from '../../support/attacked-toy.js'
import {
  callHeaders,
  encodeFrame,
  type Frame,
  type FrameClient,
  frameType,
  setting,
  settingId,
  uint32,
} from '../../support/http2-frames.js'
import { known, type RunningToy, stopToys, toyPath } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

afterEach(async () => {
  closeClients()
  await stopToys()
})

/** Longer than any attack needs to be ended, in milliseconds. */
const maxFloodMs = 10_000
const limits = (toy: RunningToy): readonly ConnectionLimit[] => [...new Set(toy.reachedLimits)]

/** Another caller is served while and after the connection of this one is ended. */
async function expectEnded(toy: RunningToy, client: FrameClient): Promise<void> {
  await toy.client.addMessageContact({}, known)
  await until('the connection is ended', () => client.closed, maxFloodMs)
  await toy.client.addMessageContact({}, known)
}

describe('a connection is ended, and another one is served, where a client', () => {
  test('resets its calls at once', async () => {
    const toy = await start()
    const client = await connect(toy)
    let index = 0
    await client.flood(() => {
      index += 1
      const reset = { type: frameType.reset, stream: 2 * index + 1, payload: uint32(8) }
      return Buffer.concat([whole(index), encodeFrame(reset)])
    }, maxFloodMs)
    await expectEnded(toy, client)
    expect(limits(toy)).toEqual(['control_frames'])
    // 500 resets, ten more for each call that was answered before its reset arrived, and what was on its way.
    expect(index).toBeLessThan(20_000)
  })

  test.each<[string, Frame]>([
    ['pings', { type: frameType.ping, payload: Buffer.alloc(8) }],
    ['settings', { type: frameType.settings, payload: setting(settingId.initialWindowSize, 65_535) }],
  ])('floods it with %s', async (_, one) => {
    const toy = await start()
    const client = await connect(toy)
    // Fewer at once than Node itself allows.
    const bytes = repeat(100, () => one)
    await client.flood(() => bytes, maxFloodMs)
    await expectEnded(toy, client)
    expect(limits(toy)).toEqual(['control_frames'])
  })

  test.each<[string, number, (index: number) => Frame]>([
    ['window updates', 5000, () => ({ type: frameType.windowUpdate, payload: uint32(1) })],
    [
      'priorities',
      5000,
      (index) => ({ type: frameType.priority, stream: 2 * index + 1, payload: Buffer.from([0, 0, 0, 0, 1]) }),
    ],
    ['frames of an unknown type', 5000, () => ({ type: 99 })],
    [
      'calls whose headers are too large',
      10,
      (index) =>
        begun(
          index,
          callHeaders(toyPath, [
            ['a', 'a'.repeat(6000)],
            ['b', 'b'.repeat(6000)],
          ]),
        ),
    ],
    [
      'calls with too many headers',
      10,
      (index) => begun(index, Buffer.concat([headers, Buffer.from('\0\x01a\x01b'.repeat(2000))])),
    ],
  ])('floods it with %s', async (_, count, frameOf) => {
    const toy = await start()
    const client = await connect(toy)
    let index = 0
    await client.flood(() => repeat(count, () => frameOf(index++)), maxFloodMs)
    await expectEnded(toy, client)
    // Newer versions of Node end some of them earlier.
    expect(limits(toy).filter((limit) => limit !== 'bytes_without_calls')).toEqual([])
  })

  test('never ends its headers', async () => {
    const toy = await start()
    const client = await connect(toy)
    client.send({ type: frameType.headers, stream: 1, payload: headers })
    const more = encodeFrame({ type: frameType.continuation, stream: 1, payload: Buffer.from('\0\x01a\x01b') })
    await client.flood(() => more, maxFloodMs)
    await expectEnded(toy, client)
  })

  test('sends its request in empty pieces', async () => {
    const toy = await start()
    const client = await connect(toy)
    client.send(begun(0))
    const empty = repeat(100, () => ({ type: frameType.data, stream: 1 }))
    await client.flood(() => empty, maxFloodMs)
    await expectEnded(toy, client)
  })

  test('refers to a large header again and again', async () => {
    const toy = await start()
    const client = await connect(toy)
    // The first adds a header of 4,000 bytes to the table of HPACK, the others are one byte each.
    const value = 'a'.repeat(3900)
    const indexed = Buffer.concat([
      Buffer.from([0x40, 1]),
      Buffer.from('x'),
      Buffer.from([127, 0xbd, 0x1d]),
      Buffer.from(value),
    ])
    let index = 0
    await client.flood(() => {
      index += 1
      return encodeFrame(begun(index, Buffer.concat([headers, indexed, Buffer.alloc(4000, 0xbe)])))
    }, maxFloodMs)
    await expectEnded(toy, client)
  })
})
