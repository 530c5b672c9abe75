import type { Call } from './call.js'

/** The last write of a document: it tells whose write is stored after an answer of the database was lost. */
export interface WriteStamp {
  /** Of the call; of a delivery, an id of its own. */
  readonly requestId: string
  readonly operation: string
  /** The id of the caller. */
  readonly caller: string
  readonly date: Date
}

/** The stamp of a call's write. */
export const stampOf = ({ requestId, operation, caller }: Call, date: Date): WriteStamp => ({
  requestId,
  operation,
  caller: caller.id,
  date,
})
