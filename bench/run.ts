import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, MongoClient } from 'mongodb'
import { Database } from '../dev/database.js'
import { startToFirstAnswer } from './first-answer.js'
import { type Load, load, oneAfterAnother } from './load.js'
import { MeasuredProcess } from './measured-process.js'
import {
  addMessageContact,
  confirmVerification,
  contact,
  deleteMessageContact,
  emptyCall,
  getMessageContact,
  listMessageContacts,
  newDirectory,
  sendEmailVerification,
  updateMessageContact,
} from './operations.js'
import { changesIn, contactsPerDirectory, prepareContacts, prepareVerifications } from './prepared-contacts.js'
import { printFigure, printRows } from './report.js'
import { calls, measureInTurn, type Results, type Row } from './rows.js'

/**
 * What a call and a start cost, all in one run: machines are shared and noisy, so only the ratios between the rows are worth quoting.
 * Every row is measured in turn, for several rounds after one that does not count, and told by its medians; the start as often.
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const secondsARound = Number(process.env['BENCH_SECONDS'] ?? 4)
const callsForMemory = Number(process.env['BENCH_CALLS'] ?? 200_000)
/** Prepared for reads and changes: enough that nothing in flight meets, and few enough that preparing them takes seconds. */
const directories = 500
/** Each deletion uses up a contact, so these are counted. */
const deletionsARound = 4000
/** And so does each proof. */
const confirmationsARound = 2000

async function bench(mongodbUri: string) {
  const starts: number[] = []
  for (let start = 0; start < rounds; start += 1) starts.push(await startToFirstAnswer(mongodbUri))
  const gathering = await MeasuredProcess.start(mongodbUri)
  const oneByOne = await MeasuredProcess.start(mongodbUri, 'one-by-one')
  const driver = new MongoClient(mongodbUri, { writeConcern: { w: 'majority', journal: true } })

  const rows = await rowsOf(gathering, oneByOne, driver)
  const results = await measureInTurn(Object.values(rows), rounds, secondsARound)
  printRows(results)
  printRatios(rows, results)
  printFigure('Start to first answer, in seconds', 'at most 1', starts)
  await measureMemory(gathering)

  await driver.close()
  await gathering.stop()
  await oneByOne.stop()
}

/** In the order of the table. */
async function rowsOf(gathering: MeasuredProcess, oneByOne: MeasuredProcess, driver: MongoClient) {
  const database = driver.db(gathering.database)
  const contacts = await prepareContacts(database, directories)
  const contactsForOneByOne = await prepareContacts(driver.db(oneByOne.database), directories)
  const update = calls('(h) UpdateMessageContact', updateMessageContact(contacts), gathering, 64)
  const toDelete = await prepareContacts(database, Math.ceil((deletionsARound * (rounds + 1)) / contactsPerDirectory))
  const deletion = deleteMessageContact(toDelete)
  const toConfirm = Math.ceil((confirmationsARound * (rounds + 1)) / contactsPerDirectory)
  const confirmation = confirmVerification(await prepareVerifications(database, toConfirm))
  const sending = sendEmailVerification(await prepareVerifications(database, directories))
  return {
    empty: calls('(a) empty call', emptyCall, gathering, 64),
    add: calls('(b) AddMessageContact', addMessageContact, gathering, 64),
    addOneByOne: calls('(c) AddMessageContact, one insert each', addMessageContact, oneByOne, 64),
    emptyAlone: calls('(d) empty call, alone', emptyCall, gathering, 1),
    insertAlone: await rawInserts(driver),
    addAlone: calls('(d) AddMessageContact, alone', addMessageContact, gathering, 1),
    get: calls('(e) GetMessageContact', getMessageContact(contacts), gathering, 64),
    getOneByOne: calls('(f) GetMessageContact, one read each', getMessageContact(contactsForOneByOne), oneByOne, 64),
    list: calls('(g) ListMessageContacts, 20 of 20', listMessageContacts(contacts), gathering, 64),
    update: { ...update, run: (seconds: number) => everyOneChanging(database, () => update.run(seconds)) },
    delete: calls('(i) DeleteMessageContact', deletion, gathering, 64, deletionsARound),
    send: calls('(j) SendEmailVerification..., and delivery', sending, gathering, 64),
    confirm: calls('(k) ConfirmMessageContactVerification', confirmation, gathering, 64, confirmationsARound),
  }
}

async function rawInserts(driver: MongoClient): Promise<Row> {
  const documents = driver.db(`bench-${randomUUID().slice(0, 8)}`).collection('documents')
  await documents.createIndex({ directoryId: 1, name: 1 }, { unique: true })
  const insert = () => documents.insertOne({ ...contact, directoryId: newDirectory(), createDate: new Date() })
  const run = (seconds: number) => oneAfterAnother(insert, seconds)
  return { name: '(d) insert through the driver, alone', inFlight: 1, run }
}

/** A call that changes nothing writes nothing, and would make the row cheaper than it is. */
async function everyOneChanging(database: Db, run: () => Promise<Load>): Promise<Load> {
  const before = await changesIn(database)
  const result = await run()
  const changes = (await changesIn(database)) - before
  if (changes !== result.calls) throw new Error(`${result.calls} calls made ${changes} changes`)
  return result
}

/** One row over others, round by round. */
function printRatios(rows: Awaited<ReturnType<typeof rowsOf>>, results: Results) {
  const cpu = (row: Row) => (results.get(row) ?? []).map((one) => one.cpu)
  const p50 = (row: Row) => (results.get(row) ?? []).map((one) => one.p50)
  const over = (above: readonly number[], below: readonly number[]) =>
    above.map((value, round) => value / (below[round] ?? 0))
  const sum = (one: readonly number[], other: readonly number[]) =>
    one.map((value, round) => value + (other[round] ?? 0))
  const cpuOver = (name: string, goal: string, above: Row, below: Row) =>
    printFigure(`CPU of ${name}`, goal, over(cpu(above), cpu(below)))
  const { empty, add, addOneByOne, emptyAlone, insertAlone, addAlone, get, getOneByOne } = rows
  cpuOver('AddMessageContact over an empty call (b / a)', 'at most 1.35', add, empty)
  cpuOver('AddMessageContact one insert each over gathered (c / b)', 'at least 2.5', addOneByOne, add)
  const apart = sum(p50(insertAlone), p50(emptyAlone))
  printFigure('p50 alone over raw insert plus empty call (d)', 'at most 1.3', over(p50(addAlone), apart))
  cpuOver('GetMessageContact over an empty call (e / a)', 'at most 1.35', get, empty)
  cpuOver('GetMessageContact one read each over gathered (f / e)', 'above 1', getOneByOne, get)
  cpuOver('ListMessageContacts over an empty call (g / a)', 'at most 3', rows.list, empty)
  cpuOver('UpdateMessageContact over an empty call (h / a)', 'at most 5', rows.update, empty)
  cpuOver('DeleteMessageContact over an empty call (i / a)', 'none', rows.delete, empty)
  cpuOver('SendEmailVerification... over an empty call (j / a)', 'none', rows.send, empty)
  cpuOver('ConfirmMessageContactVerification over an empty call (k / a)', 'none', rows.confirm, empty)
}

async function measureMemory(service: MeasuredProcess) {
  console.log(`\nMemory over ${callsForMemory} calls of AddMessageContact, 64 in flight (after a collection)`)
  const steps = 5
  const stepOfCalls = { address: service.address, inFlight: 64, seconds: Infinity, calls: callsForMemory / steps }
  for (let step = 0; step <= steps; step += 1) {
    const { heap, resident } = await service.usage('memory')
    const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`
    console.log(
      `  after ${String((callsForMemory / steps) * step).padStart(7)} calls: heap ${megabytes(heap)}, resident ${megabytes(resident)}`,
    )
    if (step < steps) await load({ ...addMessageContact, ...stepOfCalls })
  }
}

const given = process.env['MONGODB_URI']
if (given) await bench(given)
else {
  const dataFolder = await mkdtemp(join(tmpdir(), 'message-contacts-bench-'))
  const database = await Database.start({ dataFolder, tell: console.log })
  console.log(`Database: ${database.description}\n`)
  await bench(database.uri).finally(() => database.stop())
  await rm(dataFolder, { recursive: true, force: true })
}
