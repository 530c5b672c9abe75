import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { echo, known, type RunningToy, startToy, stopToys } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

const cleanups: (() => void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) cleanUp()
  await stopToys()
})

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

test('port 0 binds a free port, which the address names', async () => {
  const toy = await startToy(echo)
  expect(toy.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
})

test.skipIf(!hasIpv6)('an IPv6 address is printed in brackets, and serves', async () => {
  const toy = await startToy(echo, { settings: { LISTEN: { host: '::1', port: 0 } } })
  expect(toy.address).toMatch(/^\[::1\]:[1-9]\d*$/)
  const { response } = await toy.client.addMessageContact({ name: 'Tom' }, known)
  expect(response.contact?.name).toBe('Tom')
})

test('an address in use is an error that names it', async () => {
  const toy = await startToy(echo)
  const port = Number(toy.address.split(':')[1])
  const LISTEN = { host: '127.0.0.1', port }
  await expect(startToy(echo, { settings: { LISTEN } })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    address: '127.0.0.1',
    port,
  })
})

test('an address of another machine is an error that names it', async () => {
  const LISTEN = { host: '192.0.2.1', port: 0 }
  await expect(startToy(echo, { settings: { LISTEN } })).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
    address: '192.0.2.1',
  })
})

test('after stop the port is free', async () => {
  const toy = await startToy(echo)
  const port = Number(toy.address.split(':')[1])
  await toy.stop(1000)
  const next = createServer().listen(port, '127.0.0.1')
  await once(next, 'listening')
  next.close()
  await once(next, 'close')
})

/** A client that sends nothing, and does not close its side when the server closes the connection. */
async function halfOpenClient(toy: RunningToy): Promise<Socket> {
  const socket = connect({ port: Number(toy.address.split(':')[1]), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.resume()
  cleanups.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

test('a client that never closes its side does not count as a connection after the server has closed it', async () => {
  const toy = await startToy(echo, { settings: { MAX_CONNECTIONS: 1, MAX_CONNECTION_IDLE_SECONDS: 0.05 } })
  const client = await halfOpenClient(toy)
  await once(client, 'end')
  await until('the next client is served', () =>
    toy
      .connect()
      .addMessageContact({ name: 'Tom' }, known)
      .then(
        ({ response }) => response.contact?.name === 'Tom',
        () => false,
      ),
  )
  expect(client.writable).toBe(true)
})
