import type { Caller } from '../access/caller.js'
import type { Deadline } from '../time.js'

/** What an operation knows about the call it serves. */
export interface Call {
  /** An upper-case UUID, also in the trailers of the answer. */
  readonly requestId: string
  /** The name of the RPC, such as `AddMessageContact`. */
  readonly operation: string
  readonly caller: Caller
  /** Earlier than the client's own deadline by a reserve for the answer. */
  readonly deadline: Deadline
}
