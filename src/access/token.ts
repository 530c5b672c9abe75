import { hash, timingSafeEqual } from 'node:crypto'
import { Failure } from '../errors/failure.js'
import type { Identity, Role } from './caller.js'
import type { Callers } from './callers-file.js'

/** Begins every API token, so that a token is recognized, also by those who search for leaked secrets. */
export const tokenPrefix = 'mct_'

export interface ApiToken {
  /** What the caller sends. It is kept nowhere else. */
  readonly token: string
  /** What the callers file has. */
  readonly sha256: string
}

/** Makes an API token of 32 random `bytes`. */
export function createApiToken(bytes: Buffer): ApiToken {
  if (bytes.length !== 32) throw new Error('an API token needs 32 random bytes')
  const token = `${tokenPrefix}${bytes.toString('base64url')}`
  return { token, sha256: sha256Of(token) }
}

/** The entry of a caller with an API token in the callers file. */
export function callersFileEntry(
  { sha256 }: ApiToken,
  caller: { readonly id: string; readonly directories: readonly string[]; readonly roles: readonly Role[] },
): string {
  const list = (values: readonly string[]) => (values.includes('*') ? '"*"' : `[${values.join(', ')}]`)
  return [
    `  - id: ${caller.id}`,
    `    token_sha256: ${sha256}`,
    `    directories: ${list(caller.directories)}`,
    `    roles: ${list(caller.roles)}`,
    '',
  ].join('\n')
}

const noSha256 = Buffer.alloc(32)

/** Finds the caller of an API token. Unknown and malformed tokens take the same path as known ones. */
export function authenticateToken(token: string, callers: Callers): Identity {
  const sha256 = sha256Of(token)
  const found = callers.byTokenSha256.get(sha256)
  const isEqual = timingSafeEqual(Buffer.from(sha256, 'hex'), found?.sha256 ?? noSha256)
  if (!found || !isEqual) throw new Failure('UNAUTHENTICATED')
  return found.identity
}

const sha256Of = (token: string) => hash('sha256', token, 'hex')
