import type { Collection, Filter, OptionalUnlessRequiredId } from 'mongodb'
import type { Database } from './database.js'
import { insertOutcomes, type WriteOutcome } from './driver-errors.js'

/** A document of a directory, which is also the shard key. */
interface DirectoryDocument {
  readonly _id: string
  readonly directoryId: string
}

/**
 * Inserts documents in one command, and gives the outcome of each. Documents whose outcomes are unknown are looked up once, together.
 * `latestTime` is when the last caller stops waiting, in milliseconds since the epoch.
 */
export async function insertBatch<Document extends DirectoryDocument>(
  database: Database,
  collection: Collection<Document>,
  documents: readonly Document[],
  latestTime: number,
): Promise<readonly WriteOutcome[]> {
  const timeoutMS = database.timeLimitMs(latestTime)
  try {
    const inserts = documents as readonly OptionalUnlessRequiredId<Document>[]
    await collection.insertMany(inserts, { ordered: false, timeoutMS })
    return documents.map(() => ({ kind: 'written' }))
  } catch (error) {
    const outcomes = insertOutcomes(error, documents.length)
    const unknown = documents.filter((_, index) => outcomes[index]?.kind === 'unknown')
    const found = unknown.length > 0 ? await findIds(collection, unknown, database.timeLimitMs(latestTime)) : new Set()
    return outcomes.map((outcome, index) =>
      outcome.kind === 'unknown' && found.has(documents[index]?._id) ? { kind: 'written' } : outcome,
    )
  }
}

/** Which of these documents a majority has; none if that cannot be found out. */
async function findIds<Document extends DirectoryDocument>(
  collection: Collection<Document>,
  documents: readonly Document[],
  timeoutMS: number,
): Promise<ReadonlySet<unknown>> {
  const filter = {
    directoryId: { $in: documents.map(({ directoryId }) => directoryId) },
    _id: { $in: documents.map(({ _id }) => _id) },
  } as unknown as Filter<Document>
  try {
    const found = await collection.find(filter, { projection: { _id: 1 }, timeoutMS }).toArray()
    return new Set(found.map(({ _id }) => _id))
  } catch {
    return new Set()
  }
}
