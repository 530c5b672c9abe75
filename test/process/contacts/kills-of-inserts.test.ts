import { describe, expect, test } from 'vitest'
import { killDatabase, killService } from '../../support/killed.js'
import { createReconnectingClient, reasonsOf, unexpectedReasons, withoutContactIds } from '../../support/load.js'
import { type AddResult, adds, expectAddsKept, expectRepeatable } from '../../support/load-of-adds.js'

describe.concurrent('SIGKILL under a load of adds', () => {
  test('of the database loses no acknowledged contact, and the service serves again by itself', async () => {
    const { contacts, results, service } = await killDatabase(adds)
    expect(unexpectedReasons(results, ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED'])).toEqual([])
    await expectAddsKept(contacts, results)
    const client = createReconnectingClient(service.address)
    await expectRepeatable(client, contacts, results)
    client.close()
    expect(sentValuesIn(service.output(), results)).toEqual([])
  })

  test('of the service loses no acknowledged contact, and the next process serves', async () => {
    const { contacts, results, before, service } = await killService(adds)
    // Without a service there are no details: grpc-js reports that the connection was lost.
    expect(reasonsOf(before)).toContain('UNAVAILABLE')
    expect(unexpectedReasons(results, ['UNAVAILABLE', 'DEADLINE_EXCEEDED'])).toEqual([])
    await expectAddsKept(contacts, results)
    const client = createReconnectingClient(service.address)
    await expectRepeatable(client, contacts, before)
    client.close()
  })
})

/** The values that callers sent and that the log contains nevertheless. */
function sentValuesIn(log: string, results: readonly AddResult[]): string[] {
  const text = withoutContactIds(log)
  const sent = results.flatMap(({ request: { name, emailAddress, phoneNumber = '', clientToken } }) => [
    name,
    emailAddress,
    phoneNumber,
    phoneNumber.slice(3),
    clientToken,
  ])
  return [...new Set(sent)].flatMap((value) => (value !== undefined && text.includes(value) ? value : []))
}
