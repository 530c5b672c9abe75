import { availableParallelism } from 'node:os'
import { type Db, MongoClient } from 'mongodb'
import { contactsPerLoadedDirectory, loadContacts } from './bulk-load.js'
import type { Cleanup } from './cleanup.js'
import { measureFirstAnswer } from './first-answer.js'
import type { LoadResult, Operation } from './load.js'
import { MeasuredProcess } from './measured-process.js'
import {
  addMessageContact,
  type ContactId,
  getMessageContact,
  isAddedDirectory,
  listMessageContacts,
  updateMessageContact,
} from './operations.js'
import type { BenchOptions } from './options.js'
import { collectionOf } from './prepared-contacts.js'
import { printFigure, printRows } from './report.js'
import { callsRow, cpuOf, measureRows, type Results, type Row, rateOf, ratios } from './rows.js'

const fewContacts = 1000
const inFlight = 64

/** The rows of one database. */
type OperationRows = Readonly<Record<'Add' | 'Get' | 'List' | 'Update', Row>>

/** A service whose database has so many contacts. */
interface Installation {
  readonly contacts: number
  readonly service: MeasuredProcess
  readonly database: Db
  readonly sample: readonly ContactId[]
}

/**
 * Measures whether operations, the start and the memory of the service depend on the number of contacts in its database, and how much more two
 * processes serve than one.
 */
export async function benchScale(mongodbUri: string, cleanup: Cleanup, options: BenchOptions): Promise<void> {
  const { contacts, rounds, seconds } = options
  const driver = new MongoClient(mongodbUri)
  cleanup.push(() => driver.close())
  const small = await install(mongodbUri, cleanup, driver, fewContacts)
  const large = await install(mongodbUri, cleanup, driver, contacts)
  const startSeconds: number[] = []
  for (let start = 1; start <= rounds; start += 1)
    startSeconds.push(await measureFirstAnswer(mongodbUri, cleanup, large.database.databaseName))

  const [smallRows, largeRows] = [rowsOf(small), rowsOf(large)]
  const rows = [...Object.values(smallRows), ...Object.values(largeRows)]
  let memoryBefore = await memoryOf(small, large)
  const results = await measureRows(rows, rounds, seconds, async () => {
    memoryBefore = await memoryOf(small, large)
  })
  const memoryAfter = await memoryOf(small, large)

  const pairs = await pairsOf(mongodbUri, cleanup, large)
  const pairResults = await measureRows(Object.values(pairs).flat(), rounds, seconds)
  printRows(new Map([...results, ...pairResults]))
  printCosts(smallRows, largeRows, results)
  printFigure(`Start with ${contacts} contacts to first answer, in seconds`, 'at most 2', startSeconds)
  printMemory(memoryBefore, memoryAfter)
  printPairs(pairs, pairResults)
}

/** Starts a service, which creates the indexes, and then fills its database. */
async function install(
  mongodbUri: string,
  cleanup: Cleanup,
  driver: MongoClient,
  contacts: number,
): Promise<Installation> {
  // The starts that are measured have other settings, which is a warning of each process.
  const service = await MeasuredProcess.start(mongodbUri, cleanup, 'batched', { LOG_LEVEL: 'error' })
  const database = driver.db(service.database)
  const stop = new AbortController()
  const loading = loadContacts(database, contacts, stop.signal)
  // An insert that is still on its way would bring back a database that has been dropped.
  cleanup.push(() => {
    stop.abort()
    return loading.catch(() => {})
  })
  return { contacts, service, database, sample: await loading }
}

function rowsOf({ contacts, service, database, sample }: Installation): OperationRows {
  const row = (name: string, operation: Operation) =>
    callsRow(`${name}, ${contacts} contacts`, operation, service, inFlight)
  const add = row('AddMessageContact', addMessageContact)
  return {
    Add: { ...add, run: (seconds) => withoutAdded(database, () => add.run(seconds)) },
    Get: row('GetMessageContact', getMessageContact(sample)),
    List: row(
      `ListMessageContacts, ${contactsPerLoadedDirectory} of ${contactsPerLoadedDirectory}`,
      listMessageContacts(sample),
    ),
    Update: row('UpdateMessageContact', updateMessageContact(sample)),
  }
}

/** Removes what was added, so that the number of contacts stays. */
async function withoutAdded(database: Db, run: () => Promise<LoadResult>): Promise<LoadResult> {
  const result = await run()
  await collectionOf(database).deleteMany({ directoryId: isAddedDirectory })
  return result
}

/** The resident memory of both services after garbage collection, in bytes. */
const memoryOf = async (small: Installation, large: Installation) => ({
  small: (await small.service.usage('memory')).resident,
  large: (await large.service.usage('memory')).resident,
})
type Memory = Awaited<ReturnType<typeof memoryOf>>

/** The same calls to one process and to two at once, each with its own calls in flight. */
async function pairsOf(mongodbUri: string, cleanup: Cleanup, { service, database, sample }: Installation) {
  const environment = { MONGODB_DATABASE: database.databaseName, LOG_LEVEL: 'error' }
  const second = await MeasuredProcess.start(mongodbUri, cleanup, 'batched', environment)
  const pairOf = (name: string, operation: Operation): readonly [Row, Row] => {
    const one = callsRow(`${name}, one process`, operation, service, inFlight)
    const other = callsRow(name, operation, second, inFlight)
    const both: Row = {
      name: `${name}, two processes`,
      inFlight: 2 * inFlight,
      service: { cpu: async () => (await service.cpu()) + (await second.cpu()) },
      run: async (seconds) => together(await Promise.all([one.run(seconds), other.run(seconds)])),
    }
    return [one, both]
  }
  return {
    Get: pairOf('GetMessageContact', getMessageContact(sample)),
    Update: pairOf('UpdateMessageContact', updateMessageContact(sample)),
  }
}
type Pairs = Awaited<ReturnType<typeof pairsOf>>

/** Two loads at the same time as one; of the latencies the worse ones. */
const together = ([one, other]: readonly [LoadResult, LoadResult]): LoadResult => ({
  calls: one.calls + other.calls,
  seconds: Math.max(one.seconds, other.seconds),
  p50: Math.max(one.p50, other.p50),
  p99: Math.max(one.p99, other.p99),
  refused: one.refused + other.refused,
})

function printCosts(smallRows: OperationRows, largeRows: OperationRows, results: Results): void {
  for (const name of ['Add', 'Get', 'List', 'Update'] as const) {
    const values = ratios(cpuOf(results, largeRows[name]), cpuOf(results, smallRows[name]))
    printFigure(`CPU of ${name} with many contacts over ${fewContacts}`, 'at most 1.10', values)
  }
}

function printMemory(before: Memory, after: Memory): void {
  printFigure('Resident memory with many contacts, after the calls over before', 'at most 1.10', [
    after.large / before.large,
  ])
  printFigure(`Resident memory with many contacts over ${fewContacts}`, 'at most 1.10', [after.large / after.small])
  const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`
  console.log(
    `  ${fewContacts} contacts: ${megabytes(before.small)} before, ${megabytes(after.small)} after;` +
      ` many: ${megabytes(before.large)} before, ${megabytes(after.large)} after`,
  )
}

function printPairs(pairs: Pairs, results: Results): void {
  for (const [name, [one, both]] of Object.entries(pairs)) {
    printFigure(
      `${name} per second of two processes over one`,
      'at least 1.80',
      ratios(rateOf(results, both), rateOf(results, one)),
    )
    printFigure(
      `CPU of ${name}, two processes over one`,
      'at most 1.11',
      ratios(cpuOf(results, both), cpuOf(results, one)),
    )
  }
  console.log(
    `  Services, database and load share ${availableParallelism()} cores. With a core for each process, a ratio of CPU of r means 2 / r times the calls.`,
  )
}
