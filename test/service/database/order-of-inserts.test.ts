import { expect, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { deferred } from '../../support/waiting.js'
import { startWatched } from '../../support/watched-service.js'
import type { Verdict } from '../../support/wire-proxy.js'

test('the documents of a batch are inserted in the order of directory and name, whatever the order of their calls', async () => {
  let slot = 0
  const service = await startWatched({
    dependencies: {
      batching: { maxConcurrent: 1, slowAfterMs: 60_000 },
      // No two contacts get the same slot at first.
      randomInt: (max) => slot++ % max,
    },
  })
  const { promise: released, resolve: release } = deferred()
  const batches: string[][] = []
  service.proxy.watch(async ({ name, documents }): Promise<Verdict> => {
    if (name !== 'insert') return 'pass'
    batches.push(documents.map(({ directoryId, name }) => `${directoryId} ${name}`))
    if (batches.length === 1) await released
    return 'pass'
  })
  const add = (directoryId: string, name: string) =>
    service.client.addMessageContact(addRequest({ name }), { directoryId })
  const calls = [add('rd-1', 'First')]
  await expect.poll(() => batches.length).toBe(1)
  for (const [directoryId, name] of [
    ['rd-3', 'Bob'],
    ['rd-2', 'Tom'],
    ['rd-3', 'Ann'],
    ['rd-2', 'Eve'],
    ['rd-10', 'Zoe'],
  ] as const)
    calls.push(add(directoryId, name))
  // One connection carries all calls in order: when this one is refused, the earlier ones have arrived.
  await expect(service.client.addMessageContact({})).rejects.toThrow()
  release()
  const contacts = await Promise.all(calls)
  expect(batches).toEqual([['rd-1 First'], ['rd-10 Zoe', 'rd-2 Eve', 'rd-2 Tom', 'rd-3 Ann', 'rd-3 Bob']])
  // Each caller gets the outcome of its own document.
  const names = contacts.map(({ response }) => response.contact?.name)
  expect(names).toEqual(['First', 'Bob', 'Tom', 'Ann', 'Eve', 'Zoe'])
  await service.stop()
})
