import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** What the service accepts in tests. */
export const issuer = 'https://id.example.com'
export const audience = 'message-contacts'

/** Settings with which the tokens of a TokenIssuer are valid, without JWT_JWKS. */
export const jwtEnvironment = { AUTHENTICATION: 'jwt', JWT_ISSUER: issuer, JWT_AUDIENCE: audience }

export interface TokenOptions {
  /** Differences from a token that is valid from 1 minute before `now` to 10 minutes after it; undefined removes a claim. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly now?: number
}

/** A key of an identity provider, and the tokens that it signs. */
export class TokenIssuer {
  readonly keyId: string
  readonly algorithm: string
  readonly publicJwk: JWK
  readonly #privateKey: Parameters<SignJWT['sign']>[0]

  private constructor(keyId: string, algorithm: string, publicJwk: JWK, privateKey: Parameters<SignJWT['sign']>[0]) {
    this.keyId = keyId
    this.algorithm = algorithm
    this.publicJwk = publicJwk
    this.#privateKey = privateKey
  }

  static async create(keyId: string, algorithm = 'ES256'): Promise<TokenIssuer> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm)
    const publicJwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' }
    return new TokenIssuer(keyId, algorithm, publicJwk, privateKey)
  }

  token({ claims = {}, header = {}, now = Date.now() }: TokenOptions = {}): Promise<string> {
    const seconds = Math.floor(now / 1000)
    const defaults = {
      iss: issuer,
      aud: audience,
      sub: 'billing',
      iat: seconds - 60,
      nbf: seconds - 60,
      exp: seconds + 600,
      directory_id: 'rd-1',
      scope: 'messagecontacts.reader',
    }
    const protectedHeader = { alg: this.algorithm, kid: this.keyId, ...header }
    return new SignJWT({ ...defaults, ...claims }).setProtectedHeader(protectedHeader).sign(this.#privateKey)
  }
}

export const jwksOf = (...issuers: readonly TokenIssuer[]): string =>
  JSON.stringify({ keys: issuers.map(({ publicJwk }) => publicJwk) })

/** An unsigned token (`none`), or one with any header and signature. */
export const unsignedToken = (header: object, claims: object, signature = ''): string =>
  [...[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), signature].join('.')
