import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import { collectionOf, untilDelivered } from '../prepared-contacts.js'
import type { KeptContact, Ledger } from './ledger.js'

/** Longer than the lease of a message whose process was killed. */
const maxDeliveryMs = 120_000

/**
 * Compares everything that is stored with everything that was acknowledged, without the service. Gives what is different, when no message is
 * on its way any more.
 */
export async function differencesFromStored(database: Db, ledgers: readonly Ledger[]): Promise<readonly string[]> {
  const isDelivered = await Promise.race([untilDelivered(database).then(() => true), pause(maxDeliveryMs, false)])
  const differences = isDelivered ? [] : ['there are still messages to be sent']
  for (const ledger of ledgers) {
    const stored = await collectionOf(database).find({ directoryId: ledger.directoryId }).toArray()
    differences.push(...ledger.differencesFrom(stored.map(keptContact)))
  }
  return differences
}

const keptContact = ({ _id: contactId, name, phone, revision }: Contact): KeptContact => ({
  contactId,
  name,
  phoneNumber: phone?.address ?? '',
  isVerified: phone?.verifyDate !== undefined,
  revision,
  isCodeSent: phone?.verifyDate !== undefined || phone?.verification?.deliveryState === 'SENT',
})
