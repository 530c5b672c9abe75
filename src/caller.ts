import { Failure } from './failure.js'

/** On whose behalf a call is made. The directory never comes from a message. */
export interface Caller {
  readonly directoryId: string
}

const directoryHeader = 'x-resource-directory-id'

/**
 * Tells the caller from the call's metadata: the header `x-resource-directory-id`, else the default directory where one is set.
 * `header` gives all values of a header. Throws CALLER_UNKNOWN where neither tells, or the header is unlawful or repeated.
 * Until calls are authenticated, whoever can reach the service can name any directory.
 */
export function identifyCaller(header: (name: string) => readonly string[], defaultDirectoryId?: string): Caller {
  const values = header(directoryHeader)
  const [directoryId] = values.length > 0 ? values : [defaultDirectoryId]
  if (values.length > 1 || directoryId === undefined || !isDirectoryId(directoryId)) throw new Failure('CALLER_UNKNOWN')
  return { directoryId }
}

/** 1 to 64 of `A-Z a-z 0-9 _ -`. */
export function isDirectoryId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text)
}
