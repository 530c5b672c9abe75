import { type LoadResult, load, type Operation } from './load.js'
import { addToOneDirectory, listMessageContacts, updateMessageContact } from './operations.js'

/**
 * One directory under full load: a process of its own, so that this load does not delay the measurement of others in their client.
 * It ends its load when the parent sends a message, and answers with the result.
 */

/** Which calls the directory makes. */
export type LoadKind = 'updates' | 'adds' | 'lists'

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
// Until every call in flight has been answered once, the load is not yet full.
await load({ ...operation, address, inFlight, seconds: Infinity, maxCalls: 2 * inFlight, canBeRefused: true })
const end = new AbortController()
const running = load({ ...operation, address, inFlight, seconds: Infinity, canBeRefused: true, signal: end.signal })
send('started')
process.once('message', async () => {
  end.abort()
  send(await running)
  process.disconnect()
})
