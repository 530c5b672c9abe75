import { type Collection, type Document, MongoClient } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import { contactsIn, startOwnDatabase } from './own-database.js'
import { type RunningService, startService } from './running-service.js'

export interface FaultyService extends RunningService {
  /** From now on such commands fail in the database: so many times, or until `failNothing`. */
  readonly fail: (command: string, fault: Document, mode: { readonly times: number } | 'alwaysOn') => Promise<void>
  readonly failNothing: () => Promise<void>
}

/** The service with a database of its own whose commands can be made to fail. */
export async function startFaulty(environment: Readonly<Record<string, string>>): Promise<FaultyService> {
  const { uri } = await startOwnDatabase()
  const admin = new MongoClient(uri)
  const configure = async (failPoint: Document) => {
    await admin.db('admin').command({ configureFailPoint: 'failCommand', ...failPoint })
  }
  const service = await startService({ environment: { MONGODB_URI: uri, ...environment } })
  const collection: Collection<Contact> = contactsIn(uri, service.collection.dbName)
  return {
    ...service,
    collection,
    fail: (command, fault, mode) => configure({ mode, data: { failCommands: commandsWith(command), ...fault } }),
    failNothing: () => configure({ mode: 'off' }),
    async stop() {
      await service.stop()
      await admin.close()
    },
  }
}

/** Changes and removals that wait together, also those of the delivery worker, are sent as one `bulkWrite`. */
const commandsWith = (command: string) => (['update', 'delete'].includes(command) ? [command, 'bulkWrite'] : [command])

type NamedFault = readonly [name: string, fault: Document]

/** The command is carried out, but a majority does not confirm that in time. */
export const notConfirmed: Document = { writeConcernError: { code: 64, errmsg: 'x' } }

/** Faults after which a command has not been carried out. The driver repeats it by itself. */
export const notCarriedOut: readonly NamedFault[] = [
  ['a connection that is closed', { closeConnection: true }],
  ['a member that stops', { errorCode: 91 }],
  ['a member that is no longer the primary', { errorCode: 10107 }],
]

/** Faults that pass without intervention. The driver repeats the command after all of them except the first. */
export const transientFaults: readonly NamedFault[] = [
  ['a write concern that timed out', notConfirmed],
  ['a write concern error of a member that stops', { writeConcernError: { code: 91, errmsg: 'x' } }],
  ...notCarriedOut,
]
