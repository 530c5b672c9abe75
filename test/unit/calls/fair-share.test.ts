import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairShare } from '../../../src/calls/fair-share.js'
import { Failure } from '../../../src/errors/failure.js'
import { heldWork, settled } from '../../support/held-work.js'

const options = { maxRunning: 2, maxWaiting: 3 }

/** A share whose work is held until the test ends it. */
function start() {
  const share = new FairShare(options)
  const work = heldWork()
  const run = (directoryId: string) => work.of(directoryId, (held) => share.run(directoryId, held))
  return { share, work, run }
}

describe('the calls of one directory', () => {
  test('work at the same time up to the maximum, and further ones in their order as others end', async () => {
    const { run, work } = start()
    for (let call = 0; call < 5; call += 1) run('rd-1')
    await settled()
    expect(work.running()).toEqual([0, 1])
    await work.end(1)
    expect(work.running()).toEqual([0, 2])
    await work.end(0)
    expect(work.running()).toEqual([2, 3])
    await work.end(3)
    await work.end(2)
    expect(work.running()).toEqual([4])
  })

  test('are refused as OVERLOADED when too many wait, until one of them works', async () => {
    const { share, run, work } = start()
    for (let call = 0; call < 5; call += 1) run('rd-1')
    const ignored = () => Promise.reject(new Error('this must not run'))
    await expect(share.run('rd-1', ignored)).rejects.toMatchObject({ reason: 'OVERLOADED' })
    await work.end(0)
    run('rd-1')
    await settled()
    await expect(share.run('rd-1', ignored)).rejects.toMatchObject({ reason: 'OVERLOADED' })
  })

  test('give their result, and pass on what their work throws', async () => {
    const { share } = start()
    expect(await share.run('rd-1', async () => 'result')).toBe('result')
    const thrown = new Failure('ETAG_MISMATCH')
    await expect(share.run('rd-1', () => Promise.reject(thrown))).rejects.toBe(thrown)
    const throwAtOnce = () => {
      throw thrown
    }
    await expect(share.run('rd-1', throwAtOnce)).rejects.toBe(thrown)
  })
})

test('the calls of another directory work at once, however many wait', async () => {
  const { run, work } = start()
  for (let call = 0; call < 5; call += 1) run('rd-1')
  run('rd-2')
  await settled()
  expect(work.running()).toEqual([0, 1, 5])
})

/** What a call does when it ends, and in which order calls arrive and end. */
const step = fc.oneof(
  fc.record({ arrive: fc.constantFrom('rd-1', 'rd-2', 'rd-3') }),
  fc.record({ end: fc.nat(), fails: fc.boolean() }),
)

test('in any order of calls: no directory exceeds its share, nobody starves, and no share is lost when work fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { run, work } = start()
      for (const step of steps) {
        if ('arrive' in step) run(step.arrive)
        else await work.endOneOf(step.end, step.fails)
        await settled()
        for (const directoryId of ['rd-1', 'rd-2', 'rd-3']) {
          const { running, waiting } = work.countsOf(directoryId)
          expect(running).toBe(Math.min(options.maxRunning, running + waiting))
          expect(waiting).toBeLessThanOrEqual(options.maxWaiting)
        }
      }
      await work.endAll()
      // Each call has worked, unless it was refused on its arrival; and the whole share is free again.
      expect(work.unended()).toEqual([])
      const before = work.started()
      for (let call = 0; call < 6; call += 1) run('rd-1')
      await settled()
      expect([work.started() - before, work.countsOf('rd-1')]).toEqual([2, { running: 2, waiting: 3 }])
      await work.endAll()
    }),
  )
})
