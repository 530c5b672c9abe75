import { type Collection, type Document, MongoClient } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import { type RunningService, startService } from '../service/running-service.js'
import { contactsIn, ownDatabase } from './own-database.js'

export interface FailingService extends RunningService {
  /** From now on the database makes such commands fail, in this way: once, or until `failNothing`. */
  readonly fail: (command: string, fault: Document, mode: { readonly times: number } | 'alwaysOn') => Promise<void>
  readonly failNothing: () => Promise<void>
}

/** The service on a database of its own, whose commands can be made to fail. */
export async function startFailing(environment: Readonly<Record<string, string>>): Promise<FailingService> {
  const { uri } = await ownDatabase()
  const admin = new MongoClient(uri)
  const configure = async (point: Document) => {
    await admin.db('admin').command({ configureFailPoint: 'failCommand', ...point })
  }
  const service = await startService({ environment: { MONGODB_URI: uri, ...environment } })
  const collection: Collection<Contact> = contactsIn(uri, service.collection.dbName)
  return {
    ...service,
    collection,
    fail: (command, fault, mode) => configure({ mode, data: { failCommands: [command], ...fault } }),
    failNothing: () => configure({ mode: 'off' }),
    async stop() {
      await service.stop()
      await admin.close()
    },
  }
}

/** What passes without anybody's doing: the driver repeats all of it but the first, which has been carried out. */
export const passing: readonly (readonly [string, Document])[] = [
  ['a write concern that timed out', { writeConcernError: { code: 64, errmsg: 'x' } }],
  ['a write concern error of a member that stops', { writeConcernError: { code: 91, errmsg: 'x' } }],
  ['a connection that is closed', { closeConnection: true }],
  ['a member that stops', { errorCode: 91 }],
  ['a member that is the primary no more', { errorCode: 10107 }],
]
