import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { echo, known, type RunningToy, startToy, stopToys, toyLimits, until } from './toy-service.js'

const ends: (() => void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) end()
  await stopToys()
})

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

test('a free port is found and told', async () => {
  const toy = await startToy(echo)
  expect(toy.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
})

test.skipIf(!hasIpv6)('an IPv6 address is told in brackets, and serves', async () => {
  const toy = await startToy(echo, { host: '::1' })
  expect(toy.address).toMatch(/^\[::1\]:[1-9]\d*$/)
  const { response } = await toy.client.addMessageContact({ name: 'Tom' }, known)
  expect(response.contact?.name).toBe('Tom')
})

test('an address in use is refused, naming it', async () => {
  const toy = await startToy(echo)
  const port = Number(toy.address.split(':')[1])
  await expect(startToy(echo, { port })).rejects.toMatchObject({ code: 'EADDRINUSE', address: '127.0.0.1', port })
})

test('an address that is not this machine is refused, naming it', async () => {
  await expect(startToy(echo, { host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
    address: '192.0.2.1',
  })
})

test('after stop the port is free for the next', async () => {
  const toy = await startToy(echo)
  const port = Number(toy.address.split(':')[1])
  await toy.stop(1000)
  const next = createServer().listen(port, '127.0.0.1')
  await once(next, 'listening')
  next.close()
  await once(next, 'close')
})

/** A peer that says nothing, and keeps its side open when the server has closed its own. */
async function halfOpenPeer(toy: RunningToy): Promise<Socket> {
  const peer = connect({ port: Number(toy.address.split(':')[1]), host: '127.0.0.1', allowHalfOpen: true })
  peer.on('error', () => {})
  peer.resume()
  ends.push(() => peer.destroy())
  await once(peer, 'connect')
  return peer
}

test('a peer that never closes its side gives up its place when the server closes', async () => {
  const toy = await startToy(echo, { limits: { ...toyLimits, connections: 1, connectionIdleMs: 50 } })
  const peer = await halfOpenPeer(toy)
  await once(peer, 'end')
  await until('the next one is served', () =>
    toy
      .connect()
      .addMessageContact({ name: 'Tom' }, known)
      .then(
        ({ response }) => response.contact?.name === 'Tom',
        () => false,
      ),
  )
  expect(peer.writable).toBe(true)
})
