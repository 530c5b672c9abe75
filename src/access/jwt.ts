import { hash } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { Failure } from '../errors/failure.js'
import { callerIdPattern, directoryIdPattern, type Identity, roles } from './caller.js'
import type { Callers } from './callers-file.js'
import type { AccessSettings } from './settings.js'
import type { KeySet, SigningKeys } from './signing-keys.js'

export interface JwtOptions {
  readonly settings: AccessSettings
  readonly keys: SigningKeys
  readonly callers: () => Callers
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A token whose signature and claims were valid. */
interface VerifiedToken {
  readonly subject: string
  /** For a caller whom the callers file does not list. */
  readonly identity: Identity
  /** Milliseconds since the epoch. */
  readonly expiryTime: number
}

/** Several hundred bytes each. Only valid tokens take memory. */
const maxVerifiedTokens = 10_000

/** Finds the callers of tokens of the identity provider. */
export class JwtAuthenticator {
  readonly #options: JwtOptions
  /** By the hash of the token. Valid with `#keySet` only, so that a key that was removed is no longer accepted. */
  #verified = new Map<string, VerifiedToken>()
  #keySet: KeySet | undefined

  constructor(options: JwtOptions) {
    this.#options = options
  }

  /** Fails with UNAUTHENTICATED if the token is not valid. A token that was verified before is answered at once. */
  authenticate(token: string): Identity | Promise<Identity> {
    const { keys, now } = this.#options
    if (keys.current !== this.#keySet) {
      this.#keySet = keys.current
      this.#verified = new Map()
    }
    const key = hash('sha256', token, 'base64')
    const known = this.#verified.get(key)
    if (known && now() < known.expiryTime) return this.#identityOf(known)
    this.#verified.delete(key)
    return this.#verify(token, key)
  }

  async #verify(token: string, key: string): Promise<Identity> {
    try {
      const keySet = this.#keySet
      const verified = await this.#verifyWith(keySet, token)
      // Keys that came meanwhile may not include the one of this token.
      if (keySet === this.#keySet) this.#remember(key, verified)
      return this.#identityOf(verified)
    } catch (cause) {
      throw new Failure('UNAUTHENTICATED', { cause })
    }
  }

  async #verifyWith(keySet: KeySet | undefined, token: string): Promise<VerifiedToken> {
    const { keys } = this.#options
    try {
      return await this.#verifyOnce(keySet, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await keys.refreshForUnknownKey()
      if (keys.current === keySet) throw error
      return this.#verifyOnce(keys.current, token)
    }
  }

  async #verifyOnce(keySet: KeySet = noKeys, token: string): Promise<VerifiedToken> {
    const { settings, now } = this.#options
    const { payload } = await jwtVerify(token, keySet, {
      issuer: settings.JWT_ISSUER ?? [],
      audience: settings.JWT_AUDIENCE ?? [],
      algorithms: [...settings.JWT_ALGORITHMS],
      clockTolerance: settings.JWT_CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now()),
    })
    return toVerifiedToken(payload, settings)
  }

  #remember(key: string, verified: VerifiedToken) {
    const [oldest] = this.#verified.keys()
    if (oldest !== undefined && this.#verified.size >= maxVerifiedTokens) this.#verified.delete(oldest)
    this.#verified.set(key, verified)
  }

  /** The callers file is asked for each call, because it may have changed. */
  #identityOf({ subject, identity }: VerifiedToken): Identity {
    const callers = this.#options.callers()
    const listed = callers.byJwtSubject.get(subject)
    if (listed) return listed
    // Two callers with one id would share limits, and could not be told apart in the audit log.
    return callers.ids.has(identity.id) ? { ...identity, id: hashedId(subject) } : identity
  }
}

const noKeys: KeySet = () => Promise.reject(new errors.JWKSNoMatchingKey())

function toVerifiedToken(claims: JWTPayload, settings: AccessSettings): VerifiedToken {
  const { sub: subject, exp = 0 } = claims
  if (typeof subject !== 'string' || subject === '') throw new errors.JWTInvalid()
  return {
    subject,
    identity: {
      id: callerIdOf(subject),
      via: 'jwt',
      directories: directoriesOf(claims[settings.JWT_DIRECTORY_CLAIM]),
      roles: rolesOf(claims[settings.JWT_ROLES_CLAIM]),
    },
    expiryTime: (exp + settings.JWT_CLOCK_SKEW_SECONDS) * 1000,
  }
}

/** A subject can be a mail address or a phone number, which must not stand in a log. */
export const callerIdOf = (subject: string): string =>
  callerIdPattern.test(subject) && /[A-Za-z]/.test(subject) && !subject.startsWith(hashPrefix)
    ? subject
    : hashedId(subject)

const hashPrefix = 'jwt:'
const hashedId = (subject: string) => `${hashPrefix}${hash('sha256', subject, 'hex').slice(0, 16)}`

function directoriesOf(claim: unknown): Identity['directories'] {
  const values = textsOf(claim)
  return values.length === 1 && values[0] === '*' ? '*' : values.filter((value) => directoryIdPattern.test(value))
}

function rolesOf(claim: unknown): Identity['roles'] {
  const values = textsOf(claim).flatMap((text) => text.split(' '))
  return roles.filter((role) => values.includes(`messagecontacts.${role}`))
}

const textsOf = (claim: unknown): string[] =>
  (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === 'string')
