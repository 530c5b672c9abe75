import { setTimeout as pause } from 'node:timers/promises'
import { type LoadResult, load, type Operation } from './load.js'
import { addToOneDirectory, getMessageContact, listMessageContacts, updateMessageContact } from './operations.js'

/**
 * One directory under full load: a process of its own, so that this load does not delay the measurement of others in their client.
 * It ends its load when the parent sends a message, and answers with the result.
 */

/** At first more calls are possible than later: those that the limits allow at once after a quiet time. */
const warmUpMs = 5000

/** Which calls the directory makes. */
export type LoadKind = 'reads' | 'updates' | 'adds' | 'lists'

/** The only argument, as JSON. */
export interface DirectoryLoad {
  readonly address: string
  readonly kind: LoadKind
  readonly directoryId: string
  /** The contact that is updated. */
  readonly contactId: string
  /** How many calls are open at the same time. */
  readonly inFlight: number
}

/** To the parent: that the load has begun, and its result. */
export type LoadMessage = 'started' | LoadResult

function operationOf({ kind, directoryId, contactId }: DirectoryLoad): Operation {
  const contacts = [{ _id: contactId, directoryId }]
  switch (kind) {
    case 'reads':
      return getMessageContact(contacts)
    case 'updates':
      return updateMessageContact(contacts)
    case 'adds':
      return addToOneDirectory(directoryId)
    case 'lists':
      return listMessageContacts(contacts)
  }
}

const send = (message: LoadMessage) => process.send?.(message)

// Ctrl-C reaches this process too. The parent ends it.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())
const directoryLoad = JSON.parse(process.argv[2] ?? '') as DirectoryLoad
const { address, inFlight } = directoryLoad
const operation = operationOf(directoryLoad)
const end = new AbortController()
const running = load({ ...operation, address, inFlight, seconds: Infinity, canBeRefused: true, signal: end.signal })
await pause(warmUpMs)
send('started')
process.once('message', async () => {
  end.abort()
  send(await running)
  process.disconnect()
})
