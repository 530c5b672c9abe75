import { Failure } from '../errors/failure.js'
import { directoryIdPattern, type Identity, type Via } from './caller.js'
import type { Callers } from './callers-file.js'
import { JwtAuthenticator } from './jwt.js'
import { authenticateCertificate } from './mtls.js'
import type { AccessSettings } from './settings.js'
import type { SigningKeys } from './signing-keys.js'
import { authenticateToken, tokenPrefix } from './token.js'

/** What a transport knows about the caller of a call. */
export interface Credentials {
  /** All values of a request header; `name` in lower case. */
  readonly header: (name: string) => readonly string[]
  /** The certificate of the client, if TLS has verified it and it is still trusted. */
  readonly certificate: () => { readonly subjectAltName: string } | undefined
}

/** Finds out who calls. Fails with UNAUTHENTICATED if there is no credential or an invalid one, and never says what is wrong with it. */
export type Authenticate = (credentials: Credentials) => Promise<Identity> | Identity

/** Undefined if a call has no credential of this kind. Fails with UNAUTHENTICATED if it has an invalid one. */
type Method = (credentials: Credentials) => Promise<Identity> | Identity | undefined

/** What credentials are compared with. */
export interface CredentialSources {
  readonly callers: () => Callers
  /** The keys of `jwt`. */
  readonly keys: SigningKeys
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const directoryHeader = 'x-resource-directory-id'

/** The headers that `Credentials.header` is asked for. A transport must not drop a value of them: what is invalid is not absent. */
export const credentialHeaders: readonly string[] = ['authorization', directoryHeader]

/** Authenticates calls by the methods of AUTHENTICATION: the first one whose credential the call has decides. */
export function createAuthentication(settings: AccessSettings, sources: CredentialSources): Authenticate {
  const { callers } = sources
  const jwt = new JwtAuthenticator({ settings, ...sources })
  const all: Readonly<Record<Via, Method>> = {
    jwt: ({ header }) => {
      const value = bearerValue(header)
      return value === undefined || value.startsWith(tokenPrefix) ? undefined : jwt.authenticate(value)
    },
    mtls: ({ certificate }) => {
      const presented = certificate()
      return presented && authenticateCertificate(presented.subjectAltName, callers())
    },
    token: ({ header }) => {
      const value = bearerValue(header)
      return value?.startsWith(tokenPrefix) ? authenticateToken(value, callers()) : undefined
    },
    header: headerMethod(settings),
  }
  const methods = settings.AUTHENTICATION.map((via) => all[via])
  return (credentials) => {
    for (const method of methods) {
      const identity = method(credentials)
      if (identity) return identity
    }
    throw new Failure('UNAUTHENTICATED')
  }
}

/** The credential of the header `authorization`; undefined if there is no such header. An empty text is never valid. */
function bearerValue(header: Credentials['header']): string | undefined {
  const [value, ...others] = header('authorization')
  if (value === undefined) return undefined
  return others.length === 0 ? (/^Bearer ([\x21-\x7e]+)$/i.exec(value)?.[1] ?? '') : ''
}

/** The directory that a call names, or undefined if it names none. A repeated or malformed header is UNAUTHENTICATED. */
export function namedDirectory({ header }: Pick<Credentials, 'header'>): string | undefined {
  const values = header(directoryHeader)
  const [directoryId] = values
  if (directoryId === undefined) return undefined
  if (values.length > 1 || !directoryIdPattern.test(directoryId)) throw new Failure('UNAUTHENTICATED')
  return directoryId
}

/** Believes the header `x-resource-directory-id`: anyone who can reach the service can name any directory and do everything in it. */
function headerMethod({ AUTHENTICATION, DEFAULT_DIRECTORY_ID }: AccessSettings): Method {
  const isBearerUsed = AUTHENTICATION.includes('jwt') || AUTHENTICATION.includes('token')
  return (credentials) => {
    // A credential of another kind than those that are used is invalid, not absent.
    if (isBearerUsed && credentials.header('authorization').length > 0) throw new Failure('UNAUTHENTICATED')
    const directoryId = namedDirectory(credentials) ?? DEFAULT_DIRECTORY_ID
    return directoryId === undefined
      ? undefined
      : { id: directoryId, via: 'header', directories: [directoryId], roles: ['administrator'] }
  }
}
