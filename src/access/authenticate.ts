import { Failure } from '../errors/failure.js'
import { directoryIdPattern, type Identity } from './caller.js'
import type { AccessSettings } from './settings.js'

/** What a transport knows about the caller of a call. */
export interface Credentials {
  /** All values of a request header; `name` in lower case. */
  readonly header: (name: string) => readonly string[]
}

/** Finds out who makes a call. Fails with UNAUTHENTICATED if nobody says so, or the credential cannot be trusted. */
export type Authenticate = (credentials: Credentials) => Promise<Identity> | Identity

const directoryHeader = 'x-resource-directory-id'

/** The directory that a call names, or undefined if it names none. A repeated or malformed header is UNAUTHENTICATED. */
export function namedDirectory({ header }: Pick<Credentials, 'header'>): string | undefined {
  const values = header(directoryHeader)
  const [directoryId] = values
  if (directoryId === undefined) return undefined
  if (values.length > 1 || !directoryIdPattern.test(directoryId)) throw new Failure('UNAUTHENTICATED')
  return directoryId
}

/**
 * Authenticates by the header `x-resource-directory-id`, or as DEFAULT_DIRECTORY_ID if the header is absent.
 * Anyone who can reach the service can name any directory and do everything in it.
 */
export function createHeaderAuthentication({
  DEFAULT_DIRECTORY_ID,
}: Pick<AccessSettings, 'DEFAULT_DIRECTORY_ID'>): Authenticate {
  return (credentials) => {
    const directoryId = namedDirectory(credentials) ?? DEFAULT_DIRECTORY_ID
    if (directoryId === undefined) throw new Failure('UNAUTHENTICATED')
    return { id: directoryId, via: 'header', directories: [directoryId], roles: ['administrator'] }
  }
}
