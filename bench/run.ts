import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create, toBinary } from '@bufbuild/protobuf'
import { MongoClient } from 'mongodb'
import { Database } from '../dev/database.js'
import { MessageType, Title } from '../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  AddMessageContactRequestSchema,
  MessageContactService,
} from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { emptyPath } from './empty-service.js'
import { framed, type Load, load, oneAfterAnother } from './load.js'
import type { Question, Told, Usage } from './measured-service.js'

/**
 * What a call costs, all in one run: machines are shared and noisy, so only the ratios between the rows are worth quoting.
 * Every row is measured in turn, for several rounds after one that does not count, and told by its medians.
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const secondsARound = Number(process.env['BENCH_SECONDS'] ?? 4)
const callsForMemory = Number(process.env['BENCH_CALLS'] ?? 200_000)

/** The service in a process of its own, and what it has used. */
class MeasuredService {
  readonly address: string
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, address: string) {
    this.#process = child
    this.address = address
  }

  static async start(mongodbUri: string, ...options: readonly string[]): Promise<MeasuredService> {
    const child = fork(fileURLToPath(new URL('./measured-service.js', import.meta.url)), [...options], {
      execArgv: ['--expose-gc', ...execArguments],
      env: {
        ...process.env,
        MONGODB_URI: mongodbUri,
        MONGODB_DATABASE: `bench-${randomUUID().slice(0, 8)}`,
        LISTEN: '127.0.0.1:0',
      },
    })
    const [told] = (await once(child, 'message')) as [Extract<Told, { address: string }>]
    return new MeasuredService(child, told.address)
  }

  async usage(question: Question): Promise<Usage> {
    this.#process.send(question)
    const [usage] = (await once(this.#process, 'message')) as [Usage]
    return usage
  }

  async stop(): Promise<void> {
    this.#process.disconnect()
    await once(this.#process, 'exit')
  }
}

/** For a profile of the measured process: BENCH_NODE='--cpu-prof --cpu-prof-dir=reports'. */
const execArguments = (process.env['BENCH_NODE'] ?? '').split(' ').filter((argument) => argument !== '')

interface Row {
  readonly name: string
  readonly inFlight: number
  /** Whose CPU is counted; a row without one is not about the service. */
  readonly service?: MeasuredService
  readonly run: () => Promise<Load>
}

interface Measured extends Load {
  /** Microseconds of the service's CPU for each call. */
  readonly cpu: number
}

const addPath = `/${MessageContactService.typeName}/${MessageContactService.method.addMessageContact.name}`
const contact = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: Title.TECHNICAL_DIRECTOR,
  messageTypes: [MessageType.ACCOUNT_EXPENSES],
}
const addMessage = framed(toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, contact)))
const emptyMessage = framed(new Uint8Array())

let directories = 0
const newDirectory = () => {
  directories += 1
  return `bench-${directories}`
}

const calls =
  (path: string, message: Buffer) =>
  (name: string, service: MeasuredService, inFlight: number): Row => ({
    name,
    inFlight,
    service,
    run: () => loadOf(service, path, message, inFlight),
  })
const empty = calls(emptyPath, emptyMessage)
const add = calls(addPath, addMessage)

function loadOf(service: MeasuredService, path: string, message: Buffer, inFlight: number, calls?: number) {
  const seconds = calls === undefined ? secondsARound : Number.POSITIVE_INFINITY
  const options = { address: service.address, path, message, directoryOf: newDirectory, inFlight, seconds }
  return load(calls === undefined ? options : { ...options, calls })
}

async function measure({ service, run }: Row): Promise<Measured> {
  const before = await service?.usage('cpu')
  const result = await run()
  const after = await service?.usage('cpu')
  return { ...result, cpu: before && after ? (after.cpu - before.cpu) / result.calls : Number.NaN }
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** Row by row, round by round, so that a slow moment of the machine falls on all rows alike. */
async function measureInTurn(rows: readonly Row[]): Promise<ReadonlyMap<Row, readonly Measured[]>> {
  const results = new Map<Row, Measured[]>(rows.map((row) => [row, []]))
  for (let round = 0; round <= rounds; round += 1)
    for (const row of rows) {
      const measured = await measure(row)
      if (round > 0) results.get(row)?.push(measured)
    }
  return results
}

const columns = [36, 9, 9, 14, 9, 9] as const
const print = (...cells: readonly string[]) =>
  console.log(
    cells.map((cell, index) => (index === 0 ? cell.padEnd(columns[0]) : cell.padStart(columns[index] ?? 0))).join(''),
  )

function printRow({ name, inFlight }: Row, all: readonly Measured[]) {
  const of = (figure: (one: Measured) => number) => median(all.map(figure))
  const cpu = of((one) => one.cpu)
  print(
    name,
    String(inFlight),
    of((one) => one.calls / one.seconds).toFixed(0),
    Number.isNaN(cpu) ? '-' : cpu.toFixed(1),
    of((one) => one.p50).toFixed(2),
    of((one) => one.p99).toFixed(2),
  )
}

/** A figure of one row over that of others, round by round; its median and its spread beside the goal. */
function printRatio(name: string, goal: string, ratios: readonly number[]) {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  console.log(
    `${name.padEnd(70)}${median(ratios).toFixed(2)}  (${least.toFixed(2)} to ${most.toFixed(2)}; goal ${goal})`,
  )
}

async function measureMemory(service: MeasuredService) {
  console.log(`\nMemory over ${callsForMemory} calls of AddMessageContact, 64 in flight (after a collection)`)
  const steps = 5
  for (let step = 0; step <= steps; step += 1) {
    const { heap, resident } = await service.usage('memory')
    const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`
    console.log(
      `  after ${String((callsForMemory / steps) * step).padStart(7)} calls: heap ${megabytes(heap)}, resident ${megabytes(resident)}`,
    )
    if (step < steps) await loadOf(service, addPath, addMessage, 64, callsForMemory / steps)
  }
}

async function bench(mongodbUri: string) {
  const gathering = await MeasuredService.start(mongodbUri)
  const oneByOne = await MeasuredService.start(mongodbUri, 'one-by-one')
  const driver = new MongoClient(mongodbUri, { writeConcern: { w: 'majority', journal: true } })
  const documents = driver.db(`bench-${randomUUID().slice(0, 8)}`).collection('documents')
  await documents.createIndex({ directoryId: 1, name: 1 }, { unique: true })
  const rawInsert = () => documents.insertOne({ ...contact, directoryId: newDirectory(), createDate: new Date() })

  await compare({
    empty: empty('(a) empty call', gathering, 64),
    add: add('(b) AddMessageContact', gathering, 64),
    addOneByOne: add('(c) AddMessageContact, one insert each', oneByOne, 64),
    emptyAlone: empty('(d) empty call, alone', gathering, 1),
    insertAlone: {
      name: '(d) insert through the driver, alone',
      inFlight: 1,
      run: () => oneAfterAnother(rawInsert, secondsARound),
    },
    addAlone: add('(d) AddMessageContact, alone', gathering, 1),
  })
  await measureMemory(gathering)

  await driver.close()
  await gathering.stop()
  await oneByOne.stop()
}

async function compare(
  rows: Readonly<Record<'empty' | 'add' | 'addOneByOne' | 'emptyAlone' | 'insertAlone' | 'addAlone', Row>>,
) {
  const results = await measureInTurn(Object.values(rows))
  print('', 'in flight', 'calls/s', 'CPU us/call', 'p50 ms', 'p99 ms')
  for (const [row, all] of results) printRow(row, all)
  const cpu = (row: Row) => (results.get(row) ?? []).map((one) => one.cpu)
  const p50 = (row: Row) => (results.get(row) ?? []).map((one) => one.p50)
  const over = (above: readonly number[], below: readonly number[]) =>
    above.map((value, round) => value / (below[round] ?? 0))
  const sum = (one: readonly number[], other: readonly number[]) =>
    one.map((value, round) => value + (other[round] ?? 0))
  const { empty, add, addOneByOne, emptyAlone, insertAlone, addAlone } = rows
  console.log()
  printRatio('CPU of AddMessageContact over an empty call (b / a)', 'at most 1.35', over(cpu(add), cpu(empty)))
  printRatio('CPU one insert each over gathered (c / b)', 'at least 2.5', over(cpu(addOneByOne), cpu(add)))
  const apart = sum(p50(insertAlone), p50(emptyAlone))
  printRatio('p50 alone over raw insert plus empty call (d)', 'at most 1.3', over(p50(addAlone), apart))
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
