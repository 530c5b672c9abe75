import { type Db, MongoClient } from 'mongodb'
import { newDatabaseName, startBenchDatabase } from './bench-database.js'
import type { Cleanup } from './cleanup.js'
import { benchFairness } from './fairness.js'
import { measureFirstAnswer } from './first-answer.js'
import { loadJson } from './http-load.js'
import { createKnownCallers } from './known-callers.js'
import { type LoadResult, load, loadSequentially } from './load.js'
import { MeasuredProcess } from './measured-process.js'
import {
  addMessageContact,
  confirmVerification,
  contact,
  deleteMessageContact,
  emptyCall,
  emptyCallBy,
  getMessageContact,
  listMessageContacts,
  newDirectory,
  refusedCall,
  sendEmailVerification,
  updateMessageContact,
} from './operations.js'
import { readBenchOptions } from './options.js'
import { benchPeers } from './peers/peers.js'
import {
  contactsPerDirectory,
  prepareContacts,
  prepareVerifications,
  requireChanges,
  untilDelivered,
} from './prepared-contacts.js'
import { optionsOrExit, runProgram } from './program.js'
import { printFigure, printProgress, printRows } from './report.js'
import { callsRow, cpuOf, measureRows, type Results, type Row, ratios } from './rows.js'
import { benchScale } from './scale.js'

/**
 * Measures what a call and a start cost, all in one run; with an argument, another part: how much a directory under full load slows down
 * others, whether a million contacts cost more, or what services that are written in the usual way cost.
 * Machines are shared and noisy, so only the ratios between the rows can be compared.
 */
const options = optionsOrExit(() => readBenchOptions(process.argv.slice(2), process.env))
const { rounds, seconds: secondsPerRound, calls: callsForMemory } = options
/**
 * Directories with contacts to read and change: enough that no two calls in flight meet, and few enough to be prepared in seconds.
 * Like the next two numbers, in proportion to the duration: a short run prepares less.
 */
const directories = Math.ceil(125 * secondsPerRound)
/** Limited, because each deletion needs another contact. */
const deletionsPerRound = Math.ceil(1000 * secondsPerRound)
/** Limited, because each confirmation needs another verification. */
const confirmationsPerRound = Math.ceil(500 * secondsPerRound)

async function bench(cleanup: Cleanup): Promise<number> {
  printProgress('Benchmark of the service. Ctrl-C ends it and removes what it has written.')
  const mongodbUri = await startBenchDatabase(cleanup)
  switch (options.part) {
    case 'costs':
      await benchCosts(mongodbUri, cleanup)
      break
    case 'fairness':
      await benchFairness(mongodbUri, cleanup, rounds, secondsPerRound)
      break
    case 'scale':
      await benchScale(mongodbUri, cleanup, options)
      break
    case 'peers':
      await benchPeers(mongodbUri, cleanup, options)
  }
  return 0
}

/** Limited, because each code is waited for, and a process prints more slowly than it takes requests. */
const sendsPerRound = 900

async function benchCosts(mongodbUri: string, cleanup: Cleanup): Promise<void> {
  const startSeconds = await measureStarts(mongodbUri, cleanup)
  const floor = await MeasuredProcess.startFloor(cleanup)
  const batched = await MeasuredProcess.start(mongodbUri, cleanup)
  const unbatched = await MeasuredProcess.start(mongodbUri, cleanup, 'unbatched')
  const encrypted = await MeasuredProcess.startWithTls(mongodbUri, cleanup)
  const driver = new MongoClient(mongodbUri, { writeConcern: { w: 'majority', journal: true } })
  cleanup.push(() => driver.close())

  printProgress('Preparing contacts')
  const rows = {
    ...(await createRows({ floor, batched, unbatched, encrypted }, driver)),
    ...(await createRowsWithMetrics(mongodbUri, cleanup)),
    ...(await createRowsOfCallers(mongodbUri, cleanup)),
  }
  const results = await measureRows(Object.values(rows), rounds, secondsPerRound)
  printRows(results)
  printRatios(rows, results)
  printFigure('Start to first answer, in seconds', 'at most 1', startSeconds)
  await measureMemory(batched)
}

async function measureStarts(mongodbUri: string, cleanup: Cleanup): Promise<readonly number[]> {
  const startSeconds: number[] = []
  for (let start = 1; start <= rounds; start += 1) {
    const seconds = await measureFirstAnswer(mongodbUri, cleanup)
    printProgress(`Start ${start} of ${rounds}: ${seconds.toFixed(2)} s`)
    startSeconds.push(seconds)
  }
  return startSeconds
}

/** The processes that are measured. */
interface MeasuredProcesses {
  readonly floor: MeasuredProcess
  readonly batched: MeasuredProcess
  readonly unbatched: MeasuredProcess
  readonly encrypted: MeasuredProcess
}

/** The rows in the order of the table. */
async function createRows({ floor, batched, unbatched, encrypted }: MeasuredProcesses, driver: MongoClient) {
  const database = driver.db(batched.database)
  const contacts = await prepareContacts(database, directories)
  const contactsForUnbatched = await prepareContacts(driver.db(unbatched.database), directories)
  const update = callsRow('(h) UpdateMessageContact', updateMessageContact(contacts), batched, 64)
  const toDelete = await prepareContacts(database, directoriesFor(deletionsPerRound))
  const deletion = deleteMessageContact(toDelete)
  const confirmation = confirmVerification(await prepareVerifications(database, directoriesFor(confirmationsPerRound)))
  const sending = sendEmailVerification(await prepareVerifications(database, directories))
  const send = callsRow('(j) SendEmailVerification..., and delivery', sending, batched, 64, sendsPerRound)
  const getUnbatched = getMessageContact(contactsForUnbatched)
  return {
    floor: callsRow('(0) empty call, bare grpc-js server', emptyCall, floor, 64),
    empty: callsRow('(a) empty call', emptyCall, batched, 64),
    refused: callsRow('(r) refusal, malformed contact id', refusedCall, batched, 64),
    add: callsRow('(b) AddMessageContact', addMessageContact, batched, 64),
    addJson: createJsonRow(batched),
    addUnbatched: callsRow('(c) AddMessageContact, unbatched', addMessageContact, unbatched, 64),
    emptyAlone: callsRow('(d) empty call, alone', emptyCall, batched, 1),
    insertAlone: await createInsertRow(driver),
    addAlone: callsRow('(d) AddMessageContact, alone', addMessageContact, batched, 1),
    get: callsRow('(e) GetMessageContact', getMessageContact(contacts), batched, 64),
    getUnbatched: callsRow('(f) GetMessageContact, unbatched', getUnbatched, unbatched, 64),
    list: callsRow('(g) ListMessageContacts, 20 of 20', listMessageContacts(contacts), batched, 64),
    update: { ...update, run: (seconds: number) => requireChanges(database, () => update.run(seconds)) },
    delete: callsRow('(i) DeleteMessageContact', deletion, batched, 64, deletionsPerRound),
    send: { ...send, run: (seconds: number) => withDeliveries(database, () => send.run(seconds)) },
    confirm: callsRow('(k) ConfirmMessageContactVerification', confirmation, batched, 64, confirmationsPerRound),
    emptyWithTls: callsRow('(q) empty call over TLS', emptyCall, encrypted, 64),
  }
}

/** The empty call by callers that are authenticated. */
async function createRowsOfCallers(mongodbUri: string, cleanup: Cleanup) {
  const { environment, token, jwt } = await createKnownCallers(cleanup)
  const service = await MeasuredProcess.start(mongodbUri, cleanup, 'batched', environment)
  return {
    emptyByToken: callsRow('(l) empty call, with an API token', emptyCallBy(token), service, 64),
    emptyByJwt: callsRow('(m) empty call, with a JWT seen before', emptyCallBy(jwt), service, 64),
  }
}

/** The same calls in a process that has an admin listener, and so counts. */
async function createRowsWithMetrics(mongodbUri: string, cleanup: Cleanup) {
  const service = await MeasuredProcess.start(mongodbUri, cleanup, 'batched', { ADMIN_LISTEN: '127.0.0.1:0' })
  return {
    emptyWithMetrics: callsRow('(n) empty call, with metrics', emptyCall, service, 64),
    addWithMetrics: callsRow('(o) AddMessageContact, with metrics', addMessageContact, service, 64),
  }
}

type Rows = Awaited<ReturnType<typeof createRows>> &
  Awaited<ReturnType<typeof createRowsWithMetrics>> &
  Awaited<ReturnType<typeof createRowsOfCallers>>

/** The number of full directories that have a contact for every call of all rounds. */
const directoriesFor = (callsPerRound: number) => Math.ceil((callsPerRound * (rounds + 1)) / contactsPerDirectory)

function createJsonRow(service: MeasuredProcess): Row {
  const run = (seconds: number) => loadJson(service.httpAddress, 64, seconds)
  return { name: '(b) AddMessageContact, Connect with JSON', inFlight: 64, service, run }
}

async function createInsertRow(driver: MongoClient): Promise<Row> {
  const documents = driver.db(newDatabaseName()).collection('documents')
  await documents.createIndex({ directoryId: 1, name: 1 }, { unique: true })
  const insert = () => documents.insertOne({ ...contact, directoryId: newDirectory(), createDate: new Date() })
  const run = (seconds: number) => loadSequentially(insert, seconds)
  return { name: '(d) insert through the driver, alone', inFlight: 1, run }
}

/** Until the messages that the calls asked for are delivered: that belongs to what sending costs. */
async function withDeliveries(database: Db, run: () => Promise<LoadResult>): Promise<LoadResult> {
  const result = await run()
  await untilDelivered(database)
  return result
}

/** Prints the ratios of rows, each calculated round by round. */
function printRatios(rows: Rows, results: Results) {
  const p50Of = (row: Row) => (results.get(row) ?? []).map(({ p50 }) => p50)
  const sums = (ones: readonly number[], others: readonly number[]) =>
    ones.map((one, round) => one + (others[round] ?? 0))
  const printCpuRatio = (name: string, goal: string, dividend: Row, divisor: Row) =>
    printFigure(`CPU of ${name}`, goal, ratios(cpuOf(results, dividend), cpuOf(results, divisor)))
  const { floor, empty, refused, add, addUnbatched, emptyAlone, insertAlone, addAlone, get, getUnbatched } = rows
  printCpuRatio('an empty call over the floor (a / 0)', 'at most 1.20', empty, floor)
  printCpuRatio('a refusal over the floor (r / 0)', 'at most 1.45', refused, floor)
  printCpuRatio('AddMessageContact over the floor (b / 0)', 'at most 1.60', add, floor)
  printCpuRatio('GetMessageContact over the floor (e / 0)', 'at most 1.50', get, floor)
  printCpuRatio('ListMessageContacts over the floor (g / 0)', 'at most 4.0', rows.list, floor)
  printCpuRatio('UpdateMessageContact over the floor (h / 0)', 'at most 3.0', rows.update, floor)
  printCpuRatio('DeleteMessageContact over the floor (i / 0)', 'at most 3.0', rows.delete, floor)
  printCpuRatio('SendEmailVerification... and delivery over the floor (j / 0)', 'at most 9', rows.send, floor)
  printCpuRatio('ConfirmMessageContactVerification over the floor (k / 0)', 'at most 3.0', rows.confirm, floor)
  printCpuRatio('AddMessageContact with JSON over gRPC (b)', 'none', rows.addJson, add)
  printCpuRatio('AddMessageContact unbatched over batched (c / b)', 'at least 2.5', addUnbatched, add)
  printCpuRatio('GetMessageContact unbatched over batched (f / e)', 'above 1', getUnbatched, get)
  const insertAndEmpty = sums(p50Of(insertAlone), p50Of(emptyAlone))
  printFigure('p50 alone over insert plus empty call (d)', 'at most 1.3', ratios(p50Of(addAlone), insertAndEmpty))
  printCpuRatio('an empty call with an API token over one without (l / a)', 'at most 1.10', rows.emptyByToken, empty)
  printCpuRatio('an empty call with metrics over one without (n / a)', 'at most 1.03', rows.emptyWithMetrics, empty)
  printCpuRatio('AddMessageContact with metrics over without (o / b)', 'at most 1.03', rows.addWithMetrics, add)
  printCpuRatio('an empty call with a JWT over one without (m / a)', 'at most 1.10', rows.emptyByJwt, empty)
  printCpuRatio('an empty call over TLS over one without (q / a)', 'at most 1.35', rows.emptyWithTls, empty)
}

async function measureMemory(service: MeasuredProcess) {
  console.log(`\nMemory over ${callsForMemory} calls of AddMessageContact, 64 in flight (after garbage collection)`)
  const steps = 5
  const callsPerStep = callsForMemory / steps
  const stepLoad = { address: service.address, inFlight: 64, seconds: Infinity, maxCalls: callsPerStep }
  for (let step = 0; step <= steps; step += 1) {
    const { heap, resident } = await service.usage('memory')
    const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`
    const calls = String(callsPerStep * step).padStart(7)
    console.log(`  after ${calls} calls: heap ${megabytes(heap)}, resident ${megabytes(resident)}`)
    if (step < steps) await load({ ...addMessageContact, ...stepLoad })
  }
}

await runProgram(bench)
