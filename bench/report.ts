import type { FairnessRound } from './fairness.js'
import type { LoadResult } from './load.js'
import { median } from './median.js'
import type { Results, Row, RowResult } from './rows.js'

const columnWidths = [44, 9, 9, 14, 9, 9] as const
const printCells = (...cells: readonly string[]) =>
  console.log(
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(columnWidths[0]) : cell.padStart(columnWidths[index] ?? 0)))
      .join(''),
  )

/** To standard error, so that standard output contains only results. */
export function printProgress(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Prints a table of all rows: the medians of their rounds. */
export function printRows(results: Results): void {
  console.log()
  printCells('', 'in flight', 'calls/s', 'CPU us/call', 'p50 ms', 'p99 ms')
  for (const [row, rounds] of results) printRow(row, rounds)
  console.log()
}

function printRow({ name, inFlight }: Row, rounds: readonly RowResult[]) {
  const medianOf = (figure: (result: RowResult) => number) => median(rounds.map(figure))
  const cpu = medianOf((result) => result.cpu)
  printCells(
    name,
    String(inFlight),
    medianOf(({ calls, seconds }) => calls / seconds).toFixed(0),
    Number.isNaN(cpu) ? '-' : cpu.toFixed(1),
    medianOf(({ p50 }) => p50).toFixed(2),
    medianOf(({ p99 }) => p99).toFixed(2),
  )
}

/** Prints a figure that was measured several times: its median, its range and its goal. */
export function printFigure(name: string, goal: string, values: readonly number[]): void {
  const [min, max] = [Math.min(...values), Math.max(...values)]
  console.log(`${name.padEnd(70)}${median(values).toFixed(2)}  (${min.toFixed(2)} to ${max.toFixed(2)}; goal ${goal})`)
}

/** Prints the latencies of a directory without load and beside a directory under each kind of load, and the ratios of their p99. */
export function printFairness(rounds: readonly FairnessRound[]): void {
  const [first] = rounds
  if (!first) return
  const measured = Object.keys(first.quiet)
  console.log()
  printCells('another directory', 'calls', '', '', 'p50 ms', 'p99 ms')
  for (const name of measured) {
    printLatency(
      `${name}, quiet`,
      rounds.map(({ quiet }) => quiet[name]),
    )
    first.loaded.forEach(({ kind }, index) => {
      printLatency(
        `${name}, beside ${kind}`,
        rounds.map(({ loaded }) => loaded[index]?.results[name]),
      )
    })
  }
  console.log()
  first.loaded.forEach(({ kind }, index) => {
    const loads = rounds.flatMap(({ loaded }) => loaded[index]?.load ?? [])
    const answered = median(loads.map(({ calls, seconds }) => calls / seconds)).toFixed(0)
    const refused = median(loads.map((load) => (100 * load.refused) / load.calls)).toFixed(0)
    console.log(`The load of ${kind}: ${answered} answers per second, ${refused} % of them refused`)
  })
  console.log()
  for (const name of measured)
    first.loaded.forEach(({ kind }, index) => {
      const ratios = rounds.map(
        ({ quiet, loaded }) => (loaded[index]?.results[name]?.p99 ?? 0) / (quiet[name]?.p99 ?? 0),
      )
      printFigure(`p99 of ${name} beside ${kind} over quiet`, 'at most 3', ratios)
    })
}

function printLatency(name: string, results: readonly (LoadResult | undefined)[]) {
  const medianOf = (figure: (result: LoadResult) => number) =>
    median(results.flatMap((result) => (result ? figure(result) : [])))
  const [calls, p50, p99] = [medianOf((one) => one.calls), medianOf((one) => one.p50), medianOf((one) => one.p99)]
  printCells(name, calls.toFixed(0), '', '', p50.toFixed(2), p99.toFixed(2))
}
