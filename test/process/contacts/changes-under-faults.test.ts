import { describe, expect, test } from 'vitest'
import { Directory } from '../../support/directory.js'
import { Load, resultOf } from '../../support/load.js'
import { changes, expectChangesKept, unexpectedChangeReasons } from '../../support/load-of-changes.js'
import { startWatched } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

const connectionFaults = ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED']

describe('under a load of changes and removals', () => {
  test('connections that are cut repeatedly lose no acknowledged change, and leave no contact between two states', async () => {
    const service = await startWatched()
    const verdicts: readonly Verdict[] = ['pass', 'cut before', 'pass', 'cut after', 'pass', 'pass', 'cut after']
    let writes = 0
    service.proxy.watch(({ name, body }) =>
      ['insert', 'update', 'delete'].includes(name) && body[name] === 'message_contacts'
        ? (verdicts[writes++ % verdicts.length] ?? 'pass')
        : 'pass',
    )
    const load = Load.start(changes, { address: service.app.address, connections: 2 })
    await load.answered(100, 40_000)
    await load.stop()
    expect(unexpectedChangeReasons(load.results, connectionFaults)).toEqual([])
    await expectChangesKept(service.collection, load.results)
    await service.stop()
  })

  test('a database that does not answer delays no call beyond its deadline, and is used again when it answers', async () => {
    const maxCallSeconds = 3
    const service = await startWatched({ environment: { MAX_CALL_SECONDS: String(maxCallSeconds) } })
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const load = Load.start(changes, { address: service.app.address, connections: 2 })
    await load.answered(50)
    service.proxy.stall()
    const held = await Promise.all(
      [
        directory.get(contactId),
        directory.list(),
        directory.update({ contactId, name: 'Ann' }),
        directory.remove({ contactId }),
      ].map((call: Promise<unknown>) => resultOf(call)),
    )
    await load.refused(16)
    service.proxy.reset()
    await load.answered(1, 10_000)
    await load.answered(50)
    await load.stop()
    expect(unexpectedChangeReasons(load.results, connectionFaults)).toEqual([])
    // At the deadline at the latest, and earlier if there was not even a connection.
    expect(held.map(({ refused }) => refused)).toEqual(
      held.map(() => expect.stringMatching(/^(DEADLINE_EXCEEDED|DATABASE_UNAVAILABLE)$/)),
    )
    const all = [...load.results, ...held]
    expect(all.filter(({ durationMs }) => durationMs > maxCallSeconds * 1000 + 4000)).toEqual([])
    await expectChangesKept(service.collection, load.results)
    await service.stop()
  })
})
