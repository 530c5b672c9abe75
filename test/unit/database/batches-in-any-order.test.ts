import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expired } from '../../../src/database/batcher.js'
import { alreadyExpired, type Batch, controlledBatcher, notExpired } from '../../support/controlled-batcher.js'

test('with items and ends in any order, no item is lost or confused, and no maximum is exceeded', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('submit' as const), count: fc.integer({ min: 1, max: 7 }), isExpired: fc.boolean() }),
    fc.record({ kind: fc.constant('end' as const), index: fc.nat() }),
    fc.record({ kind: fc.constant('turn' as const) }),
  )
  const maximums = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 3 }),
    maxSize: fc.integer({ min: 1, max: 9 }),
    outcomesPerTurn: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
    groups: fc.integer({ min: 1, max: 9 }),
  })
  await fc.assert(
    fc.asyncProperty(maximums, fc.array(step, { maxLength: 40 }), async ({ groups, ...options }, steps) => {
      const groupOf = (item: string) => `${Number(item.split(' ')[1]) % groups}`
      const { batcher, batches } = controlledBatcher(options, groupOf)
      const running = () => batches.filter((batch) => !ended.has(batch))
      const ended = new Set<Batch>()
      const end = (batch?: Batch) => {
        if (batch) ended.add(batch)
        batch?.end()
      }
      const expected: (string | typeof expired)[] = []
      const outcomes: Promise<string | typeof expired>[] = []
      const checkMaximums = () => {
        expect(running().length).toBeLessThanOrEqual(options.maxConcurrent)
        for (const { items } of batches) expect(items.length).toBeLessThanOrEqual(options.maxSize)
      }
      for (const step of steps) {
        if (step.kind === 'submit')
          for (let each = 0; each < step.count; each++) {
            const item = `item ${outcomes.length}`
            outcomes.push(batcher.submit(item, step.isExpired ? alreadyExpired : notExpired))
            expected.push(step.isExpired ? expired : item.toUpperCase())
          }
        else if (step.kind === 'end') end(running()[step.index % Math.max(1, running().length)])
        else await turn()
        checkMaximums()
      }
      // The outcomes of a batch may need as many turns as it has items.
      for (let rest = 10 * outcomes.length; rest > 0; rest--) {
        await turn()
        checkMaximums()
        for (const batch of running()) end(batch)
      }
      expect(await Promise.all(outcomes)).toEqual(expected)
      const ran = batches.flatMap(({ items }) => items)
      for (let group = 0; group < groups; group += 1) {
        const isOfGroup = (item: string) => groupOf(item) === `${group}`
        const submitted = expected.flatMap((outcome, index) => (outcome === expired ? [] : [`item ${index}`]))
        expect(ran.filter(isOfGroup)).toEqual(submitted.filter(isOfGroup))
      }
    }),
    { numRuns: 200 },
  )
})
