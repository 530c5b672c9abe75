import { type Load, load, type Operation } from './load.js'
import type { MeasuredProcess } from './measured-process.js'

/** A line of the table: what is done over and over for a round. */
export interface Row {
  readonly name: string
  readonly inFlight: number
  /** Whose CPU is counted; a row without one is not about the service. */
  readonly service?: MeasuredProcess
  readonly run: (seconds: number) => Promise<Load>
}

/** How a row went in one round. */
export interface Measured extends Load {
  /** Microseconds of the service's CPU for each call. */
  readonly cpu: number
}

/** The rounds of each row. */
export type Results = ReadonlyMap<Row, readonly Measured[]>

/** A row of calls to a service; at most `most` in a round. */
export const calls = (
  name: string,
  operation: Operation,
  service: MeasuredProcess,
  inFlight: number,
  most = Number.POSITIVE_INFINITY,
): Row => ({
  name,
  inFlight,
  service,
  run: (seconds) => load({ ...operation, address: service.address, inFlight, seconds, calls: most }),
})

/**
 * Row by row, round by round, so that a slow moment of the machine falls on all rows alike.
 * One more round comes first and does not count.
 */
export async function measureInTurn(rows: readonly Row[], rounds: number, seconds: number): Promise<Results> {
  const results = new Map<Row, Measured[]>(rows.map((row) => [row, []]))
  for (let round = 0; round <= rounds; round += 1)
    for (const row of rows) {
      const measured = await measure(row, seconds)
      if (round > 0) results.get(row)?.push(measured)
    }
  return results
}

async function measure({ service, run }: Row, seconds: number): Promise<Measured> {
  const before = await service?.usage('cpu')
  const result = await run(seconds)
  const after = await service?.usage('cpu')
  return { ...result, cpu: before && after ? (after.cpu - before.cpu) / result.calls : Number.NaN }
}
