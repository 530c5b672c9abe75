import { afterEach, describe, expect, test, vi } from 'vitest'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { begun, closeClients, connect, repeat, settings, start, whole } from '../../support/attacked-toy.js'
import {
  callHeaders,
  encodeFrame,
  type FrameClient,
  frameType,
  setting,
  settingId,
} from '../../support/http2-frames.js'
import { frame } from '../../support/raw-call.js'
import { known, never, startToy, stopToys } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

afterEach(async () => {
  vi.useRealTimers()
  closeClients()
  await stopToys()
})

const maxFloodMs = 10_000

describe('a call is reset, and another one is served, where a client', () => {
  /** Lets `seconds` pass for the inspections of connections. */
  async function inspect(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      vi.advanceTimersByTime(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const resets = (client: FrameClient) => client.received.filter(({ type }) => type === frameType.reset).length
  const calls = 200

  test.each<[string, (client: FrameClient) => void, Buffer[]]>([
    ['never sends the request', (client) => client.socket.write(repeat(calls, (index) => begun(index))), []],
    [
      'sends half of the request',
      (client) =>
        client.socket.write(
          Buffer.concat(
            Array.from({ length: calls }, (_, index) =>
              Buffer.concat([
                encodeFrame(begun(index)),
                encodeFrame({ type: frameType.data, stream: 2 * index + 1, payload: Buffer.from([0, 0, 0]) }),
              ]),
            ),
          ),
        ),
      [],
    ],
    [
      'does not take the answer',
      (client) => client.socket.write(Buffer.concat(Array.from({ length: calls }, (_, index) => whole(index)))),
      [setting(settingId.initialWindowSize, 0)],
    ],
  ])('%s', async (_, attack, clientSettings) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const toy = await start()
    const client = await connect(toy, ...clientSettings)
    attack(client)
    // A frame after the others: when it is answered, they have been read.
    client.send({ type: frameType.ping, payload: Buffer.alloc(8) })
    await until('the calls have begun', () => client.received.some(({ type }) => type === frameType.ping))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await inspect(10)
    expect(resets(client)).toBe(0)
    await toy.client.addMessageContact({}, known)
    await inspect(1)
    await until('the calls are reset', () => resets(client) === calls)
    await toy.client.addMessageContact({}, known)
    expect(toy.reachedLimits).toEqual(Array.from({ length: calls }, () => 'wait_for_client'))
    expect(client.closed).toBe(false)
  })

  test('but not where the service itself takes long', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const toy = await startToy(never, { settings })
    const client = await connect(toy)
    client.socket.write(whole(0))
    client.send({ type: frameType.ping, payload: Buffer.alloc(8) })
    await until('the call has begun', () => client.received.some(({ type }) => type === frameType.ping))
    await inspect(30)
    expect(resets(client)).toBe(0)
    expect(toy.reachedLimits).toEqual([])
  })

  test('after one second, where over 1000 calls of all connections wait', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const toy = await start()
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect(toy)))
    for (const client of clients) {
      client.socket.write(repeat(calls, (index) => begun(index)))
      client.send({ type: frameType.ping, payload: Buffer.alloc(8) })
    }
    await until('the calls have begun', () =>
      clients.every(({ received }) => received.some(({ type }) => type === frameType.ping)),
    )
    await inspect(2)
    await until('the calls are reset', () => clients.every((client) => resets(client) === calls))
  })

  test('asks for answers of reflection and does not take them', async () => {
    const toy = await start()
    const client = await connect(toy, setting(settingId.initialWindowSize, 0))
    client.send(begun(0, callHeaders('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo')))
    const name = Buffer.from(MessageContactService.typeName)
    const request = frame(Buffer.concat([Buffer.from([0x22, name.byteLength]), name]))
    const data = encodeFrame({
      type: frameType.data,
      stream: 1,
      payload: Buffer.concat(Array.from({ length: 20 }, () => request)),
    })
    await client.flood(
      () => data,
      3000,
      () => resets(client) > 0,
    )
    await until('the call is reset', () => resets(client) > 0 || client.closed, maxFloodMs)
    await toy.client.addMessageContact({}, known)
  })
})
