/** On whose behalf a call is made. */
export interface Caller {
  /** Stands in the write stamp of what the caller changes. */
  readonly id: string
  /** The resource directory that the call reads and writes. It never comes from a message. */
  readonly directoryId: string
}

/** What a resource directory id looks like: 1 to 64 of `A-Z a-z 0-9 _ -`. */
export const directoryIdPattern = /^[A-Za-z0-9_-]{1,64}$/
