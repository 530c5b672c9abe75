import type { Collection } from 'mongodb'
import { dayMs } from '../time.js'
import type { Database } from './database.js'

/** Fingerprints of the settings that the processes of one database should share, by name. */
export type SharedSettings = Readonly<Record<string, string>>

interface SharedSettingsRecord {
  readonly _id: string
  readonly date: Date
  readonly values: SharedSettings
}

/** Settings of a process that started longer ago than this are not compared, in milliseconds. */
const maxAgeMs = dayMs

/** Records the settings of this process, and gives the names of those that the last process to start had with other values. */
export async function recordSharedSettings(database: Database, values: SharedSettings): Promise<readonly string[]> {
  const records: Collection<SharedSettingsRecord> = database.collection('message_contacts_health', [])
  const date = database.now()
  const before = await records.findOneAndUpdate(
    { _id: 'settings' },
    { $set: { date, values } },
    { upsert: true, returnDocument: 'before', timeoutMS: 5000 },
  )
  if (!before || date.getTime() - before.date.getTime() > maxAgeMs) return []
  return Object.keys(values).filter((name) => before.values[name] !== undefined && before.values[name] !== values[name])
}
