import { type Collection, ReadConcernLevel } from 'mongodb'
import { Batcher, type BatcherOptions, expired } from '../../database/batcher.js'
import type { Database } from '../../database/database.js'
import { isDecodingError } from '../../database/driver-errors.js'
import type { Reason } from '../../errors/catalog.js'
import { Failure } from '../../errors/failure.js'
import type { Deadline } from '../../time.js'
import type { Contact } from '../contact.js'

/** What a contact has that no other contact of its directory can have, and the request that its client token stands for. */
export type TakenByContact = Pick<Contact, '_id' | 'directoryId' | 'name' | 'slot' | 'clientToken' | 'requestHash'>

const projection = { directoryId: 1, name: 1, slot: 1, clientToken: 1, requestHash: 1 } as const

/** Each is compared with all contacts of its directory, and most are refused, with details. */
const outcomesPerTurn = 4

/** How many calls share a command at most: each may be for another directory, with all of its contacts. */
const maxTogether = 50

/**
 * Reads which names, slots and client tokens are taken. These reads see what the unique indexes see, confirmed by a majority or not, which is
 * enough to refuse an add.
 */
export class TakenReader {
  readonly #database: Database
  readonly #contacts: Collection<Contact>
  /** Of directories, by their ids. Undefined if the directory must be read alone. */
  readonly #directories: Batcher<string, readonly TakenByContact[] | undefined>

  constructor(database: Database, contacts: Collection<Contact>, batching?: BatcherOptions) {
    this.#database = database
    this.#contacts = contacts
    const run = (directoryIds: readonly string[], latestTime: number) => this.#findTogether(directoryIds, latestTime)
    this.#directories = new Batcher(run, (directoryId) => directoryId, {
      ...batching,
      maxSize: maxTogether,
      outcomesPerTurn,
    })
  }

  /** All of a directory. Reads at the same time share a command. Refuses with `unavailable` if the database cannot be reached. */
  async find(directoryId: string, deadline: Deadline, unavailable: Reason): Promise<readonly TakenByContact[]> {
    return this.#database.runCommand(
      deadline,
      async () => {
        const found = await this.#directories.submit(directoryId, deadline)
        if (found === expired) throw new Failure('DEADLINE_EXCEEDED')
        // The batch has taken some of the time.
        return found ?? this.#find([directoryId], this.#database.timeLimitMs(deadline.time))
      },
      unavailable,
    )
  }

  async #findTogether(
    directoryIds: readonly string[],
    latestTime: number,
  ): Promise<readonly (readonly TakenByContact[] | undefined)[]> {
    const different = [...new Set(directoryIds)]
    try {
      const found = await this.#find(different, this.#database.timeLimitMs(latestTime))
      const byDirectory = new Map(different.map((directoryId): [string, TakenByContact[]] => [directoryId, []]))
      for (const taken of found) byDirectory.get(taken.directoryId)?.push(taken)
      return directoryIds.map((directoryId) => byDirectory.get(directoryId) ?? [])
    } catch (error) {
      // A damaged contact is told only to callers of its own directory.
      if (different.length === 1 || !isDecodingError(error)) throw error
      return directoryIds.map(() => undefined)
    }
  }

  #find(directoryIds: readonly string[], timeoutMS: number): Promise<TakenByContact[]> {
    const readConcern = { level: ReadConcernLevel.local }
    const filter = { directoryId: { $in: directoryIds } }
    return this.#contacts.find(filter, { projection, readConcern, timeoutMS }).toArray()
  }
}
