import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { newDatabaseName, startBenchDatabase } from '../bench-database.js'
import type { Cleanup } from '../cleanup.js'
import { MeasuredProcess } from '../measured-process.js'
import { readSoakOptions } from '../options.js'
import { optionsOrExit, runProgram } from '../program.js'
import { printProgress } from '../report.js'
import { startSmsGateway } from '../sms-gateway.js'
import { Ledger } from './ledger.js'
import { Measurements } from './measurements.js'
import { SentCodes } from './sent-codes.js'
import { SoakCaller, type SoakCallerOptions } from './soak-caller.js'
import { printInterval, printIntervalHeader, printSummary, type SoakInterval } from './soak-report.js'
import { SoakedProcess } from './soaked-process.js'
import { differencesFromStored } from './stored-contacts.js'

/**
 * Calls of all kinds for a long time, to two processes, of which one is killed and restarted again and again. Shows whether memory, handles and
 * latencies of the other one stay as they are, and in the end whether everything that was acknowledged is stored.
 */
const { minutes } = optionsOrExit(() => readSoakOptions(process.argv.slice(2), process.env))
const runMs = minutes * 60_000
const intervalCount = 30
const minIntervalMs = 1000
const intervalMs = Math.max(minIntervalMs, runMs / intervalCount)
/** Between two ends of a process; in a short run there are several, too. */
const restartIntervalMs = Math.min(20_000, runMs / 6)

const callerCount = 16
const directoriesPerCaller = 4

async function soak(cleanup: Cleanup): Promise<number> {
  printProgress(`Soak of ${minutes} minutes. Ctrl-C ends it and removes what it has written.`)
  const mongodbUri = await startBenchDatabase(cleanup)
  const driver = new MongoClient(mongodbUri)
  cleanup.push(() => driver.close())
  const codes = new SentCodes()
  const environment = {
    ...(await startSmsGateway(cleanup, (message) => codes.receive(message))),
    MONGODB_DATABASE: newDatabaseName(),
    SMS_PER_DIRECTORY_PER_DAY: '10000',
    VERIFICATION_CODE_TTL_SECONDS: '86400',
    // The disturbances of the run would be warnings.
    LOG_LEVEL: 'error',
  }
  const start = (own: Cleanup) => MeasuredProcess.start(mongodbUri, own, 'batched', environment)
  const steady = await SoakedProcess.start(start, cleanup)
  const restarted = await SoakedProcess.start(start, cleanup)

  const measurements = new Measurements()
  const callers = createCallers({ processes: [steady, restarted], codes, measurements })
  const endTime = performance.now() + runMs
  const isRunning = () => performance.now() < endTime
  const working = Promise.all(callers.map(({ caller }) => caller.run(isRunning)))
  const restarting = restartRepeatedly(restarted, isRunning)
  const intervals = await measureIntervals(steady, measurements, isRunning)
  const restarts = await restarting
  await working

  const ledgers = callers.flatMap((one) => one.ledgers)
  printProgress('Comparing what is stored with what was acknowledged')
  measurements.addProblems(await differencesFromStored(driver.db(environment.MONGODB_DATABASE), ledgers))
  return printSummary({ intervals, measurements, ledgers, restarts }) ? 0 : 1
}

/** Callers with directories that no other caller writes to. */
const createCallers = (options: Omit<SoakCallerOptions, 'ledgers'>) =>
  Array.from({ length: callerCount }, (_, index) => {
    const directoryIds = Array.from({ length: directoriesPerCaller }, (_, directory) => `soak-${index}-${directory}`)
    const ledgers = directoryIds.map((directoryId) => new Ledger(directoryId))
    return { ledgers, caller: new SoakCaller({ ...options, ledgers }) }
  })

/** Kills the process and stops it in order, in turn. Gives how often. */
async function restartRepeatedly(restarted: SoakedProcess, isRunning: () => boolean): Promise<number> {
  for (let count = 0; ; count += 1) {
    await pause(restartIntervalMs)
    if (!isRunning()) return count
    await restarted.restart(count % 2 === 0 ? 'kill' : 'stop')
  }
}

/** Measures and reports each interval. */
async function measureIntervals(
  steady: SoakedProcess,
  measurements: Measurements,
  isRunning: () => boolean,
): Promise<readonly SoakInterval[]> {
  const intervals: SoakInterval[] = []
  printIntervalHeader(intervalMs / 1000)
  while (isRunning()) {
    await pause(intervalMs)
    const usage = await steady.usage()
    if (!usage) throw new Error('the process that is never killed has ended')
    const interval = {
      ...measurements.take(),
      memory: usage.resident / 1024 / 1024,
      heap: usage.heap / 1024 / 1024,
      handles: usage.handles,
      own: process.memoryUsage.rss() / 1024 / 1024,
    }
    intervals.push(interval)
    printInterval(interval, intervals.length)
  }
  return intervals
}

await runProgram(soak)
