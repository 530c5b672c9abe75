/** The id of a caller. It stands in the log and in write stamps. */
export const callerIdPattern = /^[A-Za-z0-9][A-Za-z0-9_.:|/-]{0,127}$/

/** What a caller may do, as a set of actions; the contract says for each operation which roles include it. */
export const roles = ['reader', 'editor', 'verifier', 'administrator'] as const
export type Role = (typeof roles)[number]

/** How a caller was authenticated. */
export type Via = 'jwt' | 'mtls' | 'token' | 'header'

/** Who makes a call, before it is known for which directory. */
export interface Identity {
  /** Stands in the audit log and in write stamps. Never a mail address or a phone number. */
  readonly id: string
  readonly via: Via
  /** The resource directories that the caller may name; `*` stands for all. */
  readonly directories: readonly string[] | '*'
  readonly roles: readonly Role[]
  /** Instead of CALLS_PER_SECOND_PER_CALLER. */
  readonly callsPerSecond?: number | undefined
}

/** On whose behalf a call is served. */
export interface Caller {
  /** Stands in the write stamp of what the caller changes. */
  readonly id: string
  /** The resource directory that the call reads and writes. It never comes from a message. */
  readonly directoryId: string
}

/** What a resource directory id looks like: 1 to 64 of `A-Z a-z 0-9 _ -`. */
export const directoryIdPattern = /^[A-Za-z0-9_-]{1,64}$/
