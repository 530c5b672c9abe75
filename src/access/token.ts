import { hash, timingSafeEqual } from 'node:crypto'
import { Failure } from '../errors/failure.js'
import type { Identity } from './caller.js'
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

/** The entry of a caller with an API token in the callers file. All texts are in quotes: without them, `123` would be a number. */
export function callersFileEntry(
  { sha256 }: ApiToken,
  { id, directories, roles }: Pick<Identity, 'id' | 'directories' | 'roles'>,
): string {
  const yaml = (value: string | readonly string[]) => JSON.stringify(value).replaceAll('","', '", "')
  return [
    `  - id: ${yaml(id)}`,
    `    token_sha256: ${yaml(sha256)}`,
    `    directories: ${yaml(directories)}`,
    `    roles: ${yaml(roles)}`,
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
