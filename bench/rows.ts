import { type LoadResult, load, type Operation } from './load.js'
import type { MeasuredProcess } from './measured-process.js'
import { printProgress } from './report.js'

/** A row of the table: what is done repeatedly for one round. */
export interface Row {
  readonly name: string
  readonly inFlight: number
  /** The process whose CPU is counted; absent if the row does not use the service. */
  readonly service?: MeasuredProcess
  readonly run: (seconds: number) => Promise<LoadResult>
}

/** The result of a row in one round. */
export interface RowResult extends LoadResult {
  /** Microseconds of the service's CPU per call. */
  readonly cpu: number
}

/** The rounds of each row. */
export type Results = ReadonlyMap<Row, readonly RowResult[]>

/** Over how many connections the calls of a row are spread, if there are at least as many. */
const maxConnections = 8

/** The duration of the round that warms up, in rounds: a process with few rows must have compiled its code as far as the others have. */
const warmUpRounds = 2

/** A row of calls to a service, at most `maxCalls` in a round. */
export const callsRow = (
  name: string,
  operation: Operation,
  service: MeasuredProcess,
  inFlight: number,
  maxCalls = Number.POSITIVE_INFINITY,
): Row => ({
  name,
  inFlight,
  service,
  run: (seconds) =>
    load({
      ...operation,
      address: service.address,
      ca: service.ca,
      inFlight,
      connections: Math.min(maxConnections, inFlight),
      seconds,
      maxCalls,
    }),
})

/**
 * Measures all rows in each round, so that a time in which the machine is slow affects all rows alike.
 * A round before the first one warms up and does not count.
 */
export async function measureRows(rows: readonly Row[], rounds: number, seconds: number): Promise<Results> {
  const minutes = ((rounds + warmUpRounds) * rows.length * seconds) / 60
  printProgress(`Measuring ${rows.length} rows, ${seconds} s each: about ${minutes.toFixed(1)} minutes`)
  const results = new Map<Row, RowResult[]>(rows.map((row) => [row, []]))
  for (let round = 0; round <= rounds; round += 1) {
    printProgress(round === 0 ? 'Warm-up round' : `Round ${round} of ${rounds}`)
    for (const row of rows) {
      const result = await measure(row, round === 0 ? warmUpRounds * seconds : seconds)
      if (round > 0) results.get(row)?.push(result)
    }
  }
  return results
}

async function measure({ service, run }: Row, seconds: number): Promise<RowResult> {
  const before = await service?.usage('cpu')
  const result = await run(seconds)
  const after = await service?.usage('cpu')
  return { ...result, cpu: before && after ? (after.cpu - before.cpu) / result.calls : Number.NaN }
}
