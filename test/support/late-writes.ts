import type { Collection, Document } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import { deferred } from './waiting.js'
import { isCallCommand, type WatchedService } from './watched-service.js'
import type { Command } from './wire-proxy.js'

/** The first write of a call, which the database does not get until `land`. */
export interface LateWrite {
  /** Executes the write now. Gives how many documents it wrote. */
  readonly land: () => Promise<number>
}

/**
 * Holds back the first write of the calls of one operation, longer than the service waits for it. Before the next command of these calls,
 * `meanwhile` happens. `occurrence` is the number of the write that is held back, by default 1.
 */
export function holdFirstWrite(
  { proxy, collection }: WatchedService,
  operation: string,
  meanwhile: () => Promise<unknown> = async () => {},
  occurrence = 1,
): LateWrite {
  const { promise: released, resolve: release } = deferred()
  let held: Command | undefined
  let writes = 0
  let meanwhileDone: Promise<unknown> | undefined
  proxy.watch(async (command) => {
    const isWrite = isWriteOf(operation, command)
    if (isWrite) writes += 1
    if (isWrite && writes === occurrence) {
      held = command
      await released
      return 'cut before'
    }
    if (held && isCallCommand(command)) {
      meanwhileDone ??= meanwhile()
      await meanwhileDone
    }
    return 'pass'
  })
  return {
    async land() {
      release()
      if (!held) throw new Error(`no write of ${operation} was held back`)
      return execute(collection, held)
    },
  }
}

const concernsContacts = ({ name, body }: Command) => body[name] === 'message_contacts'

/** The document that is inserted, or the update or delete with its filter `q`. The driver sends it in the command, or beside it. */
function writeIn({ body, documents }: Command): Document {
  const [write = {}] = body['updates'] ?? body['deletes'] ?? documents
  return write
}

function isWriteOf(operation: string, command: Command): boolean {
  if (!concernsContacts(command)) return false
  if (command.name === 'delete') return operation === 'DeleteMessageContact'
  const write = writeIn(command)
  return (write['u'] ?? write)['lastWrite']?.operation === operation
}

/** Executes the command as the database would have done, except that it is not recognized as a repetition. */
async function execute(collection: Collection<Contact>, command: Command): Promise<number> {
  const write = writeIn(command)
  switch (command.name) {
    case 'insert':
      await collection.insertOne(write as Contact)
      return 1
    case 'update':
      return (await collection.replaceOne(write['q'], write['u'])).modifiedCount
    case 'delete':
      return (await collection.deleteOne(write['q'])).deletedCount
    default:
      throw new Error(`not a write: ${command.name}`)
  }
}
