import {
  MongoAPIError,
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoExpiredSessionError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb'

/**
 * The outcome of the write of one document:
 * - `written`: on a majority, in the journals
 * - `unmatched`: no document meets the condition of the write
 * - `duplicate`: a unique index holds another document with the same key, or an earlier attempt of this very one
 * - `unsent`: no server was found to send it to
 * - `unknown`: sent, and then nothing certain was heard
 * - `failed`: not written, for a reason that is no caller's fault
 */
export type WriteOutcome = { readonly kind: 'written' | 'unmatched' | 'duplicate' } | UnsuccessfulWrite

interface UnsuccessfulWrite {
  readonly kind: 'unsent' | 'unknown' | 'failed'
  readonly cause: unknown
}

const written: WriteOutcome = { kind: 'written' }
const duplicate: WriteOutcome = { kind: 'duplicate' }

export const duplicateKeyCode = 11000

/**
 * Server codes that say the member is stepping down, stopping, interrupted, overloaded or out of time: such a command may have been carried out;
 * or that it conflicts with another one (112), so that it may be attempted again. The numbers are those of the server's error_codes.yml; the ones
 * that the driver repeats by itself are among them.
 */
const unavailableCodes = new Set([
  6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 262, 462, 9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
])

/** Node's codes for a lost connection. */
const connectionLostCodes = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
])

/**
 * What an unordered insertMany that threw did to each of its `count` documents.
 *
 * The driver's bulk error must be read with care: with a write concern error its `writeErrors` is empty although some documents were refused
 * (`result.getWriteErrors()` is right), and after a lost connection it lists every document as inserted. The underlying error is its `errorResponse`.
 * Never log the error: it contains whole documents.
 */
export function insertOutcomes(error: unknown, count: number): WriteOutcome[] {
  const all = (outcome: WriteOutcome) => Array.from({ length: count }, () => outcome)
  const cause =
    error instanceof MongoBulkWriteError && error.errorResponse instanceof Error ? error.errorResponse : error
  if (isSelectionTimeout(cause)) return all({ kind: 'unsent', cause })
  if (!(error instanceof MongoBulkWriteError))
    return all({ kind: isUnavailable(error) ? 'unknown' : 'failed', cause: error })
  const writeErrors = error.result.getWriteErrors()
  const isUnconfirmed = error.result.getWriteConcernError() !== undefined
  if (writeErrors.length === 0 && !isUnconfirmed && !isUnavailable(cause) && !isUnavailable(error))
    return all({ kind: 'failed', cause: error })
  const outcomes = all(writeErrors.length > 0 && !isUnconfirmed ? written : { kind: 'unknown', cause })
  for (const { index, code } of writeErrors) outcomes[index] = outcomeOfWriteError(code)
  return outcomes
}

function outcomeOfWriteError(code: number): WriteOutcome {
  if (code === duplicateKeyCode) return duplicate
  return { kind: unavailableCodes.has(code) ? 'unknown' : 'failed', cause: new MongoServerError({ code }) }
}

/**
 * What a replaceOne or deleteOne that threw did to its document. A write that was refused may be unconfirmed as well: then the driver reports
 * only that, and the refusal is in the reply that the error keeps.
 */
export function singleWriteOutcome(error: unknown): WriteOutcome {
  if (isSelectionTimeout(error)) return { kind: 'unsent', cause: error }
  if (error instanceof MongoServerError && (error['writeErrors']?.[0] ?? error).code === duplicateKeyCode)
    return duplicate
  return { kind: isUnavailable(error) ? 'unknown' : 'failed', cause: error }
}

/**
 * True if no server was found before anything was sent. Only the first search for a server has the operation's own time limit; a search before
 * a repetition fails as a plain MongoServerSelectionError, and by then something may have been written.
 */
function isSelectionTimeout(error: unknown): boolean {
  return error instanceof MongoOperationTimeoutError && error.cause instanceof MongoServerSelectionError
}

/**
 * True if the database could not be reached, or not in time, which passes without intervention. That holds for every error of the driver
 * except codes with which the server refused the command, and wrong use of the driver.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoWriteConcernError) return true
  if (error instanceof MongoServerError) return unavailableCodes.has(Number(error.code))
  // If a socket fails while the driver waits to write on, the driver passes on Node's own error.
  if (error instanceof Error && 'code' in error && connectionLostCodes.has(String(error.code))) return true
  return error instanceof MongoError && (!(error instanceof MongoAPIError) || isClosedError(error))
}

function isClosedError(error: MongoAPIError): boolean {
  return [MongoNotConnectedError, MongoTopologyClosedError, MongoClientClosedError, MongoExpiredSessionError].some(
    (kind) => error instanceof kind,
  )
}
