import type { Results, Row, RowResult } from './rows.js'

const median = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

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
