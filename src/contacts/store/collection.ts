import type { Collection, IndexDescription } from 'mongodb'
import type { Database } from '../../database/database.js'
import type { Contact } from '../contact.js'

/**
 * The promises of the service rest on these indexes. Every unique index begins with the directory, which is also the shard key.
 * Each has a name of its own, by which a different index in its place is recognized.
 */
const indexes: readonly IndexDescription[] = [
  { name: 'directory_name', key: { directoryId: 1, name: 1 }, unique: true },
  { name: 'directory_slot', key: { directoryId: 1, slot: 1 }, unique: true },
  {
    name: 'directory_client_token',
    key: { directoryId: 1, clientToken: 1 },
    unique: true,
    partialFilterExpression: { clientToken: { $type: 'string' } },
  },
  // Contains only the contacts that have a delivery due.
  {
    name: 'delivery_due',
    key: { deliveryDueDate: 1 },
    // The planner concludes from a comparison that the field exists, but not that it has a certain type.
    partialFilterExpression: { deliveryDueDate: { $exists: true } },
  },
]

/** The name of the collection. */
export const contactsName = 'message_contacts'

export const contactCollection = (database: Database): Collection<Contact> =>
  database.collection<Contact>(contactsName, indexes)
