import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import type { Contact } from '../src/contacts/contact.js'
import type { Cleanup } from './cleanup.js'
import type { DirectoryLoad, LoadKind, LoadMessage } from './directory-under-load.js'
import { call, type LoadResult, load, loadSequentially, okStatus, openSession } from './load.js'
import { MeasuredProcess } from './measured-process.js'
import { addMessageContact, getMessageContact, sendPhoneVerification } from './operations.js'
import { prepareContacts, preparePhones } from './prepared-contacts.js'
import { printFairness, printProgress } from './report.js'
import { startSmsGateway } from './sms-gateway.js'

const loadKinds: readonly LoadKind[] = ['reads', 'updates', 'adds', 'lists']
/** As many as one connection may have open. */
const callsInFlight = 250
/** Few, because a database for development looks at all contacts to find a due message. */
const directories = 10

/** Of the measured service. */
const settings = {
  // Many messages to few addresses.
  SMS_PER_DIRECTORY_PER_DAY: '10000',
  MESSAGES_PER_ADDRESS_PER_DAY: '10000',
  MESSAGES_PER_ADDRESS_PER_MINUTE: '100',
  // The defaults, which protect the other directories.
  CALLS_PER_SECOND_PER_CALLER: '1000',
  CALLS_PER_SECOND_PER_DIRECTORY: '1000',
  MAX_CALLS_IN_FLIGHT_PER_CALLER: '250',
  // The refusals of the directory under load would be warnings.
  LOG_LEVEL: 'error',
}

/** What is measured of another directory, one call at a time. */
type Measured = 'GetMessageContact' | 'AddMessageContact' | 'delivery'
type Measurements = Readonly<Record<Measured, (seconds: number) => Promise<LoadResult>>>

/** The results of one round: without load, and under each kind of load. */
export interface FairnessRound {
  readonly quiet: Readonly<Record<string, LoadResult>>
  readonly loaded: readonly LoadedResult[]
}

export interface LoadedResult {
  readonly kind: LoadKind
  /** Of the directory that makes the load. */
  readonly load: LoadResult
  readonly results: Readonly<Record<string, LoadResult>>
}

/**
 * Measures how much one directory at full load slows down another one: its calls, and its messages from the call to the gateway.
 * All client processes share the machine with the service and the database, which makes the ratios worse than they are elsewhere.
 */
export async function benchFairness(
  mongodbUri: string,
  cleanup: Cleanup,
  rounds: number,
  seconds: number,
): Promise<void> {
  const gateway = await startGateway(cleanup)
  const service = await MeasuredProcess.start(mongodbUri, cleanup, 'batched', {
    ...gateway.settings,
    ...settings,
  })
  const driver = new MongoClient(mongodbUri)
  cleanup.push(() => driver.close())
  printProgress('Preparing contacts')
  const database = driver.db(service.database)
  const [target] = await prepareContacts(database, 1)
  if (!target) throw new Error('there is no contact to change')
  const measurements: Measurements = {
    ...callsOf(service, await prepareContacts(database, directories)),
    delivery: await deliveriesOf(service, await preparePhones(database, directories), gateway, cleanup),
  }
  const steps = 1 + loadKinds.length
  const minutes = ((rounds + 1) * steps * Object.keys(measurements).length * seconds) / 60
  printProgress(`Measuring ${rounds} rounds: about ${minutes.toFixed(1)} minutes`)
  const results: FairnessRound[] = []
  for (let round = 0; round <= rounds; round += 1) {
    printProgress(round === 0 ? 'Warm-up round' : `Round ${round} of ${rounds}`)
    const result = await measureRound(service, target, measurements, seconds)
    if (round > 0) results.push(result)
  }
  printFairness(results)
}

async function measureRound(
  { address }: MeasuredProcess,
  { directoryId, _id: contactId }: Contact,
  measurements: Measurements,
  seconds: number,
): Promise<FairnessRound> {
  const quiet = await measureAll(measurements, seconds)
  const loaded: LoadedResult[] = []
  for (const kind of loadKinds) {
    const directoryLoad = { address, kind, directoryId, contactId, inFlight: callsInFlight }
    loaded.push(await underLoad(directoryLoad, () => measureAll(measurements, seconds)))
  }
  return { quiet, loaded }
}

async function measureAll(measurements: Measurements, seconds: number): Promise<Readonly<Record<string, LoadResult>>> {
  const results: Record<string, LoadResult> = {}
  for (const [name, measure] of Object.entries(measurements)) results[name] = await measure(seconds)
  return results
}

async function underLoad(
  directoryLoad: DirectoryLoad,
  measure: () => Promise<Readonly<Record<string, LoadResult>>>,
): Promise<LoadedResult> {
  const program = fileURLToPath(new URL('./directory-under-load.js', import.meta.url))
  const child = fork(program, [JSON.stringify(directoryLoad)])
  const nextMessage = async () => (await once(child, 'message')) as [LoadMessage]
  await nextMessage()
  const results = await measure()
  child.send('end')
  const [result] = await nextMessage()
  if (result === 'started') throw new Error('the load did not end')
  return { kind: directoryLoad.kind, load: result, results }
}

/** Calls one after the other; Adds go to new directories, so that none is full. */
function callsOf({ address }: MeasuredProcess, contacts: readonly Contact[]) {
  const sequentially = { address, inFlight: 1 }
  const reading = getMessageContact(contacts)
  return {
    GetMessageContact: (seconds: number) => load({ ...reading, ...sequentially, seconds }),
    AddMessageContact: (seconds: number) => load({ ...addMessageContact, ...sequentially, seconds }),
  }
}

/** Text messages one after the other, each from the call until it is at the gateway. */
async function deliveriesOf(
  { address }: MeasuredProcess,
  contacts: readonly Contact[],
  gateway: Gateway,
  cleanup: Cleanup,
): Promise<(seconds: number) => Promise<LoadResult>> {
  const { path, nextRequest } = sendPhoneVerification(contacts)
  const session = await openSession(address)
  cleanup.push(async () => session.destroy())
  const deliver = async () => {
    const arrived = gateway.nextMessage()
    const status = await call(session, path, nextRequest())
    if (status !== okStatus) throw new Error(`a message was refused with status ${status}`)
    await arrived
  }
  return (seconds) => loadSequentially(deliver, seconds)
}

/** Accepts all text messages. */
interface Gateway {
  readonly settings: Readonly<Record<string, string>>
  /** Resolves when the next message arrives. */
  readonly nextMessage: () => Promise<void>
}

async function startGateway(cleanup: Cleanup): Promise<Gateway> {
  let arrived: () => void = () => {}
  const settings = await startSmsGateway(cleanup, () => arrived())
  const nextMessage = () =>
    new Promise<void>((resolve) => {
      arrived = resolve
    })
  return { settings, nextMessage }
}
