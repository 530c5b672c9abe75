import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { controlledBatcher } from '../../support/controlled-batcher.js'

describe('a batch that takes too long', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** One item for each turn of the event loop, so that each is ready for a batch of its own. */
  async function submitInTurns(submit: (item: string) => readonly Promise<unknown>[], items: string) {
    for (const item of items) {
      void submit(item)
      await turn()
    }
  }

  test('does not delay the next one any more, after half a second and not earlier', async () => {
    const { submit, started } = controlledBatcher()
    await submitInTurns(submit, 'abcd')
    vi.advanceTimersByTime(499)
    expect(started()).toEqual([['a'], ['b']])
    vi.advanceTimersByTime(1)
    expect(started()).toEqual([['a'], ['b'], ['c', 'd']])
  })

  test('does not delay later items', async () => {
    const { submit, started } = controlledBatcher({ maxConcurrent: 1, slowAfterMs: 50 })
    await submitInTurns(submit, 'a')
    vi.advanceTimersByTime(50)
    await submitInTurns(submit, 'bc')
    expect(started()).toEqual([['a'], ['b']])
  })

  test('still counts for the total maximum', async () => {
    const { submit, batches, started } = controlledBatcher({ maxConcurrent: 1, slowAfterMs: 50, maxTotal: 2 })
    for (const item of 'abcd') {
      void submit(item)
      await turn()
      vi.advanceTimersByTime(50)
    }
    expect(started()).toEqual([['a'], ['b']])
    batches[0]?.end()
    await turn()
    expect(started()).toEqual([['a'], ['b'], ['c', 'd']])
  })

  test('gives its outcomes when it ends, and is then not counted any more', async () => {
    const { submit, batches, started } = controlledBatcher({ maxConcurrent: 1, slowAfterMs: 50 })
    const [a] = submit('a')
    await turn()
    vi.advanceTimersByTime(50)
    batches[0]?.end()
    expect(await a).toBe('A')
    await submitInTurns(submit, 'bc')
    expect(started()).toEqual([['a'], ['b']])
  })

  test('is never one that ends in time', async () => {
    const { submit, batches, started } = controlledBatcher({ maxConcurrent: 1, slowAfterMs: 50 })
    for (const item of ['a', 'b', 'c']) {
      const [outcome] = submit(item)
      await turn()
      vi.advanceTimersByTime(49)
      batches.at(-1)?.end()
      await outcome
      expect(vi.getTimerCount()).toBe(0)
    }
    await submitInTurns(submit, 'de')
    vi.advanceTimersByTime(49)
    expect(started()).toEqual([['a'], ['b'], ['c'], ['d']])
  })
})
