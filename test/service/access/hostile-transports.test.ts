import { type ClientHttp2Session, connect } from 'node:http2'
import type { JsonGeneralName } from '@peculiar/x509'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Authority, type Certificate, serverNames } from '../../../dev/authority.js'
import { createApiToken } from '../../../src/access/token.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { reasonOf } from '../../support/access/calls.js'
import { jwksOf, jwtEnvironment, TokenIssuer } from '../../support/access/token-issuer.js'
import { CertificateFiles } from '../../support/certificate-files.js'
import { httpsCall, jsonOf } from '../../support/http-call.js'
import { answered, callOn } from '../../support/raw-call.js'
import { type RunningService, startService } from '../../support/running-service.js'

// Random and hostile credentials, through both servers and TLS: each is refused as every other, and no log has anything of it.

const path = `/${MessageContactService.typeName}/ListMessageContacts`
/** Stands in every credential. */
const secret = 'known-to-nobody-7'
const { token } = createApiToken(Buffer.alloc(32, 1))

let service: RunningService
let files: CertificateFiles
let clientCa: Authority
let ca: string
beforeAll(async () => {
  const authority = await Authority.create('Servers')
  clientCa = await Authority.create('Clients')
  ca = authority.cert
  const { cert, key } = await authority.issue({ names: serverNames })
  files = await CertificateFiles.create({
    'cert.pem': cert,
    'key.pem': key,
    'client-ca.pem': clientCa.cert,
    'jwks.json': jwksOf(await TokenIssuer.create('k-1')),
    'callers.yaml': `callers:
  - { id: a, token_sha256: ${createApiToken(Buffer.alloc(32, 2)).sha256}, directories: [rd-1], roles: [reader] }
  - { id: b, dns: b.example.org, directories: [rd-1], roles: [reader] }
  - { id: c, spiffe: spiffe://example.org/c, directories: [rd-1], roles: [reader] }
`,
  })
  service = await startService({
    environment: {
      ...jwtEnvironment,
      JWT_JWKS: files.path('jwks.json'),
      HTTP_LISTEN: '127.0.0.1:0',
      AUTHENTICATION: 'mtls,jwt,token',
      CALLERS_FILE: files.path('callers.yaml'),
      TLS_CERT_FILE: files.path('cert.pem'),
      TLS_KEY_FILE: files.path('key.pem'),
      TLS_CLIENT_CA_FILE: files.path('client-ca.pem'),
      MAX_CONNECTIONS_PER_IP: '10000',
    },
  })
})
afterAll(async () => {
  await service.stop()
  await files.remove()
})

const sessions: ClientHttp2Session[] = []
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy()
})

function openSession(certificate?: Certificate): ClientHttp2Session {
  const session = connect(`https://${service.app.address}`, { ca, ...certificate })
  session.on('error', () => {})
  sessions.push(session)
  return session
}

/** The reason of the refusal over gRPC, or `OK`. */
const overGrpc = (session: ClientHttp2Session, headers: Readonly<Record<string, string>>) =>
  reasonOf(answered(callOn(session, { path, headers, body: Buffer.alloc(5) })))

/** The code of the refusal over HTTP. */
async function overHttp(headers: Readonly<Record<string, string>>, certificate?: Certificate): Promise<unknown> {
  const call = { path, headers: { 'content-type': 'application/json', ...headers }, body: '{}' }
  return jsonOf(await httpsCall(service.app.httpAddress ?? '', call, { ca, ...certificate }))['code']
}

/** Every character that a header can have. */
const character = fc
  .integer({ min: 0x20, max: 0xff })
  .filter((code) => code < 0x7f || code > 0x9f)
  .map((code) => String.fromCharCode(code))
const text = fc.string({ unit: character, maxLength: 200 })

test('any authorization is UNAUTHENTICATED, and not in the log', async () => {
  const session = openSession()
  const prefix = fc.constantFrom('', 'Bearer ', 'bearer ', 'Basic ', 'Bearer mct_', `Bearer ${token}`, 'Bearer a.b.')
  const value = fc.tuple(prefix, text, text).map(([before, one, other]) => `${before}${one}${secret}${other}`.trim())
  await fc.assert(
    fc.asyncProperty(value, async (authorization) => {
      expect(await overGrpc(session, { authorization })).toBe('UNAUTHENTICATED')
      expect(await overHttp({ authorization })).toBe('unauthenticated')
    }),
    { numRuns: 100 },
  )
  expect(service.log()).not.toContain(secret)
  expect(service.log()).not.toContain('INTERNAL')
}, 60_000)

test('a certificate with any other names is UNAUTHENTICATED, and its names are not in the log', async () => {
  const around = fc.tuple(
    fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
    fc.constantFrom('', ', DNS:b.example.org', '"'),
  )
  const name = around.map(([before, after]) => `${before}${secret}${after}`)
  const names = fc.array(
    fc.oneof(
      fc.record({ type: fc.constantFrom<'dns' | 'email'>('dns', 'email'), value: name }),
      name.map((value): JsonGeneralName => ({ type: 'url', value: `spiffe://example.org/${encodeURI(value)}` })),
    ),
    { minLength: 1, maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(names, async (wanted) => {
      const certificate = await clientCa.issue({ name: 'b.example.org', names: wanted })
      expect(await overGrpc(openSession(certificate), {})).toBe('UNAUTHENTICATED')
      expect(await overHttp({}, certificate)).toBe('unauthenticated')
    }),
    { numRuns: 30 },
  )
  expect(service.log()).not.toContain(secret)
  expect(service.log()).not.toContain('INTERNAL')
}, 60_000)

test('the names of the callers file are known over both', async () => {
  const certificate = await clientCa.issue({ names: [{ type: 'dns', value: 'b.example.org' }] })
  expect(await overGrpc(openSession(certificate), {})).toBe('OK')
  expect(await overHttp({}, certificate)).toBeUndefined()
})
