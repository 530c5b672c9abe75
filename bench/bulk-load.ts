import { performance } from 'node:perf_hooks'
import type { Db } from 'mongodb'
import type { Contact } from '../src/contacts/contact.js'
import { LoadProgress } from './load-progress.js'
import type { ContactId } from './operations.js'
import { collectionOf, newPreparedContact } from './prepared-contacts.js'
import { printProgress } from './report.js'

export const contactsPerLoadedDirectory = 10
/** Of one insert: few enough that Ctrl-C, which waits for it, takes no long time. */
const directoriesPerBatch = 20
const insertsInFlight = 4
/** A part of a large database that is spread over all of it, and still more than the caches of one call after the other hold. */
const maxSampledDirectories = 1000

/** The directories of a load, which no other part of the benchmark writes to. */
const loadedDirectory = (index: number) => `loaded-${index}`

/**
 * Inserts `count` contacts, in directories of ten, and says on the terminal how far it is. Gives some of them: of up to a thousand directories,
 * evenly spread; neighbours in the list are in different directories. Rejects after `signal`, when nothing is being written any more.
 */
export async function loadContacts(database: Db, count: number, signal: AbortSignal): Promise<readonly ContactId[]> {
  const directories = Math.ceil(count / contactsPerLoadedDirectory)
  const step = Math.ceil(directories / maxSampledDirectories)
  const sample: Contact[] = []
  const progress = new LoadProgress({
    total: directories * contactsPerLoadedDirectory,
    now: () => performance.now(),
    print: printProgress,
  })
  let next = 0
  const insertBatches = async () => {
    while (next < directories) {
      signal.throwIfAborted()
      const first = next
      next = Math.min(directories, first + directoriesPerBatch)
      const contacts = contactsOf(first, next)
      await collectionOf(database).insertMany(contacts, { ordered: false, ignoreUndefined: true })
      sample.push(
        ...contacts.filter((_, index) => (first + Math.floor(index / contactsPerLoadedDirectory)) % step === 0),
      )
      progress.add(contacts.length)
    }
  }
  const inserting = await Promise.allSettled(Array.from({ length: insertsInFlight }, insertBatches))
  for (const result of inserting) if (result.status === 'rejected') throw result.reason
  const ids = sample.map(({ _id, directoryId, slot }) => ({ _id, directoryId, slot }))
  return ids.sort((one, other) => one.slot - other.slot)
}

/** All contacts of the directories from `first` to `end`, without the last. */
const contactsOf = (first: number, end: number): Contact[] =>
  Array.from({ length: (end - first) * contactsPerLoadedDirectory }, (_, index) =>
    newPreparedContact(
      loadedDirectory(first + Math.floor(index / contactsPerLoadedDirectory)),
      index % contactsPerLoadedDirectory,
    ),
  )
