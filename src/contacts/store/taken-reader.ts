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
/** One reply has them all, if the directories have the default size. */
const batchSize = maxTogether * 20 + 1

/** What an add asks about its directory. */
interface Question {
  readonly directoryId: string
  /** Whether a majority must confirm what is read. A refused insert has already shown that the primary is the current one. */
  readonly needsConfirmation: boolean
}

export interface TakenOptions {
  readonly deadline: Deadline
  /** The reason of the refusal if the database cannot be reached. */
  readonly unavailable: Reason
  readonly needsConfirmation: boolean
}

/**
 * Reads which names, slots and client tokens are taken. These reads see what the unique indexes see, confirmed by a majority or not, which is
 * enough to refuse an add after a refused insert. Without one, a write that changes nothing confirms them: a primary that has lost its
 * majority, and does not know it yet, would refuse adds because of contacts that have been removed since.
 */
export class TakenReader {
  readonly #database: Database
  readonly #contacts: Collection<Contact>
  /** Undefined if the directory must be read alone. */
  readonly #questions: Batcher<Question, readonly TakenByContact[] | undefined>

  constructor(database: Database, contacts: Collection<Contact>, batching?: BatcherOptions) {
    this.#database = database
    this.#contacts = contacts
    const run = (questions: readonly Question[], latestTime: number) => this.#findTogether(questions, latestTime)
    this.#questions = new Batcher(run, ({ directoryId }) => directoryId, {
      ...batching,
      maxSize: maxTogether,
      outcomesPerTurn,
    })
  }

  /** All of a directory. Reads at the same time share a command. */
  async find(directoryId: string, { deadline, unavailable, needsConfirmation }: TakenOptions) {
    return this.#database.runCommand(
      deadline,
      async () => {
        const found = await this.#questions.submit({ directoryId, needsConfirmation }, deadline)
        if (found === expired) throw new Failure('DEADLINE_EXCEEDED')
        return found ?? this.#find([directoryId], needsConfirmation, deadline.time)
      },
      unavailable,
    )
  }

  async #findTogether(
    questions: readonly Question[],
    latestTime: number,
  ): Promise<readonly (readonly TakenByContact[] | undefined)[]> {
    const different = [...new Set(questions.map(({ directoryId }) => directoryId))]
    const needsConfirmation = questions.some((question) => question.needsConfirmation)
    try {
      const found = await this.#find(different, needsConfirmation, latestTime)
      const byDirectory = new Map(different.map((directoryId): [string, TakenByContact[]] => [directoryId, []]))
      for (const taken of found) byDirectory.get(taken.directoryId)?.push(taken)
      return questions.map(({ directoryId }) => byDirectory.get(directoryId) ?? [])
    } catch (error) {
      // A damaged contact is told only to callers of its own directory.
      if (different.length === 1 || !isDecodingError(error)) throw error
      return questions.map(() => undefined)
    }
  }

  async #find(
    directoryIds: readonly string[],
    needsConfirmation: boolean,
    time: number,
  ): Promise<readonly TakenByContact[]> {
    const options = { projection, readConcern: { level: ReadConcernLevel.local } }
    const timeoutMS = this.#database.timeLimitMs(time)
    const found = await this.#contacts
      .find({ directoryId: { $in: directoryIds } }, { ...options, batchSize, timeoutMS })
      .toArray()
    const [any] = found
    if (needsConfirmation && any) await this.#confirm(any, time)
    return found
  }

  /** A majority that takes a write after a read has everything that was read. */
  async #confirm({ _id, directoryId }: TakenByContact, time: number): Promise<void> {
    const timeoutMS = this.#database.timeLimitMs(time)
    await this.#contacts.updateOne({ _id, directoryId }, { $set: { directoryId } }, { timeoutMS })
  }
}
