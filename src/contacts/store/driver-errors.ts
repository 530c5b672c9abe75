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
 * What became of one document of an unordered insert:
 * - `written`: on a majority, journaled
 * - `refused`: a unique index has another document in the way, or an earlier attempt of this very one
 * - `unsent`: no server was found to send it to
 * - `uncertain`: sent, and then nothing certain was heard
 * - `failed`: not written, for a reason that is no caller's fault
 */
export type Insertion = { readonly kind: 'written' | 'refused' } | Unheard

interface Unheard {
  readonly kind: 'unsent' | 'uncertain' | 'failed'
  readonly cause: unknown
}

const written: Insertion = { kind: 'written' }
const refused: Insertion = { kind: 'refused' }

const duplicateKey = 11000

/**
 * Server codes that say the member is stepping down, stopping, interrupted, overloaded or out of time: such a command may have been carried out;
 * or that it conflicts with another one (112), so that it may be tried again. The numbers are the server's error_codes.yml; those the driver
 * repeats by itself are among them.
 */
const passing = new Set([
  6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 262, 462, 9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
])

/** Node's codes for a connection that is gone. */
const connectionGone = new Set([
  ...['EPIPE', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'ENETDOWN', 'ENETUNREACH', 'EHOSTUNREACH'],
  ...['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'],
])

/**
 * What an insertMany that threw did to each of its `count` documents.
 *
 * The driver's bulk error is not to be taken at its word: with a write concern error its `writeErrors` is empty although some were refused
 * (`result.getWriteErrors()` is right), and a lost connection lists every document as inserted. The error underneath is its `errorResponse`.
 * Never log the error: it holds whole documents.
 */
export function insertionsAfter(error: unknown, count: number): Insertion[] {
  const all = (insertion: Insertion) => Array.from({ length: count }, () => insertion)
  const cause =
    error instanceof MongoBulkWriteError && error.errorResponse instanceof Error ? error.errorResponse : error
  if (isSelectionTimeout(cause)) return all({ kind: 'unsent', cause })
  if (!(error instanceof MongoBulkWriteError))
    return all({ kind: isPassing(error) ? 'uncertain' : 'failed', cause: error })
  const writeErrors = error.result.getWriteErrors()
  const unconfirmed = error.result.getWriteConcernError() !== undefined
  if (writeErrors.length === 0 && !unconfirmed && !isPassing(cause) && !isPassing(error))
    return all({ kind: 'failed', cause: error })
  const insertions = all(writeErrors.length > 0 && !unconfirmed ? written : { kind: 'uncertain', cause })
  for (const { index, code } of writeErrors) insertions[index] = afterWriteError(code)
  return insertions
}

/**
 * What became of a write of one document:
 * - `written`: on a majority, journaled
 * - `missed`: there was no such document
 * - `nameTaken`: the unique index of names has another document in the way
 * - `unsent`, `uncertain`, `failed`: as with an Insertion
 */
export type SingleWrite =
  | { readonly kind: 'written' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'nameTaken' }
  | Unheard

/**
 * What a replaceOne or deleteOne that threw did to its document. Of what a change writes, only the name is under a unique index.
 * A write that was refused may be unconfirmed as well: then the driver speaks of that alone, and the refusal stands in the reply it keeps.
 */
export function afterSingleWrite(error: unknown): SingleWrite {
  if (isSelectionTimeout(error)) return { kind: 'unsent', cause: error }
  if (error instanceof MongoServerError && (error['writeErrors']?.[0] ?? error).code === duplicateKey)
    return { kind: 'nameTaken' }
  return { kind: isPassing(error) ? 'uncertain' : 'failed', cause: error }
}

function afterWriteError(code: number): Insertion {
  if (code === duplicateKey) return refused
  return { kind: passing.has(code) ? 'uncertain' : 'failed', cause: new MongoServerError({ code }) }
}

/**
 * No server to be found before anything was sent. Only the first search has the operation's own time limit;
 * a search before a repeat fails as a plain MongoServerSelectionError, and by then something may have been written.
 */
function isSelectionTimeout(error: unknown): boolean {
  return error instanceof MongoOperationTimeoutError && error.cause instanceof MongoServerSelectionError
}

/**
 * True where the database could not be reached, or not in time: it will pass without anybody's doing.
 * So it is with every error of the driver, but for what the server refused with another code, and for calls the driver would not take.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof MongoWriteConcernError) return true
  if (error instanceof MongoServerError) return passing.has(Number(error.code))
  // Where a socket fails while the driver waits to write on, it hands on Node's own error.
  if (error instanceof Error && 'code' in error && connectionGone.has(String(error.code))) return true
  return error instanceof MongoError && (!(error instanceof MongoAPIError) || isClosed(error))
}

function isClosed(error: MongoAPIError): boolean {
  return [MongoNotConnectedError, MongoTopologyClosedError, MongoClientClosedError, MongoExpiredSessionError].some(
    (kind) => error instanceof kind,
  )
}
