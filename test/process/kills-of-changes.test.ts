import { describe, expect, test } from 'vitest'
import { killDatabase, killService } from './killed.js'
import { reasonsOf } from './load.js'
import { changesRefusedBeside, changing, expectChangesKept } from './load-of-changes.js'

describe.concurrent('SIGKILL under a load of changes and removals', () => {
  test('of the database loses none that was acknowledged, and leaves no contact between two states', async () => {
    const { contacts, attempts, service } = await killDatabase(changing)
    const expected = ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUT_OF_TIME']
    expect(changesRefusedBeside(attempts, expected)).toEqual([])
    await expectChangesKept(contacts, attempts)
    // Every name and address that was sent begins so.
    expect(service.output()).not.toMatch(/zq[a-j]/i)
  })

  test('of the service loses none that was acknowledged, and leaves no contact between two states', async () => {
    const { contacts, attempts, before } = await killService(changing)
    // No service, no details: grpc-js says that the connection was lost.
    expect(reasonsOf(before)).toContain('UNAVAILABLE')
    expect(changesRefusedBeside(attempts, ['UNAVAILABLE', 'OUT_OF_TIME'])).toEqual([])
    await expectChangesKept(contacts, attempts)
  })
})
