import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { Authority, serverNames } from '../../../dev/authority.js'
import { Health } from '../../../src/grpc/health.js'
import { askForHealth } from '../../../src/grpc/health-question.js'
import { RecordingObserver } from '../../support/recording-observer.js'
import { echo, startToy, stopToys } from '../../support/toy-service.js'

/** Far more than an answer takes. */
const timeoutMs = 20_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp()
  await stopToys()
})

/** Not started, so that only liveness is SERVING. */
function notServing(): Health {
  const timing = { intervalMs: 1000, unhealthyIntervalMs: 1000, timeoutMs: 1000 }
  return new Health({ names: ['', 'toy'], probe: async () => {}, ...timing, observer: new RecordingObserver() })
}

/** The TLS server of grpc-js itself, with a certificate that nobody trusts. */
async function startTlsServer(): Promise<string> {
  const { cert, key } = await (await Authority.create()).issue({ names: serverNames })
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }
  const server = new Server()
  notServing().addToServer(server)
  cleanups.push(() => server.forceShutdown())
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  return `127.0.0.1:${port}`
}

/** A server that accepts connections and sends nothing. */
async function startSilentServer(): Promise<string> {
  const server = createServer((socket) => cleanups.push(() => socket.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a question for the health', () => {
  test.each([
    ['liveness', 'SERVING'],
    ['', 'NOT_SERVING'],
    ['toy', 'NOT_SERVING'],
    ['unknown', 'NOT_FOUND'],
  ])('of %j gives what the server answers', async (service, answer) => {
    const { address } = await startToy(echo, { otherServices: [notServing()] })
    expect(await askForHealth({ address, service, tls: false, timeoutMs })).toBe(answer)
  })

  test('is asked over TLS whatever the certificate says', async () => {
    const address = await startTlsServer()
    expect(await askForHealth({ address, service: 'liveness', tls: true, timeoutMs })).toBe('SERVING')
    expect(await askForHealth({ address, service: '', tls: true, timeoutMs })).toBe('NOT_SERVING')
  })

  test('is asked of the server itself, also if the environment names a proxy', async () => {
    const { address } = await startToy(echo, { otherServices: [notServing()] })
    process.env['grpc_proxy'] = 'http://127.0.0.1:1'
    cleanups.push(() => delete process.env['grpc_proxy'])
    expect(await askForHealth({ address, service: 'liveness', tls: false, timeoutMs })).toBe('SERVING')
  })

  test('has no answer where nothing listens', async () => {
    const address = await startSilentServer()
    for (const cleanUp of cleanups.splice(0)) await cleanUp()
    expect(await askForHealth({ address, service: '', tls: false, timeoutMs })).toBe('UNAVAILABLE')
  })

  test('ends at its time limit if the server does not answer', async () => {
    const address = await startSilentServer()
    expect(await askForHealth({ address, service: '', tls: false, timeoutMs: 50 })).toBe('DEADLINE_EXCEEDED')
  })
})
