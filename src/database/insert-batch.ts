import type { Collection, Filter, OptionalUnlessRequiredId } from 'mongodb'
import type { Database } from './database.js'
import { insertOutcomes, type WriteOutcome } from './driver-errors.js'

/** A document of a directory, which is also the shard key. */
interface DirectoryDocument {
  readonly _id: string
  readonly directoryId: string
  readonly name: string
}

/**
 * Inserts documents in one command, and gives the outcome of each. They are sent in the order of their unique keys, so that two processes do not
 * lock index entries in opposite orders. Documents whose outcomes are unknown are looked up once, together.
 * `latestTime` is when the last caller stops waiting, in milliseconds since the epoch.
 */
export async function insertBatch<Document extends DirectoryDocument>(
  database: Database,
  collection: Collection<Document>,
  documents: readonly Document[],
  latestTime: number,
): Promise<readonly WriteOutcome[]> {
  const sorted = [...documents].sort(byUniqueKey)
  const outcomes = await insertSorted(database, collection, sorted, latestTime)
  const outcomeOf = new Map(sorted.map((document, index) => [document, outcomes[index] ?? missingOutcome]))
  return documents.map((document) => outcomeOf.get(document) ?? missingOutcome)
}

const missingOutcome: WriteOutcome = { kind: 'unknown', cause: new Error('the insert gave no outcome') }

function byUniqueKey(one: DirectoryDocument, other: DirectoryDocument): number {
  if (one.directoryId !== other.directoryId) return one.directoryId < other.directoryId ? -1 : 1
  if (one.name !== other.name) return one.name < other.name ? -1 : 1
  return 0
}

async function insertSorted<Document extends DirectoryDocument>(
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
