import type { Ledger } from './ledger.js'
import type { CallFigures, Measurements } from './measurements.js'
import { type FlatFigures, verdictsOf } from './verdict.js'

/** Memory in megabytes. */
export interface SoakInterval extends FlatFigures, CallFigures {
  readonly heap: number
  /** Of the soak itself. */
  readonly own: number
}

const columns = ['interval', 'memory MB', 'heap MB', 'handles', 'p50 ms', 'p99 ms', 'calls', 'soak MB'] as const
const printCells = (cells: readonly string[], rest = '') =>
  console.log(`${cells.map((cell) => cell.padStart(11)).join('')}  ${rest}`)

export function printIntervalHeader(seconds: number): void {
  console.log(`Intervals of ${seconds.toFixed(0)} s; memory, heap and handles of the process that is never killed`)
  printCells(columns, 'refused')
}

export function printInterval(interval: SoakInterval, number: number): void {
  const { memory, heap, handles, p50, p99, calls, own, refused } = interval
  const cells = [
    number,
    memory.toFixed(1),
    heap.toFixed(1),
    handles,
    p50.toFixed(2),
    p99.toFixed(2),
    calls,
    own.toFixed(0),
  ]
  printCells(cells.map(String), reasonsOf(refused))
}

const reasonsOf = (refused: ReadonlyMap<string, number>) =>
  [...refused].map(([reason, count]) => `${count} ${reason}`).join(', ')

interface SoakSummary {
  readonly intervals: readonly SoakInterval[]
  readonly measurements: Measurements
  readonly ledgers: readonly Ledger[]
  readonly restarts: number
}

/** Prints what the run has shown. False if something is not as it must be. */
export function printSummary({ intervals, measurements, ledgers, restarts }: SoakSummary): boolean {
  const calls = intervals.reduce((sum, interval) => sum + interval.calls, 0)
  const writes = ledgers.reduce((sum, ledger) => sum + ledger.acknowledgedWrites, 0)
  const contacts = ledgers.reduce((sum, ledger) => sum + ledger.contacts.length, 0)
  const { problems, problemCount } = measurements
  console.log(
    `\n${calls} calls, ${restarts} kills and restarts, ${writes} acknowledged writes, ${contacts} contacts in the end`,
  )
  for (const problem of problems) console.log(`  ${problem}`)
  console.log(problemCount === 0 ? 'Check: nothing is lost' : `Check: ${problemCount} contradictions`)
  return printVerdict(intervals) && problemCount === 0
}

function printVerdict(intervals: readonly SoakInterval[]): boolean {
  const verdicts = verdictsOf(intervals)
  if (!verdicts) {
    console.log('Verdict: none, the run is too short')
    return true
  }
  for (const { name, first, last, max, isFlat } of verdicts) {
    const [from, to, limit] = [first, last, max].map((value) => value.toFixed(2))
    console.log(`  ${name}: ${from} at first, ${to} in the end, at most ${limit}: ${isFlat ? 'flat' : 'not flat'}`)
  }
  const isFlat = verdicts.every((verdict) => verdict.isFlat)
  console.log(`Verdict: ${isFlat ? 'flat' : 'not flat'}`)
  return isFlat
}
