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
    maxSize: fc.integer({ min: 1, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(maximums, fc.array(step, { maxLength: 40 }), async (options, steps) => {
      const { batcher, batches } = controlledBatcher(options)
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
      for (let rest = outcomes.length; rest > 0; rest--) {
        await turn()
        checkMaximums()
        for (const batch of running()) end(batch)
      }
      expect(await Promise.all(outcomes)).toEqual(expected)
      const inOrder = expected.filter((outcome) => outcome !== expired)
      expect(batches.flatMap(({ items }) => items.map((item) => item.toUpperCase()))).toEqual(inOrder)
    }),
    { numRuns: 200 },
  )
})
