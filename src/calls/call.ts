import type { Caller } from '../access/caller.js'
import type { Deadline } from '../time.js'

/** What an operation knows about the call it serves. */
export interface Call {
  /** An upper-case UUID, also in the trailers of the answer. */
  readonly requestId: string
  /** The span of the call, in the form of the header `traceparent`. Absent if the call is not traced. */
  readonly traceparent?: string | undefined
  /** The name of the RPC, such as `AddMessageContact`. */
  readonly operation: string
  readonly caller: Caller
  /** Earlier than the client's own deadline by a reserve for the answer. */
  readonly deadline: Deadline
}

/** A call as an operation gets it. */
export interface OperationCall extends Call {
  /** Says which contact the call is about, for the audit log. The id must have been checked: what a caller sends may be anything. */
  readonly noteContact: (contactId: string) => void
}
