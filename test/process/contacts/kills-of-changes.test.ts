import { describe, expect, test } from 'vitest'
import { killDatabase, killService } from '../../support/killed.js'
import { reasonsOf, withoutContactIds } from '../../support/load.js'
import { changes, expectChangesKept, unexpectedChangeReasons } from '../../support/load-of-changes.js'

describe.concurrent('SIGKILL under a load of changes and removals', () => {
  test('of the database loses no acknowledged change, and leaves no contact between two states', async () => {
    const { contacts, results, service } = await killDatabase(changes)
    const expected = ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED']
    expect(unexpectedChangeReasons(results, expected)).toEqual([])
    await expectChangesKept(contacts, results)
    // All names and addresses that were sent begin like this.
    expect(withoutContactIds(service.output())).not.toMatch(/zq[a-j]/i)
  })

  test('of the service loses no acknowledged change, and leaves no contact between two states', async () => {
    const { contacts, results, before } = await killService(changes)
    // Without a service there are no details: grpc-js reports that the connection was lost.
    expect(reasonsOf(before)).toContain('UNAVAILABLE')
    expect(unexpectedChangeReasons(results, ['UNAVAILABLE', 'DEADLINE_EXCEEDED'])).toEqual([])
    await expectChangesKept(contacts, results)
  })
})
