import { setTimeout as pause } from 'node:timers/promises'
import { stopSignal } from '../src/lifecycle.js'
import { Cleanup } from './cleanup.js'
import { UsageError } from './options.js'

/** Of a program that was started with arguments or settings that it does not have. */
const usageExitCode = 2
/** By convention, 128 and the number of SIGINT. */
const interruptedExitCode = 130
/** How long after a failure its signal may come, in milliseconds: Ctrl-C reaches all processes, and another one may end first. */
const maxSignalDelayMs = 1000

/** The options that `read` gives. If it throws UsageError, prints what is wrong and ends the process. */
export function optionsOrExit<Options>(read: () => Options): Options {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    process.exit(usageExitCode)
  }
}

/** Runs a benchmark until it gives its exit code or is interrupted, closes what it has opened, and ends the process. */
export async function runProgram(benchmark: (cleanup: Cleanup) => Promise<number>): Promise<never> {
  const cleanup = new Cleanup()
  const interrupted = stopSignal().then(() => interruptedExitCode)
  const reportFailure = async (error: unknown) => {
    const isInterrupted = await Promise.race([interrupted.then(() => true), pause(maxSignalDelayMs, false)])
    if (!isInterrupted) console.error(error)
    return 1
  }
  const exitCode = await Promise.race([benchmark(cleanup).catch(reportFailure), interrupted])
  await cleanup.closeAll()
  process.exit(exitCode)
}
