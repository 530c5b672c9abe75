import { createPrivateKey, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { Authority, type Certificate, serverNames } from '../../../dev/authority.js'
import { ConfigurationError } from '../../../src/config/read-settings.js'
import { parseClientCa, parsePair, trustedUntil } from '../../../src/network/certificates.js'
import { dayMs, hourMs } from '../../../src/time.js'

/** Certificates have dates in whole seconds. */
const now = Math.floor(Date.now() / 1000) * 1000
const at = (ms: number) => new Date(now + ms)
const x509 = ({ cert }: Certificate) => new X509Certificate(cert)

let root: Authority
let intermediate: Authority
let server: Certificate
beforeAll(async () => {
  root = await Authority.create('Root')
  intermediate = await Authority.create('Intermediate', root)
  server = await intermediate.issue({ names: serverNames })
})

const encrypted = (key: string) =>
  String(createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }))

describe('a certificate and its key', () => {
  const parse = ({ cert, key }: { readonly cert: string; readonly key: string }) =>
    parsePair(Buffer.from(cert), Buffer.from(key), now)

  test('are used as they are, with the certificates that issued it', () => {
    const cert = server.cert + intermediate.cert
    expect(parse({ cert, key: server.key })).toEqual({ cert: Buffer.from(cert), key: Buffer.from(server.key) })
  })

  test.each([
    ['an empty file', () => ({ ...server, cert: '' }), 'TLS_CERT_FILE must have a certificate in PEM format'],
    [
      'a key in its place',
      () => ({ ...server, cert: server.key }),
      'TLS_CERT_FILE must have a certificate in PEM format',
    ],
    [
      'damaged base64',
      () => ({ ...server, cert: server.cert.replace(/\n.{40}/, `\n${'A'.repeat(40)}`) }),
      'TLS_CERT_FILE must have only certificates in PEM format',
    ],
    [
      'an empty key',
      () => ({ ...server, key: '' }),
      'TLS_KEY_FILE must have a private key in PEM format, without a passphrase',
    ],
    [
      'a key with a passphrase',
      () => ({ ...server, key: encrypted(server.key) }),
      'TLS_KEY_FILE must have a private key in PEM format, without a passphrase',
    ],
    [
      'the key of another certificate',
      () => ({ ...server, key: root.key }),
      'TLS_KEY_FILE must have the key of the first certificate in TLS_CERT_FILE',
    ],
    [
      'the certificates in the wrong order',
      () => ({ ...server, cert: intermediate.cert + server.cert }),
      'TLS_KEY_FILE must have the key of the first certificate in TLS_CERT_FILE',
    ],
    [
      'an expired certificate',
      () => root.issue({ validFrom: at(-dayMs), validTo: at(0) }),
      'TLS_CERT_FILE must have a certificate that has not expired',
    ],
    [
      'a certificate of tomorrow',
      () => root.issue({ validFrom: at(1000), validTo: at(dayMs) }),
      'TLS_CERT_FILE must have a certificate that is already valid',
    ],
  ])('are rejected with %s', async (_, pair, problem) => {
    const bad = await pair()
    expect(() => parse(bad)).toThrow(new ConfigurationError([problem]))
  })

  test('are used in the first and in the last second of their time', async () => {
    const { cert, key } = await root.issue({ validFrom: at(0), validTo: at(1000) })
    for (const time of [now, now + 999]) parsePair(Buffer.from(cert), Buffer.from(key), time)
  })
})

describe('the certificates that those of clients must lead to', () => {
  const parse = (text: string) => parseClientCa(Buffer.from(text), now)

  test('may be several, with text between them', () => {
    const text = `# root\n${root.cert}\nnext\n${intermediate.cert}`
    expect(parse(text).map(String)).toEqual([x509(root), x509(intermediate)].map(String))
  })

  test('may have expired in part', async () => {
    const old = await Authority.create('Old', undefined, { validTo: at(-hourMs) })
    expect(parse(old.cert + root.cert)).toHaveLength(2)
    expect(() => parse(old.cert)).toThrow(
      new ConfigurationError(['TLS_CLIENT_CA_FILE must have a self-signed certificate that is valid now']),
    )
  })

  test('may not all be issued by others', () => {
    expect(() => parse(intermediate.cert)).toThrow(
      new ConfigurationError(['TLS_CLIENT_CA_FILE must have a self-signed certificate that is valid now']),
    )
  })

  test('must be there', () => {
    expect(() => parse('')).toThrow(
      new ConfigurationError(['TLS_CLIENT_CA_FILE must have a self-signed certificate that is valid now']),
    )
  })
})

describe('a chain is trusted', () => {
  const chainOf = (...certificates: Certificate[]) => certificates.map(x509)
  const trusted = ([leaf, ...sent]: X509Certificate[], ...ends: Certificate[]) =>
    leaf && trustedUntil(leaf, sent, ends.map(x509), now)

  test('until the first of its certificates expires', async () => {
    const leaf = await intermediate.issue({ validTo: at(hourMs) })
    expect(trusted(chainOf(leaf, intermediate, root), root)).toBe(now + hourMs)
    const short = await Authority.create('Short', root, { validTo: at(2000) })
    expect(trusted(chainOf(await short.issue(), short), root)).toBe(now + 2000)
  })

  test('until the trusted certificate expires', async () => {
    const ends = await Authority.create('Ends', undefined, { validTo: at(3000) })
    expect(trusted(chainOf(await ends.issue()), ends)).toBe(now + 3000)
  })

  test('by an intermediate certificate that the client did not send, but not by that alone', async () => {
    const leaf = await intermediate.issue({ validTo: at(hourMs) })
    expect(trusted(chainOf(leaf), root, intermediate)).toBe(now + hourMs)
    expect(trusted(chainOf(leaf, intermediate), intermediate)).toBe(0)
  })

  test.each([
    ['nothing is trusted', async () => chainOf(await root.issue()), () => []],
    [
      'another authority of the same name is',
      async () => chainOf(await root.issue()),
      async () => [await Authority.create('Root')],
    ],
    ['a link is missing', async () => chainOf(server), () => [root]],
    ['a link is wrong', async () => chainOf(server, await Authority.create('Intermediate', root)), () => [root]],
    [
      'a link is no authority',
      async () => {
        const leaf = await root.issue({ name: 'Leaf' })
        return chainOf(await (await Authority.create('Leaf')).issue(), leaf)
      },
      () => [root],
    ],
    ['it has expired', async () => chainOf(await root.issue({ validTo: at(0) })), () => [root]],
    ['it is not yet valid', async () => chainOf(await root.issue({ validFrom: at(1000) })), () => [root]],
    [
      'a link has expired',
      async () => {
        const old = await Authority.create('Old', root, { validTo: at(-1000) })
        return chainOf(await old.issue(), old)
      },
      () => [root],
    ],
    [
      'the trusted certificate has expired',
      async () => {
        return chainOf(await expired.issue())
      },
      () => [expired],
    ],
  ])('not, where %s', async (_, chain, ends) => {
    expect(trusted(await chain(), ...(await ends()))).toBe(0)
  })
  let expired: Authority
  beforeAll(async () => {
    expired = await Authority.create('Expired', undefined, { validTo: at(-1000) })
  })
})
