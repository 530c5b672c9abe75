import type { DescMethod } from '@bufbuild/protobuf'
import { exportSPKI, importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { permissionFor } from '../../../src/access/authorize.js'
import { roles } from '../../../src/access/caller.js'
import { callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { authorizedBy, reasonOf, withToken } from '../../support/access/calls.js'
import { ReplacedFile } from '../../support/access/replaced-file.js'
import {
  audience,
  issuer,
  jwksOf,
  jwtEnvironment,
  TokenIssuer,
  unsignedToken,
} from '../../support/access/token-issuer.js'
import type { CallOptions } from '../../support/client.js'
import { expectRefusal } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'
import { isCallCommand } from '../../support/watched-service.js'
import { WireProxy } from '../../support/wire-proxy.js'

// Every operation of the contract with every kind of credential. The operations come from the descriptor, so that a new one is tested too.

const { methods } = MessageContactService
const byName = methods.map((method) => [method.name, method] as const)
const pathOf = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`
/** A call that is refused for its caller must not get as far as this, which no operation can decode. */
const malformed = Buffer.from([0xff])

let proxy: WireProxy
let callersFile: ReplacedFile
let keysFile: ReplacedFile
let service: RunningService
let key: TokenIssuer
let rsaKey: TokenIssuer
let otherKey: TokenIssuer
const revoked = createApiToken(Buffer.alloc(32, 1))
const kept = createApiToken(Buffer.alloc(32, 2))
const databaseCommands: string[] = []

const entry = (token: typeof kept, id: string) => callersFileEntry(token, { id, directories: ['rd-1'], roles })

beforeAll(async () => {
  ;[key, rsaKey, otherKey] = await Promise.all([
    TokenIssuer.create('k-ec', 'ES256'),
    TokenIssuer.create('k-rsa', 'RS256'),
    TokenIssuer.create('k-other', 'ES256'),
  ])
  callersFile = await ReplacedFile.create(`callers:\n${entry(kept, 'kept')}${entry(revoked, 'revoked')}`)
  keysFile = await ReplacedFile.create(jwksOf(key, rsaKey))
  proxy = await WireProxy.to(inject('mongodbUri'))
  service = await startService({
    environment: {
      ...jwtEnvironment,
      MONGODB_URI: proxy.uri,
      AUTHENTICATION: 'jwt,token',
      CALLERS_FILE: callersFile.path,
      JWT_JWKS: keysFile.path,
    },
  })
  expect(await reasonOf(service.client.listMessageContacts({}, withToken(revoked.token)))).toBe('OK')
  await callersFile.replace(`callers:\n${entry(kept, 'kept')}`)
  const isRevoked = async () =>
    (await reasonOf(service.client.listMessageContacts({}, withToken(revoked.token)))) === 'UNAUTHENTICATED'
  await until('the token is revoked', isRevoked)
  proxy.watch((command) => {
    if (isCallCommand(command)) databaseCommands.push(command.name)
    return 'pass'
  })
})
afterAll(async () => {
  await service.stop()
  await proxy.close()
})

const token = (claims: Readonly<Record<string, unknown>> = {}) => key.token({ claims })
const seconds = () => Math.floor(Date.now() / 1000)
const validClaims = () => ({ iss: issuer, aud: audience, sub: 'a', exp: seconds() + 60, directory_id: 'rd-1' })

/** A token that is signed with the public key of the identity provider, as if that were a shared secret. */
async function hmacToken(): Promise<string> {
  const publicKey = await importJWK(rsaKey.publicJwk, 'RS256', { extractable: true })
  if (publicKey instanceof Uint8Array) throw new Error('not a public key')
  const signing = new SignJWT(validClaims()).setProtectedHeader({ alg: 'HS256', kid: rsaKey.keyId })
  return signing.sign(Buffer.from(await exportSPKI(publicKey)))
}

const bearer = async (value: string | Promise<string>) => withToken(await value)

const unauthenticated: Readonly<Record<string, () => CallOptions | Promise<CallOptions>>> = {
  'no credential': () => ({}),
  'only a directory': () => ({ directoryId: 'rd-1' }),
  'an empty authorization': () => authorizedBy(''),
  'an authorization without token': () => authorizedBy('Bearer'),
  'another scheme': () => authorizedBy('Basic dG9tOnRvbQ=='),
  'a malformed token': () => bearer('a.b.c'),
  'a cut token': async () => withToken((await token()).slice(0, -8)),
  'an expired token': () => bearer(token({ exp: seconds() - 60 })),
  'a token without expiry time': () => bearer(token({ exp: undefined })),
  'a token that is not yet valid': () => bearer(token({ nbf: seconds() + 120 })),
  'a token of another issuer': () => bearer(token({ iss: 'https://id.example.org' })),
  'a token for another audience': () => bearer(token({ aud: 'other' })),
  'the algorithm none': () => bearer(unsignedToken({ alg: 'none' }, validClaims())),
  'the algorithm HS256 with the public key': () => bearer(hmacToken()),
  'an unknown key': () => bearer(otherKey.token()),
  'the id of a known key on another one': () => bearer(otherKey.token({ header: { kid: 'k-ec' } })),
  'an unknown API token': () => bearer(createApiToken(Buffer.alloc(32, 3)).token),
  'the hash of an API token': () => bearer(`mct_${kept.sha256}`),
  'a revoked API token': () => bearer(revoked.token),
  'a token for two directories, and none named': () => bearer(token({ directory_id: ['rd-1', 'rd-2'] })),
  'a token for all directories, and none named': () => bearer(token({ directory_id: '*' })),
  'a token for no directory': () => bearer(token({ directory_id: undefined })),
  'a valid token, and a malformed directory': async () => withToken(await token(), 'rd 1'),
}

/** Each time a valid message and one that cannot be decoded: the answer must be the same. */
async function expectRefusedBefore(
  method: DescMethod,
  options: CallOptions,
  expected: (call: Promise<unknown>) => Promise<void>,
): Promise<void> {
  databaseCommands.length = 0
  for (const message of [Buffer.alloc(0), malformed])
    await expected(service.client.sendBytes(pathOf(method), message, options))
  expect(databaseCommands).toEqual([])
}

const expectDenied = (method: DescMethod) => (call: Promise<unknown>) => {
  const { action, resource } = permissionFor(method)
  return expectRefusal(call, 'PERMISSION_DENIED', {}, { action, resource })
}

/** How far an empty message gets: the reason of its refusal by the operation itself. */
const reasonFor = (method: DescMethod, options: CallOptions) =>
  reasonOf(service.client.sendBytes(pathOf(method), Buffer.alloc(0), options))

describe.each(byName)('%s', (_, method) => {
  test.each(Object.entries(unauthenticated))(
    'with %s is UNAUTHENTICATED, whatever the message',
    async (_, credential) => {
      await expectRefusedBefore(method, await credential(), (call) => expectRefusal(call, 'UNAUTHENTICATED'))
    },
  )

  test('for another directory is PERMISSION_DENIED, whatever the message', async () => {
    for (const valid of [await token({ scope: 'messagecontacts.administrator' }), kept.token])
      await expectRefusedBefore(method, withToken(valid, 'rd-2'), expectDenied(method))
  })

  test.each(roles)('by a %s is allowed, or PERMISSION_DENIED, as the contract says', async (role) => {
    const options = withToken(await token({ scope: `openid messagecontacts.${role}` }))
    if (!permissionFor(method).roles.includes(role)) return expectRefusedBefore(method, options, expectDenied(method))
    const expected = await reasonFor(method, withToken(kept.token))
    expect(await reasonFor(method, options)).toBe(expected)
    expect(['UNAUTHENTICATED', 'PERMISSION_DENIED', 'MALFORMED_REQUEST']).not.toContain(expected)
    expect(await reasonOf(service.client.sendBytes(pathOf(method), malformed, options))).toBe('MALFORMED_REQUEST')
  })

  test('without any role is PERMISSION_DENIED', async () => {
    const options = withToken(await token({ scope: 'openid' }))
    await expectRefusedBefore(method, options, expectDenied(method))
  })

  test('with all directories is allowed for the one that is named', async () => {
    const options = withToken(await token({ directory_id: '*', scope: 'messagecontacts.administrator' }), 'rd-7')
    expect(await reasonFor(method, options)).toBe(await reasonFor(method, withToken(kept.token)))
  })
})

test('nothing of the refused credentials is in the log', async () => {
  const log = service.log()
  for (const { token, sha256 } of [kept, revoked]) {
    expect(log).not.toContain(token.slice(4, 30))
    expect(log).not.toContain(sha256.slice(0, 16))
  }
  expect(log).not.toMatch(/eyJ|k-other|id\.example\.org/)
})
