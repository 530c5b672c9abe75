import { type Db, MongoClient } from 'mongodb'
import type { Cleanup } from '../cleanup.js'
import { load } from '../load.js'
import { MeasuredProcess } from '../measured-process.js'
import { addMessageContact, getMessageContact, listMessageContacts, updateMessageContact } from '../operations.js'
import type { BenchOptions } from '../options.js'
import { collectionOf, contactsPerDirectory, prepareContacts, requireChanges } from '../prepared-contacts.js'
import { printFigure, printProgress, printRows } from '../report.js'
import { callsRow, cpuOf, type MeasuredServer, measureRows, type Results, type Row, rateOf, ratios } from '../rows.js'
import { GoMissingError, GoPeer } from './go-peer.js'

const inFlight = 64
/** Enough that no two calls in flight meet. */
const preparedDirectories = 100

type OperationName = 'Add' | 'Get' | 'List' | 'Update'
type OperationRows = Readonly<Record<OperationName, Row>>

/** A service of another make, and what our CPU per call is to be of its own at most. */
interface Peer {
  readonly name: string
  readonly rows: OperationRows
  readonly goals: Partial<Record<OperationName, string>>
}

/**
 * Compares the service with services that have four of its operations and are written in the usual way, with one database command for each
 * call: on the same collection with the same indexes, with contacts of the same content.
 */
export async function benchPeers(
  mongodbUri: string,
  cleanup: Cleanup,
  { rounds, seconds }: BenchOptions,
): Promise<void> {
  const service = await MeasuredProcess.start(mongodbUri, cleanup)
  const niceGrpc = await MeasuredProcess.startNiceGrpc(mongodbUri, service.database, cleanup)
  const goServer = await startGoPeer(mongodbUri, service.database, cleanup)
  const driver = new MongoClient(mongodbUri)
  cleanup.push(() => driver.close())

  const database = driver.db(service.database)
  await requireSameShape(database, [service, niceGrpc, ...(goServer ? [goServer] : [])])
  printProgress('Preparing contacts')
  const ours = await rowsOf('ours', service, database)
  const peers: Peer[] = [
    { name: 'nice-grpc', rows: await rowsOf('nice-grpc', niceGrpc, database), goals: { Add: 'at most 0.20' } },
  ]
  if (goServer)
    peers.push({ name: 'grpc-go', rows: await rowsOf('grpc-go', goServer, database), goals: { Add: 'at most 0.35' } })
  const rows = [ours, ...peers.map((peer) => peer.rows)].flatMap((one) => Object.values(one))
  const results = await measureRows(rows, rounds, seconds)
  printRows(results)
  for (const peer of peers) printComparison(ours, peer, results)
}

/** Undefined where there is no Go, after a line that says so. */
async function startGoPeer(mongodbUri: string, database: string, cleanup: Cleanup): Promise<GoPeer | undefined> {
  printProgress('Building the service on grpc-go')
  try {
    return await GoPeer.start(mongodbUri, database, cleanup)
  } catch (error) {
    if (!(error instanceof GoMissingError)) throw error
    printProgress(`Without grpc-go: ${error.message}`)
    return undefined
  }
}

/** Throws if the servers do not store the same fields. */
async function requireSameShape(database: Db, servers: readonly MeasuredServer[]): Promise<void> {
  const shapes = new Set<string>()
  for (const { address } of servers) {
    const { path, nextRequest } = addMessageContact
    const request = nextRequest()
    await load({ path, nextRequest: () => request, address, inFlight: 1, seconds: Infinity, maxCalls: 1 })
    const contact = await collectionOf(database).findOne({ directoryId: request.directoryId })
    shapes.add(JSON.stringify(shapeOf(contact)))
  }
  if (shapes.size > 1) throw new Error(`contacts are not stored in the same way: ${[...shapes].join(' ')}`)
}

/** The names and types of fields, in the order of the names. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (value === null || typeof value !== 'object' || value instanceof Date) return value?.constructor.name
  const fields = Object.entries(value).map(([name, field]) => [name, shapeOf(field)] as const)
  return fields.sort(([one], [other]) => (one < other ? -1 : 1))
}

async function rowsOf(name: string, server: MeasuredServer, database: Db): Promise<OperationRows> {
  const contacts = await prepareContacts(database, preparedDirectories)
  const update = callsRow(`UpdateMessageContact, ${name}`, updateMessageContact(contacts), server, inFlight)
  const listed = `${contactsPerDirectory} of ${contactsPerDirectory}`
  return {
    Add: callsRow(`AddMessageContact, ${name}`, addMessageContact, server, inFlight),
    Get: callsRow(`GetMessageContact, ${name}`, getMessageContact(contacts), server, inFlight),
    List: callsRow(`ListMessageContacts, ${listed}, ${name}`, listMessageContacts(contacts), server, inFlight),
    Update: { ...update, run: (seconds) => requireChanges(database, () => update.run(seconds)) },
  }
}

function printComparison(ours: OperationRows, { name, rows, goals }: Peer, results: Results): void {
  for (const operation of Object.keys(ours) as OperationName[]) {
    const cpu = ratios(cpuOf(results, ours[operation]), cpuOf(results, rows[operation]))
    printFigure(`CPU of ${operation} over that of ${name}`, goals[operation] ?? 'none', cpu)
    const rate = ratios(rateOf(results, ours[operation]), rateOf(results, rows[operation]))
    printFigure(`${operation} per second over that of ${name}`, 'none', rate)
  }
}
