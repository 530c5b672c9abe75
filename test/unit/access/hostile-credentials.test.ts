import fc from 'fast-check'
import { pino } from 'pino'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Authenticate, type Credentials, createAuthentication } from '../../../src/access/authenticate.js'
import type { Identity } from '../../../src/access/caller.js'
import { callerIdPattern } from '../../../src/access/caller.js'
import { parseCallers } from '../../../src/access/callers-file.js'
import { parseJwks } from '../../../src/access/signing-keys.js'
import { createApiToken } from '../../../src/access/token.js'
import { toFailure } from '../../../src/errors/failure.js'
import { LogObserver } from '../../../src/telemetry/log.js'
import { credentials, noSources, readAccess } from '../../support/access/authentication.js'
import { jwksOf, jwtEnvironment, TokenIssuer, unsignedToken } from '../../support/access/token-issuer.js'

/** Stands in every credential, and must not stand in any log line. */
const secret = 'known-to-nobody-7'

const { token, sha256 } = createApiToken(Buffer.alloc(32, 1))
const callers = parseCallers(
  Buffer.from(`
callers:
  - { id: console, token_sha256: ${sha256}, directories: [rd-1], roles: [editor] }
  - { id: notifier, spiffe: spiffe://example.org/notifier, directories: "*", roles: [reader] }
`),
)

let issuer: TokenIssuer
let authenticate: Authenticate
beforeAll(async () => {
  issuer = await TokenIssuer.create('k-1')
  const settings = readAccess({
    ...jwtEnvironment,
    AUTHENTICATION: 'jwt,mtls,token,header',
    CALLERS_FILE: 'f',
    JWT_JWKS: 'f',
  })
  const keys = { current: parseJwks(jwksOf(issuer)), refreshForUnknownKey: async () => {} }
  authenticate = createAuthentication(settings, { ...noSources, callers: () => callers, keys })
})

/** What comes of a call with these credentials, and what is logged about it. */
async function attempt(of: Credentials): Promise<{ identity?: Identity; reason?: string; log: string }> {
  const lines: string[] = []
  const observer = new LogObserver(pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(line) }))
  try {
    return { identity: await authenticate(of), log: '' }
  } catch (error) {
    const { reason, context } = toFailure(error)
    const call = { requestId: 'r-1', path: '/service/Method', durationMs: 1, cancelled: false }
    observer.callEnded({ ...call, reason, cause: context.cause })
    return { reason, log: lines.join('') }
  }
}

async function expectRefusal(of: Credentials): Promise<void> {
  const { reason, identity, log } = await attempt(of)
  expect({ reason, identity }).toEqual({ reason: 'UNAUTHENTICATED', identity: undefined })
  expect(log).not.toContain(secret)
}

const directory = { 'x-resource-directory-id': 'rd-1' }
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String(), fc.constant(secret))
const textWithSecret = fc.tuple(text, text).map(([before, after]) => `${before}${secret}${after}`)

describe('a hostile call is UNAUTHENTICATED, and its credentials are not in the log', () => {
  test('with any authorization', async () => {
    const prefix = fc.constantFrom('', 'Bearer ', 'bearer ', 'Basic ', 'Bearer mct_', `Bearer ${token}`, 'Bearer a.b.')
    await fc.assert(
      fc.asyncProperty(prefix, textWithSecret, (before, value) =>
        expectRefusal(credentials({ ...directory, authorization: `${before}${value}` })),
      ),
      { numRuns: 500 },
    )
  })

  test('with a token of any header, any claims and any signature', async () => {
    const json = fc.jsonValue({ maxDepth: 2 })
    const header = fc.dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'zip'), json)
    const alg = fc.constantFrom('ES256', 'RS256', 'none', 'HS256', 'EdDSA', 'dir', secret)
    const kid = fc.constantFrom('k-1', secret, '', '__proto__', 'constructor')
    const claims = fc.dictionary(fc.constantFrom('iss', 'aud', 'sub', 'exp', 'nbf', 'scope', 'directory_id'), json)
    await fc.assert(
      fc.asyncProperty(header, alg, kid, claims, text, (others, alg, kid, body, signature) => {
        const value = unsignedToken({ kid, alg, ...others }, { ...body, secret }, signature)
        return expectRefusal(
          credentials({ ...directory, authorization: `Bearer ${value.replace(/[^\x21-\x7e]/g, '')}` }),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('with any names in its certificate', async () => {
    const names = fc.array(fc.tuple(fc.constantFrom('DNS:', 'URI:', 'DirName:', 'URI:"', ''), textWithSecret))
    await fc.assert(
      fc.asyncProperty(names, (entries) => expectRefusal(credentials(directory, entries.flat().join(', ')))),
      { numRuns: 500 },
    )
  })
})

describe('a token of the identity provider', () => {
  test('with any claims is UNAUTHENTICATED, or gives an id, directories and roles that may be logged', async () => {
    const claim = fc.oneof(fc.jsonValue({ maxDepth: 2 }), text, fc.array(text), fc.constantFrom('*', 'rd-1', 'billing'))
    const claims = fc.dictionary(fc.constantFrom('sub', 'scope', 'directory_id', 'iat', 'jti', 'nbf'), claim)
    await fc.assert(
      fc.asyncProperty(claims, async (body) => {
        const authorization = `Bearer ${await issuer.token({ claims: body })}`
        const { identity, reason } = await attempt(credentials({ authorization }))
        expect([identity === undefined, reason]).toEqual(identity ? [false, undefined] : [true, 'UNAUTHENTICATED'])
        if (!identity) return
        expect(identity.id).toMatch(callerIdPattern)
        if (identity.directories !== '*')
          for (const directoryId of identity.directories) expect(directoryId).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
      }),
      { numRuns: 200 },
    )
  })
})
