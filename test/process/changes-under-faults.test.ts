import { describe, expect, test } from 'vitest'
import { Directory } from '../service/directory.js'
import { startWatched } from '../service/watched-service.js'
import type { Verdict } from '../wire-proxy.js'
import { endingOf, Load } from './load.js'
import { changesRefusedBeside, changing, expectChangesKept } from './load-of-changes.js'

const connectionFaults = ['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUT_OF_TIME']

describe('under a load of changes and removals', () => {
  test('connections cut again and again lose none that was acknowledged, and leave no contact between two states', async () => {
    const service = await startWatched()
    const verdicts: readonly Verdict[] = ['pass', 'cut before', 'pass', 'cut after', 'pass', 'pass', 'cut after']
    let writes = 0
    service.proxy.watch(({ name, body }) =>
      ['insert', 'update', 'delete'].includes(name) && body[name] === 'message_contacts'
        ? (verdicts[writes++ % verdicts.length] ?? 'pass')
        : 'pass',
    )
    const load = Load.start(changing, { address: service.app.address, connections: 2, each: 8 })
    await load.answered(100, 40_000)
    await load.stop()
    expect(changesRefusedBeside(load.attempts, connectionFaults)).toEqual([])
    await expectChangesKept(service.collection, load.attempts)
    await service.stop()
  })

  test('a database that answers nothing holds up no call past its deadline, and is served again when it answers', async () => {
    const longestCallSeconds = 3
    const service = await startWatched({ environment: { MAX_CALL_SECONDS: String(longestCallSeconds) } })
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const load = Load.start(changing, { address: service.app.address, connections: 2, each: 8 })
    await load.answered(50)
    service.proxy.holdBack()
    const held = await Promise.all(
      [
        directory.get(contactId),
        directory.list(),
        directory.update({ contactId, name: 'Ann' }),
        directory.remove({ contactId }),
      ].map((call: Promise<unknown>) => endingOf(call)),
    )
    await load.refused(16)
    service.proxy.calm()
    await load.answered(1, 10_000)
    await load.answered(50)
    await load.stop()
    expect(changesRefusedBeside(load.attempts, connectionFaults)).toEqual([])
    // Out of time at the latest; before that where not even a connection was to be had.
    expect(held.map(({ refused }) => refused)).toEqual(
      held.map(() => expect.stringMatching(/^(OUT_OF_TIME|DATABASE_UNAVAILABLE)$/)),
    )
    expect([...load.attempts, ...held].filter(({ tookMs }) => tookMs > longestCallSeconds * 1000 + 4000)).toEqual([])
    await expectChangesKept(service.collection, load.attempts)
    await service.stop()
  })
})
