import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ConnectionOptions } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { Authority, serverNames } from '../../../dev/authority.js'
import { ConfigurationError } from '../../../src/config/read-settings.js'
import { callOn } from '../../support/raw-call.js'
import { startSecureToy } from '../../support/secure-toy.js'
import { echo, known, stopToys, toyPath } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

afterEach(stopToys)

const expiredDates = { validFrom: new Date(Date.now() - 2000), validTo: new Date(Date.now() - 1000) }

describe('a connection over TLS', () => {
  test('serves calls of a client that trusts the certificate', async () => {
    const toy = await startSecureToy(echo)
    const { response } = await toy.secureClient().addMessageContact({ name: 'Tom' }, known)
    expect(response.contact?.name).toBe('Tom')
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('may be %s, and cannot be resumed', async (version) => {
    const toy = await startSecureToy(echo)
    const open = async (session?: Buffer) => {
      const socket = toy.openTls({ minVersion: version, maxVersion: version, ...(session && { session }) })
      const sessions: Buffer[] = []
      socket.on('session', (one: Buffer) => sessions.push(one))
      await once(socket, 'secureConnect')
      const http2 = connectHttp2('https://localhost', { createConnection: () => socket })
      expect(
        (await callOn(http2, { path: toyPath, headers: { 'x-resource-directory-id': 'toy' } })).headers,
      ).toMatchObject({ ':status': 200 })
      http2.destroy()
      return { version: socket.getProtocol(), resumed: socket.isSessionReused(), session: sessions.at(-1) }
    }
    const first = await open()
    expect(await open(first.session)).toMatchObject({ version, resumed: false })
  })

  test.each<[string, ConnectionOptions]>([
    ['an older version', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['another protocol than HTTP/2', { ALPNProtocols: ['http/1.1'] }],
    ['no protocol', { ALPNProtocols: [] }],
  ])('is refused with %s', async (_, options) => {
    const toy = await startSecureToy(echo)
    const socket = toy.openTls(options)
    socket.on('error', () => {})
    socket.resume()
    // Not `once`, which rejects because the connection may end with an error.
    await new Promise((resolve) => socket.on('close', resolve))
  })

  test('cannot be renegotiated', async () => {
    const toy = await startSecureToy(echo)
    const socket = toy.openTls({ maxVersion: 'TLSv1.2' })
    await once(socket, 'secureConnect')
    const failed = new Promise((resolve) => socket.once('error', resolve))
    socket.renegotiate({}, () => {})
    expect(await failed).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' })
  })

  test('is needed: a client without TLS is not served', async () => {
    const toy = await startSecureToy(echo)
    const session = connectHttp2(`http://${toy.address}`)
    session.on('error', () => {})
    await once(session, 'close')
    await toy.secureClient().addMessageContact({ name: 'Tom' }, known)
  })
})

describe('a new certificate and key', () => {
  /** The certificate that a new connection shows. */
  async function shown(toy: Awaited<ReturnType<typeof startSecureToy>>): Promise<string | undefined> {
    const socket = toy.openTls()
    await once(socket, 'secureConnect')
    const certificate = socket.getPeerX509Certificate()?.toString()
    socket.destroy()
    return certificate
  }

  test('are in use without a restart, and open connections live on', async () => {
    const toy = await startSecureToy(echo)
    const client = toy.secureClient()
    await client.addMessageContact({}, known)
    const { cert, key } = await toy.authority.issue({ names: serverNames })
    await toy.files.write({ 'cert.pem': cert, 'key.pem': key })
    await until('the new one is shown', async () => (await shown(toy)) === cert)
    await client.addMessageContact({}, known)
    expect(toy.rejectedFiles).toEqual([])
  })

  test.each([
    [
      'do not belong together',
      async (authority: Authority) => ({ 'key.pem': (await authority.issue()).key }),
      'TLS_KEY_FILE must have the key of the first certificate in TLS_CERT_FILE',
    ],
    [
      'have expired',
      async (authority: Authority) => {
        const { cert, key } = await authority.issue({ names: serverNames, ...expiredDates })
        return { 'cert.pem': cert, 'key.pem': key }
      },
      'TLS_CERT_FILE must have a certificate that has not expired',
    ],
    ['are empty', async () => ({ 'cert.pem': '' }), 'TLS_CERT_FILE must have a certificate in PEM format'],
  ])('are rejected if they %s: the last ones stay in use, until better ones come', async (_, change, problem) => {
    const toy = await startSecureToy(echo)
    const first = await shown(toy)
    await toy.files.write(await change(toy.authority))
    await until('they are rejected', () => toy.rejectedFiles.length > 0)
    expect(await shown(toy)).toBe(first)
    const { cert, key } = await toy.authority.issue({ names: serverNames })
    await toy.files.write({ 'cert.pem': cert, 'key.pem': key })
    await until('the new one is shown', async () => (await shown(toy)) === cert)
    expect(toy.rejectedFiles).toEqual([{ name: 'certificate', problems: [problem] }])
  })

  test('are rejected if a file is gone', async () => {
    const toy = await startSecureToy(echo)
    await toy.files.remove()
    await until('they are rejected', () => toy.rejectedFiles.length > 0)
    expect(toy.rejectedFiles).toEqual([{ name: 'certificate', problems: ['cannot be read'] }])
    await toy.secureClient().addMessageContact({}, known)
  })
})

describe('the service does not start', () => {
  const problems = (promise: Promise<unknown>) =>
    promise.then(
      () => [],
      (error: unknown) => (error instanceof ConfigurationError ? error.problems : Promise.reject(error)),
    )

  test('with an expired certificate', async () => {
    const { cert, key } = await (await Authority.create()).issue(expiredDates)
    expect(await problems(startSecureToy(echo, { files: { 'cert.pem': cert, 'key.pem': key } }))).toEqual([
      'TLS_CERT_FILE must have a certificate that has not expired',
    ])
  })

  test('with a key that is not there', async () => {
    expect(await problems(startSecureToy(echo, { settings: { TLS_KEY_FILE: '/nowhere/key.pem' } }))).toEqual([
      'TLS_CERT_FILE and TLS_KEY_FILE must name files that can be read',
    ])
  })

  test('with a client CA that is none', async () => {
    expect(await problems(startSecureToy(echo, { files: { 'client-ca.pem': 'none' } }))).toEqual([
      'TLS_CLIENT_CA_FILE must have a self-signed certificate that is valid now',
    ])
  })
})
