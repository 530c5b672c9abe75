import { type LoadResult, load, type Operation } from './load.js'
import { printProgress } from './report.js'

/** A process whose CPU is counted. */
export interface Measured {
  /** Microseconds since its start. */
  cpu(): Promise<number>
}

/** A server that is called. */
export interface MeasuredServer extends Measured {
  readonly address: string
  /** The authority of its certificate in PEM; absent if it does not encrypt. */
  readonly ca?: string | undefined
}

/** A row of the table: what is done repeatedly for one round. */
export interface Row {
  readonly name: string
  readonly inFlight: number
  /** The process whose CPU is counted; absent if the row does not use the service. */
  readonly service?: Measured
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
  service: MeasuredServer,
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
 * A round before the first one warms up and does not count; `afterWarmUp` is called after it.
 */
export async function measureRows(
  rows: readonly Row[],
  rounds: number,
  seconds: number,
  afterWarmUp: () => Promise<unknown> = async () => {},
): Promise<Results> {
  const minutes = ((rounds + warmUpRounds) * rows.length * seconds) / 60
  printProgress(`Measuring ${rows.length} rows, ${seconds} s each: about ${minutes.toFixed(1)} minutes`)
  const results = new Map<Row, RowResult[]>(rows.map((row) => [row, []]))
  for (let round = 0; round <= rounds; round += 1) {
    printProgress(round === 0 ? 'Warm-up round' : `Round ${round} of ${rounds}`)
    for (const row of rows) {
      const result = await measure(row, round === 0 ? warmUpRounds * seconds : seconds)
      if (round > 0) results.get(row)?.push(result)
    }
    if (round === 0) await afterWarmUp()
  }
  return results
}

async function measure({ service, run }: Row, seconds: number): Promise<RowResult> {
  const before = await service?.cpu()
  const result = await run(seconds)
  const after = await service?.cpu()
  return { ...result, cpu: ((after ?? Number.NaN) - (before ?? 0)) / result.calls }
}

/** Of a row, round by round. */
export const cpuOf = (results: Results, row: Row) => (results.get(row) ?? []).map(({ cpu }) => cpu)

/** Calls per second of a row, round by round. */
export const rateOf = (results: Results, row: Row) =>
  (results.get(row) ?? []).map(({ calls, seconds }) => calls / seconds)

/** Round by round. */
export const ratios = (dividends: readonly number[], divisors: readonly number[]) =>
  dividends.map((dividend, round) => dividend / (divisors[round] ?? 0))
