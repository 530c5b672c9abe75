import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type CallResult, Load, type Workload } from './load.js'
import { contactsIn, startOwnDatabase } from './own-database.js'
import { ServiceProcess } from './service-process.js'

/** The maximum duration of a call here, and how much longer it may take on a busy machine. */
const maxCallSeconds = 6
const slackMs = 4000
/** From the return of the database to the first answer. */
const maxRecoveryMs = 10_000

/** What is left after a kill under load. */
export interface KillResult<Result extends CallResult> {
  readonly contacts: Collection<Contact>
  /** Calls that ended before the kill, calls that were open, and calls that were made after it. */
  readonly results: readonly Result[]
  /** A process that serves. */
  readonly service: ServiceProcess
}

const environmentFor = (MONGODB_URI: string) => ({
  MONGODB_URI,
  MAX_CALL_SECONDS: String(maxCallSeconds),
  LOG_LEVEL: 'debug',
})

/** Kills the database under load and starts it again. The service serves again by itself, and no call hangs. */
export async function killDatabase<Result extends CallResult>(workload: Workload<Result>): Promise<KillResult<Result>> {
  const database = await startOwnDatabase()
  const service = await ServiceProcess.start({ environment: environmentFor(database.uri) })
  const load = Load.start(workload, { address: service.address })
  await load.answered(100)
  await database.kill()
  await load.refused(32)
  await database.startAgain()
  await load.answered(1, maxRecoveryMs)
  await load.answered(100)
  await load.stop()
  expectNoneHanging(load)
  return { contacts: contactsIn(database.uri), results: load.results, service }
}

/** Kills the service under load, and starts another process for new calls. No call hangs. `before` are the calls to the killed process. */
export async function killService<Result extends CallResult>(
  workload: Workload<Result>,
): Promise<KillResult<Result> & { readonly before: readonly Result[] }> {
  const database = await startOwnDatabase()
  const environment = environmentFor(database.uri)
  const first = await ServiceProcess.start({ environment })
  const before = Load.start(workload, { address: first.address })
  await before.answered(100)
  await first.kill()
  await before.refused(32)
  await before.stop()
  expectNoneHanging(before)
  // On a port of its own: another program may have taken the old one.
  const service = await ServiceProcess.start({ environment })
  const after = Load.start(workload, { address: service.address })
  await after.answered(100)
  await after.stop()
  const results = [...before.results, ...after.results]
  return { contacts: contactsIn(database.uri), results, before: before.results, service }
}

function expectNoneHanging({ results }: Load<CallResult>): void {
  expect(results.filter(({ durationMs }) => durationMs > maxCallSeconds * 1000 + slackMs)).toEqual([])
}
