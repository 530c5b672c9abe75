import { Failure } from '../errors/failure.js'
import { type Caller, directoryIdPattern } from './caller.js'
import type { AccessSettings } from './settings.js'

/** What a transport knows about the caller of a call. */
export interface Credentials {
  /** All values of a request header; `name` in lower case. */
  readonly header: (name: string) => readonly string[]
}

/** Finds the caller of a call. Fails with UNAUTHENTICATED if there is none or it cannot be trusted. */
export type Authenticate = (credentials: Credentials) => Promise<Caller> | Caller

const directoryHeader = 'x-resource-directory-id'

/**
 * Authenticates by the header `x-resource-directory-id`, or as DEFAULT_DIRECTORY_ID if the header is absent.
 * A repeated or malformed header is UNAUTHENTICATED. Anyone who can reach the service can name any directory.
 */
export function createHeaderAuthentication({ DEFAULT_DIRECTORY_ID }: AccessSettings): Authenticate {
  return ({ header }) => {
    const values = header(directoryHeader)
    const [directoryId] = values.length > 0 ? values : [DEFAULT_DIRECTORY_ID]
    if (values.length > 1 || directoryId === undefined || !directoryIdPattern.test(directoryId))
      throw new Failure('UNAUTHENTICATED')
    return { id: directoryId, directoryId }
  }
}
