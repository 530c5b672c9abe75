import { createRequire } from 'node:module'
import {
  type AnyError,
  type BulkWriteResult,
  type Document,
  MongoBulkWriteError,
  MongoServerError,
  MongoWriteConcernError,
  type WriteConcernError,
  type WriteConcernErrorResult,
} from 'mongodb'

/** Internal parts of the driver, which has no types for them. */
interface DriverInternals {
  readonly Batch: new (
    kind: number,
    first: number,
  ) => { readonly originalIndexes: number[]; readonly operations: Document[] }
  readonly BatchType: { readonly INSERT: number }
  readonly BulkWriteResult: new (bulkResult: Document, ordered: boolean) => BulkWriteResult
  readonly mergeBatchResults: (batch: unknown, bulkResult: Document, error: unknown, reply?: Document) => void
}
const {
  Batch,
  BatchType,
  BulkWriteResult: Result,
  mergeBatchResults,
} = createRequire(import.meta.url)('mongodb/lib/bulk/common.js') as DriverInternals

/** A server's refusal of one document of an insert. */
export const writeError = (index: number, code: number) => ({ index, code, errmsg: `refused ${index}` })
export const writeConcernError = {
  code: 64,
  codeName: 'WriteConcernFailed',
  errmsg: 'waiting for replication timed out',
}

/** What an unordered `insertMany` of `count` documents throws after this reply to its command, or after this error of the command. */
export function thrownByInsertMany(count: number, reply: Document | AnyError): MongoBulkWriteError {
  const documents = Array.from({ length: count }, (_, index) => ({ _id: `c-${index}` }))
  const batch = new Batch(BatchType.INSERT, 0)
  batch.operations.push(...documents)
  batch.originalIndexes.push(...documents.keys())
  const insertedIds = documents.map(({ _id }, index) => ({ index, _id }))
  const lists = { writeErrors: [], writeConcernErrors: [], upserted: [] }
  const bulkResult: Document = {
    ok: 1,
    insertedIds,
    nInserted: 0,
    nUpserted: 0,
    nMatched: 0,
    nModified: 0,
    nRemoved: 0,
    ...lists,
  }
  const result = () => new Result(bulkResult, false)
  // As executeCommands in lib/bulk/common.js: it wraps an error of the command, and drops the write errors beside a write concern error.
  if (reply instanceof MongoWriteConcernError) {
    mergeBatchResults(batch, bulkResult, reply)
    const { errmsg: message, code } = (reply.result as WriteConcernErrorResult).writeConcernError
    return new MongoBulkWriteError({ message, code } as never, result())
  }
  if (reply instanceof Error) return new MongoBulkWriteError(reply as never, result())
  mergeBatchResults(batch, bulkResult, null, reply)
  // As handleWriteError: write errors come before a write concern error.
  const [first] = bulkResult['writeErrors'] as { errmsg: string; code: number }[]
  if (first)
    return new MongoBulkWriteError(
      { message: first.errmsg, code: first.code, writeErrors: bulkResult['writeErrors'] },
      result(),
    )
  return new MongoBulkWriteError(result().getWriteConcernError() as WriteConcernError, result())
}

/** A server's refusal of a whole command. */
export const commandRefused = (code: number, ...errorLabels: string[]) =>
  new MongoServerError({ ok: 0, code, codeName: 'SomeName', errmsg: 'the command is refused', errorLabels })

/** A command that was carried out, but not confirmed by enough members. */
export const unconfirmed = (...writeErrors: Document[]) =>
  new MongoWriteConcernError({ ok: 1, n: 1, writeErrors, writeConcernError })
