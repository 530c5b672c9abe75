import { describe, expect, test } from 'vitest'
import { killDatabase, killService } from './killed.js'
import { quickClient, reasonsBeside, reasonsOf } from './load.js'
import { type AddAttempt, adding, expectKept, expectRepeatable } from './load-of-adds.js'

describe.concurrent('SIGKILL under load', () => {
  test('of the database loses no acknowledged contact, and the service serves again by itself', async () => {
    const { contacts, attempts, service } = await killDatabase(adding)
    expect(reasonsBeside(attempts, ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUT_OF_TIME'])).toEqual([])
    await expectKept(contacts, attempts)
    const client = quickClient(service.address)
    await expectRepeatable(client, contacts, attempts)
    client.close()
    expect(said(service.output(), attempts)).toEqual([])
  })

  test('of the service loses no acknowledged contact, and the next process serves', async () => {
    const { contacts, attempts, before, service } = await killService(adding)
    // No service, no details: grpc-js says that the connection was lost.
    expect(reasonsOf(before)).toContain('UNAVAILABLE')
    expect(reasonsBeside(attempts, ['UNAVAILABLE', 'OUT_OF_TIME'])).toEqual([])
    await expectKept(contacts, attempts)
    const client = quickClient(service.address)
    await expectRepeatable(client, contacts, before)
    client.close()
  })
})

/** What callers sent that stands in the text all the same. */
function said(text: string, attempts: readonly AddAttempt[]): string[] {
  const sent = attempts.flatMap(({ request: { name, emailAddress, phoneNumber = '', clientToken } }) => [
    ...[name, emailAddress, phoneNumber, phoneNumber.slice(3), clientToken],
  ])
  return [...new Set(sent)].flatMap((value) => (value !== undefined && text.includes(value) ? value : []))
}
