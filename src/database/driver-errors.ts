import {
  type Document,
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
 * - `unsent`: surely not executed, and worth a repetition: no server was found to send it to, or the server says so
 * - `unknown`: sent, and then nothing certain was heard
 * - `failed`: not written, for a reason that is no caller's fault
 */
export type WriteOutcome = { readonly kind: 'written' | 'unmatched' | 'duplicate' } | UnsuccessfulWrite

interface UnsuccessfulWrite {
  readonly kind: 'unsent' | 'unknown' | 'failed'
  readonly cause: unknown
}

const written: WriteOutcome = { kind: 'written' }
const unmatched: WriteOutcome = { kind: 'unmatched' }
const duplicate: WriteOutcome = { kind: 'duplicate' }

export const duplicateKeyCode = 11000

/**
 * Server codes with which a command was surely not executed, and will not be if it is repeated: it is malformed, not allowed, or breaks a rule.
 * The numbers are those of the server's error_codes.yml.
 */
const rejectedCodes = new Set([
  2, // BadValue
  4, // NoSuchKey
  9, // FailedToParse
  13, // Unauthorized
  14, // TypeMismatch
  16, // InvalidLength
  18, // AuthenticationFailed
  20, // IllegalOperation
  28, // PathNotViable
  40, // ConflictingUpdateOperators
  52, // DollarPrefixedFieldName
  55, // InvalidDBRef
  57, // DottedFieldName
  59, // CommandNotFound
  61, // ShardKeyNotFound
  66, // ImmutableField
  67, // CannotCreateIndex
  72, // InvalidOptions
  73, // InvalidNamespace
  85, // IndexOptionsConflict
  86, // IndexKeySpecsConflict
  115, // CommandNotSupported
  121, // DocumentValidationFailure
  8000, // AtlasError: not allowed
  10334, // BSONObjectTooLarge
  17280, // KeyTooLong
  17420, // document after update is too large
  40415, // unknown field in a command
])

/**
 * The server says so itself if none of a command's writes was executed. The driver gives an error with this label only if that holds for every
 * time that it sent the command. A code alone says nothing about that: an earlier copy, whose reply was lost, may have been executed.
 */
const notExecutedLabel = 'NoWritesPerformed'

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
  if (!(error instanceof MongoBulkWriteError)) return all(outcomeOfError(error))
  const { result } = error
  const writeErrors = result.getWriteErrors()
  const isUnconfirmed = result.getWriteConcernError() !== undefined
  if (writeErrors.length === 0 && !isUnconfirmed) return all(outcomeOfError(cause))
  // Not having an error is not enough: a command that broke off reports only what it came to.
  const areAllReported = result.insertedCount + writeErrors.length === count
  const outcomes = all(areAllReported && !isUnconfirmed ? written : { kind: 'unknown', cause })
  for (const { index, code } of writeErrors)
    outcomes[index] = code === duplicateKeyCode ? duplicate : outcomeOfError(new MongoServerError({ code }))
  return outcomes
}

/** What a bulkWrite command did to each of its `count` writes, by a reply that a majority has confirmed. What it does not report is unknown. */
export function bulkReplyOutcomes({ cursor }: Document, count: number): WriteOutcome[] {
  const cause = new Error('the server reports no outcome')
  const outcomes = Array.from({ length: count }, (): WriteOutcome => ({ kind: 'unknown', cause }))
  for (const { idx, ok, n, code, errmsg } of cursor?.firstBatch ?? [])
    outcomes[idx] = singleWriteReply(ok === 1 ? { n } : { writeErrors: [{ code, errmsg }] })
  return outcomes
}

/** What a bulkWrite command that threw did to each of its `count` writes. Where a majority did not confirm it, what was refused was refused. */
export function bulkErrorOutcomes(error: unknown, count: number): WriteOutcome[] {
  const outcome = outcomeOfError(error)
  const reported = error instanceof MongoWriteConcernError ? bulkReplyOutcomes(error.result, count) : []
  return Array.from({ length: count }, (_, index) => (reported[index]?.kind === 'duplicate' ? duplicate : outcome))
}

/** What an error says about the whole command. Unless it is certain that the command was not executed, its outcome is unknown. */
function outcomeOfError(cause: unknown): WriteOutcome {
  if (isSelectionTimeout(cause)) return { kind: 'unsent', cause }
  if (!isUnavailable(cause)) return { kind: 'failed', cause }
  return { kind: isNotExecuted(cause) ? 'unsent' : 'unknown', cause }
}

const isNotExecuted = (error: unknown): boolean =>
  error instanceof MongoError && !(error instanceof MongoWriteConcernError) && error.hasErrorLabel(notExecutedLabel)

/**
 * What the write of one document that threw did to it. A write that was refused may be unconfirmed as well: then the driver reports only that,
 * and the refusal is in the reply that the error keeps.
 */
export function singleWriteOutcome(error: unknown): WriteOutcome {
  if (error instanceof MongoServerError && (error['writeErrors']?.[0] ?? error).code === duplicateKeyCode)
    return duplicate
  return outcomeOfError(error)
}

/** What a command that writes one document did to it, by a reply that a majority has confirmed. */
export function singleWriteReply({ n, writeErrors }: Document): WriteOutcome {
  const refusal = writeErrors?.[0]
  if (refusal) return singleWriteOutcome(new MongoServerError(refusal))
  return n > 0 ? written : unmatched
}

/**
 * True if no server was found before anything was sent. Only the first search for a server has the operation's own time limit; a search before
 * a repetition fails as a plain MongoServerSelectionError, and by then something may have been written.
 */
function isSelectionTimeout(error: unknown): boolean {
  return error instanceof MongoOperationTimeoutError && error.cause instanceof MongoServerSelectionError
}

/**
 * True if the database could not be reached, or not in time, or not just now, which passes without intervention. That holds for every error
 * of the driver, except codes with which the server rejects the command itself, and wrong use of the driver.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoWriteConcernError) return true
  if (error instanceof MongoServerError) return !isRejected(error)
  // If a socket fails while the driver waits to write on, the driver passes on Node's own error.
  if (error instanceof Error && 'code' in error && connectionLostCodes.has(String(error.code))) return true
  return error instanceof MongoError && (!(error instanceof MongoAPIError) || isClosedError(error))
}

/** An error without a code is the driver's own, about a command that broke off. A duplicate key is a rejection too, with a meaning of its own. */
const isRejected = ({ code }: MongoServerError): boolean => rejectedCodes.has(Number(code)) || code === duplicateKeyCode

/** Errors of decoding are the only ones that are neither the server's nor the driver's. */
export const isDecodingError = (error: unknown): boolean => !(error instanceof MongoError) && !isUnavailable(error)

function isClosedError(error: MongoAPIError): boolean {
  return [MongoNotConnectedError, MongoTopologyClosedError, MongoClientClosedError, MongoExpiredSessionError].some(
    (kind) => error instanceof kind,
  )
}
