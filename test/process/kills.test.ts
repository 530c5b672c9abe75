import { describe, expect, test } from 'vitest'
import { expectKept, expectRepeatable, Load, quickClient, reasonsOf } from './load.js'
import { contactsIn, ownDatabase } from './own-database.js'
import { ServiceProcess } from './service-process.js'

/** How long a call may take here, and what it may take longer where the machine has more to do. */
const longestCallSeconds = 6
const slackMs = 4000
/** From the database's return to the first answer. */
const recoveryMs = 10_000

const hanging = (load: Load) => load.attempts.filter(({ tookMs }) => tookMs > longestCallSeconds * 1000 + slackMs)
const others = (load: Load, expected: readonly string[]) =>
  reasonsOf(load.attempts).filter((reason) => !expected.includes(reason))

describe.concurrent('SIGKILL under load', () => {
  test('of the database loses no acknowledged contact, and the service serves again by itself', async () => {
    const database = await ownDatabase()
    const environment = { MONGODB_URI: database.uri, MAX_CALL_SECONDS: String(longestCallSeconds), LOG_LEVEL: 'debug' }
    const service = await ServiceProcess.start({ environment })
    const load = Load.start({ address: service.address })
    await load.answered(100)
    await database.kill()
    await load.refused(32)
    await database.startAgain()
    await load.answered(1, recoveryMs)
    await load.answered(100)
    await load.stop()

    const contacts = contactsIn(database.uri)
    expect(others(load, ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUT_OF_TIME'])).toEqual([])
    expect(hanging(load)).toEqual([])
    await expectKept(contacts, load.attempts)
    const client = quickClient(service.address)
    await expectRepeatable(client, contacts, load.attempts)
    client.close()
    expect(said(service.output(), load)).toEqual([])
  })

  test('of the service loses no acknowledged contact, and the next process serves', async () => {
    const database = await ownDatabase()
    const environment = { MONGODB_URI: database.uri, MAX_CALL_SECONDS: String(longestCallSeconds) }
    const first = await ServiceProcess.start({ environment })
    const before = Load.start({ address: first.address })
    await before.answered(100)
    await first.kill()
    await before.refused(32)
    await before.stop()
    // On a port of its own: another program may have taken the old one.
    const second = await ServiceProcess.start({ environment })
    const after = Load.start({ address: second.address })
    await after.answered(100)
    await after.stop()

    const contacts = contactsIn(database.uri)
    // No service, no details: grpc-js says that the connection was lost.
    expect(reasonsOf(before.attempts)).toContain('UNAVAILABLE')
    expect(others(before, ['UNAVAILABLE', 'OUT_OF_TIME'])).toEqual([])
    expect(hanging(before)).toEqual([])
    await expectKept(contacts, [...before.attempts, ...after.attempts])
    const client = quickClient(second.address)
    await expectRepeatable(client, contacts, before.attempts)
    client.close()
  })
})

/** What callers sent that stands in the text all the same. */
function said(text: string, load: Load): string[] {
  const sent = load.attempts.flatMap(({ request: { name, emailAddress, phoneNumber = '', clientToken } }) => [
    ...[name, emailAddress, phoneNumber, phoneNumber.slice(3), clientToken],
  ])
  return [...new Set(sent)].flatMap((value) => (value !== undefined && text.includes(value) ? value : []))
}
