import { beforeAll } from 'vitest'
import { type Callers, noCallers } from '../../../src/access/callers-file.js'
import { JwtAuthenticator } from '../../../src/access/jwt.js'
import { type KeySet, parseJwks } from '../../../src/access/signing-keys.js'
import { Failure } from '../../../src/errors/failure.js'
import { readAccess } from './authentication.js'
import { jwksOf, jwtEnvironment, TokenIssuer } from './token-issuer.js'

// An authenticator of JWTs whose time, keys and callers a test changes.

export const startTime = Date.UTC(2097, 2, 29, 12)
export const nowSeconds = startTime / 1000

/** Made before the tests of the file. */
export let issuers: Readonly<Record<'ec' | 'rsa' | 'pss' | 'ed' | 'other', TokenIssuer>>
beforeAll(async () => {
  const [ec, rsa, pss, ed, other] = await Promise.all([
    TokenIssuer.create('k-ec', 'ES256'),
    TokenIssuer.create('k-rsa', 'RS256'),
    TokenIssuer.create('k-pss', 'PS256'),
    TokenIssuer.create('k-ed', 'EdDSA'),
    TokenIssuer.create('k-other', 'ES256'),
  ])
  issuers = { ec, rsa, pss, ed, other }
})

interface Scenario {
  readonly environment?: Readonly<Record<string, string>>
  readonly callers?: Callers
}

export function jwtScenario({ environment = {}, callers = noCallers }: Scenario = {}) {
  const state = { now: startTime, callers, verifications: 0, keySet: undefined as KeySet | undefined }
  const use = (...all: readonly TokenIssuer[]) => {
    const keySet = parseJwks(jwksOf(...all))
    state.keySet = (header, token) => {
      state.verifications += 1
      return keySet(header, token)
    }
  }
  use(issuers.ec, issuers.rsa, issuers.pss, issuers.ed)
  const authenticator = new JwtAuthenticator({
    settings: readAccess({ ...jwtEnvironment, JWT_JWKS: 'f', ...environment }),
    keys: {
      get current() {
        return state.keySet
      },
      refreshForUnknownKey: async () => {},
    },
    callers: () => state.callers,
    now: () => state.now,
  })
  const authenticate = async (token: string) => authenticator.authenticate(token)
  const outcome = (token: string) =>
    authenticate(token).then(
      () => 'OK',
      (error: unknown) => (error instanceof Failure ? error.reason : error),
    )
  return { state, use, authenticator, authenticate, outcome }
}

/** A token with these differences from a valid one. */
export const tokenWith = (claims: Readonly<Record<string, unknown>> = {}) =>
  issuers.ec.token({ claims, now: startTime })
