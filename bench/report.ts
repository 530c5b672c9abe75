import type { Measured, Results, Row } from './rows.js'

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const columns = [40, 9, 9, 14, 9, 9] as const
const print = (...cells: readonly string[]) =>
  console.log(
    cells.map((cell, index) => (index === 0 ? cell.padEnd(columns[0]) : cell.padStart(columns[index] ?? 0))).join(''),
  )

/** The table of all rows, each by its medians. */
export function printRows(results: Results): void {
  print('', 'in flight', 'calls/s', 'CPU us/call', 'p50 ms', 'p99 ms')
  for (const [row, all] of results) printRow(row, all)
  console.log()
}

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

/** A figure that was measured several times: its median and its spread beside the goal. */
export function printFigure(name: string, goal: string, values: readonly number[]): void {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  console.log(
    `${name.padEnd(70)}${median(values).toFixed(2)}  (${least.toFixed(2)} to ${most.toFixed(2)}; goal ${goal})`,
  )
}
