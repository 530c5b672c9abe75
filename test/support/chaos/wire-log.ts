import type { Document } from 'mongodb'
import type { Command, Verdict } from '../wire-proxy.js'

/** A command of a process, and what became of it. Times are in milliseconds since the start of the run. */
export interface WireRecord {
  readonly process: string
  /** Of the proxy of the process. */
  readonly connection: number
  readonly name: string
  readonly time: number
  /** What it looks for and writes. */
  readonly command: unknown
  /** Undefined while the command is held back. */
  verdict?: string
  /** When the database answered. */
  replyTime?: number
  reply?: unknown
}

/** So many of the latest commands of each process are kept. */
const maxRecords = 200_000

/** What goes through the proxy of a process, so that a violation can be explained by it. */
export class WireLog {
  readonly #process: string
  readonly #now: () => number
  #records = new Set<WireRecord>()
  /** Commands that are not answered yet. */
  readonly #open = new WeakMap<Command, WireRecord>()

  constructor(process: string, now: () => number) {
    this.#process = process
    this.#now = now
  }

  /** In the order in which the commands came. */
  get records(): readonly WireRecord[] {
    return [...this.#records]
  }

  commandArrived(command: Command): void {
    const { connection, name, body, documents } = command
    const content = { ...body, ...(documents.length > 0 && { documents }) }
    const record = { process: this.#process, connection, name, time: this.#now(), command: essence(content) }
    this.#records.add(record)
    this.#open.set(command, record)
    for (const oldest of this.#records) {
      if (this.#records.size <= maxRecords) break
      this.#records.delete(oldest)
    }
  }

  /** The proxy carries out the verdict now. */
  commandJudged(command: Command, verdict: Verdict): void {
    const record = this.#open.get(command)
    if (record) record.verdict = typeof verdict === 'object' ? 'answered by the proxy' : verdict
  }

  /** The database has answered, whether the process gets the answer or not. */
  commandAnswered(command: Command, reply: Document): void {
    const record = this.#open.get(command)
    if (record) Object.assign(record, { replyTime: this.#now(), reply: essence(reply) })
  }
}

/** What of commands, documents and replies is kept, beside operators: enough to see which contacts they are about, and what happened to them. */
const keptFields = new Set(
  [
    [
      'txnNumber',
      'documents',
      'updates',
      'deletes',
      'ops',
      'q',
      'u',
      'filter',
      'updateMods',
      'query',
      'update',
      'delete',
    ],
    ['_id', 'directoryId', 'name', 'slot', 'revision', 'version', 'lastWrite', 'requestId', 'operation'],
    ['ok', 'n', 'nModified', 'nDeleted', 'code', 'codeName', 'idx', 'index', 'writeErrors', 'writeConcernError'],
    ['cursor', 'firstBatch', 'value', 'lastErrorObject', 'updatedExisting'],
  ].flat(),
)

function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(essence)
  if (typeof value !== 'object' || value === null || value instanceof Date || '_bsontype' in value) return value
  const kept = Object.entries(value).filter(([key]) => keptFields.has(key) || isOperator(key))
  return Object.fromEntries(kept.map(([key, inner]) => [key, essence(inner)]))
}

const envelope = ['$clusterTime', '$db', '$readPreference']
const isOperator = (key: string) => key.startsWith('$') && !envelope.includes(key)
