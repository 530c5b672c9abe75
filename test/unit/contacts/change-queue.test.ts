import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChangeQueue } from '../../../src/contacts/store/change-queue.js'
import { Failure } from '../../../src/errors/failure.js'
import { heldWork, settled } from '../../support/held-work.js'

const maxWaiting = 16
const contact = { directoryId: 'rd-1', contactId: 'c-1' }
const otherContact = { directoryId: 'rd-1', contactId: 'c-2' }
const sameIdElsewhere = { directoryId: 'rd-2', contactId: 'c-1' }

/** A queue whose changes are held until the test ends them. */
function start() {
  const queue = new ChangeQueue()
  const work = heldWork()
  const change = (key = contact, isWorker = false) =>
    work.of(`${key.directoryId} ${key.contactId}`, (held) => queue.run(key, isWorker, held))
  return { queue, work, change }
}

describe('the changes of one contact', () => {
  test('happen one after the other, in their order', async () => {
    const { work, change } = start()
    for (let count = 0; count < 3; count += 1) change()
    await settled()
    expect(work.running()).toEqual([0])
    await work.end(0)
    expect(work.running()).toEqual([1])
    await work.end(1)
    expect(work.running()).toEqual([2])
  })

  test('are refused as CONCURRENT_CALL_NOT_SUPPORTED if 16 wait, until one of them happens', async () => {
    const { queue, work, change } = start()
    for (let count = 0; count < 1 + maxWaiting; count += 1) change()
    const ignored = () => Promise.reject(new Error('this must not run'))
    const refusal = { reason: 'CONCURRENT_CALL_NOT_SUPPORTED' }
    await expect(queue.run(contact, false, ignored)).rejects.toMatchObject(refusal)
    await work.end(0)
    change()
    await expect(queue.run(contact, false, ignored)).rejects.toMatchObject(refusal)
    await work.endAll()
    expect([work.started(), work.refused()]).toEqual([18, []])
  })

  test('of the delivery worker go before those of callers, and are never refused', async () => {
    const { work, change } = start()
    for (let count = 0; count < 1 + maxWaiting; count += 1) change()
    change(contact, true)
    await work.end(0)
    expect(work.running()).toEqual([17])
    await work.end(17)
    expect(work.running()).toEqual([1])
  })

  test('give their result, and pass on what they throw', async () => {
    const { queue } = start()
    expect(await queue.run(contact, false, async () => 'result')).toBe('result')
    const thrown = new Failure('ETAG_MISMATCH')
    await expect(queue.run(contact, false, () => Promise.reject(thrown))).rejects.toBe(thrown)
  })
})

test.each([
  ['another contact', otherContact],
  ['another directory with the same id', sameIdElsewhere],
])('a change of %s does not wait', async (_, other) => {
  const { work, change } = start()
  for (let count = 0; count < 1 + maxWaiting; count += 1) change()
  change(other)
  await settled()
  expect([work.running(), work.refused()]).toEqual([[0, 17], []])
})

const step = fc.oneof(
  { arbitrary: fc.record({ key: fc.constantFrom(contact, otherContact), isWorker: fc.boolean() }), weight: 3 },
  { arbitrary: fc.record({ end: fc.nat(), fails: fc.boolean() }), weight: 1 },
)

test('in any order of changes: one at a time for each contact, none is lost, and none blocks the next one by failing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (steps) => {
      const { work, change } = start()
      for (const step of steps) {
        if ('key' in step) change(step.key, step.isWorker)
        else await work.endOneOf(step.end, step.fails)
        await settled()
        for (const { running, waiting } of [work.countsOf('rd-1 c-1'), work.countsOf('rd-1 c-2')])
          expect(running).toBe(Math.min(1, running + waiting))
      }
      await work.endAll()
      expect(work.unended()).toEqual([])
      // The queue is empty: as many changes as at first can wait.
      for (let count = 0; count < 2 + maxWaiting; count += 1) change()
      await settled()
      expect(work.countsOf('rd-1 c-1')).toEqual({ running: 1, waiting: maxWaiting })
      await work.endAll()
    }),
  )
})
