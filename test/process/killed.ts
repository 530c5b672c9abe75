import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type Caller, type Ending, Load } from './load.js'
import { contactsIn, ownDatabase } from './own-database.js'
import { ServiceProcess } from './service-process.js'

/** How long a call may take here, and what it may take longer where the machine has more to do. */
const longestCallSeconds = 6
const slackMs = 4000
/** From the database's return to the first answer. */
const recoveryMs = 10_000

/** What is left after a kill under load. */
export interface Aftermath<Attempt extends Ending> {
  readonly contacts: Collection<Contact>
  /** Calls of the time before the kill and after it, and those that the kill met. */
  readonly attempts: readonly Attempt[]
  /** One that serves. */
  readonly service: ServiceProcess
}

const settings = (MONGODB_URI: string) => ({
  MONGODB_URI,
  MAX_CALL_SECONDS: String(longestCallSeconds),
  LOG_LEVEL: 'debug',
})

/** SIGKILL to the database while these callers are at work. It is started again, and served again by itself; no call hangs. */
export async function killDatabase<Attempt extends Ending>(caller: Caller<Attempt>): Promise<Aftermath<Attempt>> {
  const database = await ownDatabase()
  const service = await ServiceProcess.start({ environment: settings(database.uri) })
  const load = Load.start(caller, { address: service.address })
  await load.answered(100)
  await database.kill()
  await load.refused(32)
  await database.startAgain()
  await load.answered(1, recoveryMs)
  await load.answered(100)
  await load.stop()
  expectNoneHanging(load)
  return { contacts: contactsIn(database.uri), attempts: load.attempts, service }
}

/** SIGKILL to the service while these callers are at work, and then another process for new ones; no call hangs. */
export async function killService<Attempt extends Ending>(
  caller: Caller<Attempt>,
): Promise<Aftermath<Attempt> & { readonly before: readonly Attempt[] }> {
  const database = await ownDatabase()
  const environment = settings(database.uri)
  const first = await ServiceProcess.start({ environment })
  const before = Load.start(caller, { address: first.address })
  await before.answered(100)
  await first.kill()
  await before.refused(32)
  await before.stop()
  expectNoneHanging(before)
  // On a port of its own: another program may have taken the old one.
  const service = await ServiceProcess.start({ environment })
  const after = Load.start(caller, { address: service.address })
  await after.answered(100)
  await after.stop()
  const attempts = [...before.attempts, ...after.attempts]
  return { contacts: contactsIn(database.uri), attempts, before: before.attempts, service }
}

function expectNoneHanging({ attempts }: Load<Ending>): void {
  expect(attempts.filter(({ tookMs }) => tookMs > longestCallSeconds * 1000 + slackMs)).toEqual([])
}
