import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Batcher, expired } from '../../../src/database/batcher.js'
import { alreadyExpired, controlledBatcher, deadlineAt, notExpired } from '../../support/controlled-batcher.js'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

describe('a batch starts', () => {
  test('with a single item in the same turn of the event loop, after the code that submits it', async () => {
    const { submit, started } = controlledBatcher()
    void submit('a')
    await Promise.resolve()
    expect(started()).toEqual([])
    // Scheduled for the same turn, after the batch.
    await turn()
    expect(started()).toEqual([['a']])
  })

  test('with all items of one turn, in their order', async () => {
    const { submit, started } = controlledBatcher()
    void submit('a', 'b')
    await Promise.resolve()
    void submit('c')
    await turn()
    expect(started()).toEqual([['a', 'b', 'c']])
  })

  test('once for all items of a turn, and is not scheduled while the maximum is running', async () => {
    const setImmediate = vi.spyOn(globalThis, 'setImmediate')
    onTestFinished(() => setImmediate.mockRestore())
    const { submit } = controlledBatcher({ maxConcurrent: 1 })
    void submit('a', 'b', 'c')
    expect(setImmediate).toHaveBeenCalledTimes(1)
    await turn()
    void submit('d')
    expect(setImmediate).toHaveBeenCalledTimes(1)
  })

  test('for each of two turns, at the same time', async () => {
    const { submit, started } = controlledBatcher()
    void submit('a')
    await turn()
    void submit('b')
    await turn()
    expect(started()).toEqual([['a'], ['b']])
  })

  test('with all items that gathered while two batches were running, as soon as either ends', async () => {
    const { submit, batches, started } = controlledBatcher()
    void submit('a')
    await turn()
    const [b] = submit('b')
    await turn()
    for (const item of ['c', 'd', 'e']) {
      void submit(item)
      await turn()
    }
    expect(started()).toEqual([['a'], ['b']])
    batches[1]?.end()
    await b
    await Promise.resolve()
    expect(started()).toEqual([['a'], ['b'], ['c', 'd', 'e']])
  })

  test.each([1, 3])('if fewer than the maximum are running: %i', async (maxConcurrent) => {
    const { submit, started } = controlledBatcher({ maxConcurrent })
    for (const item of ['a', 'b', 'c', 'd', 'e']) {
      void submit(item)
      await turn()
    }
    expect(started()).toEqual([['a'], ['b'], ['c']].slice(0, maxConcurrent))
  })

  test('beside fewer than 8 running items; beside 8 further ones gather until they end, or are as many as a batch holds', async () => {
    const { submit, batches, started } = controlledBatcher({ maxSize: 20 })
    void submit(...numbers(7))
    await turn()
    void submit('a')
    await turn()
    expect(started()).toEqual([numbers(7), ['a']])
    batches[1]?.end()
    await turn()
    const [b] = submit(...numbers(8))
    batches[0]?.end()
    await turn()
    void submit('c')
    await turn()
    expect(started().slice(2)).toEqual([numbers(8)])
    void submit(...numbers(19))
    await turn()
    expect(started().slice(2)).toEqual([numbers(8), ['c', ...numbers(19)]])
    void submit('d')
    await turn()
    batches[2]?.end()
    await b
    batches[3]?.end()
    await turn()
    expect(started().slice(4)).toEqual([['d']])
  })

  test('with a single item again when no other is running', async () => {
    const { submit, batches, started } = controlledBatcher({ maxConcurrent: 1 })
    for (const item of ['a', 'b', 'c']) {
      const [outcome] = submit(item)
      await turn()
      batches.at(-1)?.end()
      expect(await outcome).toBe(item.toUpperCase())
    }
    expect(started()).toEqual([['a'], ['b'], ['c']])
  })
})

describe('the size of a batch', () => {
  test('is not more than the maximum: the rest is for the next batches', async () => {
    const { submit, batches, started } = controlledBatcher({ maxSize: 2 })
    const outcomes = submit('a', 'b', 'c', 'd', 'e')
    await turn()
    expect(started()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    batches[0]?.end()
    await outcomes[0]
    await Promise.resolve()
    expect(started()).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('is up to 500 by default', async () => {
    const { submit, batches } = controlledBatcher()
    void submit(...numbers(1000))
    await turn()
    expect(batches.map(({ items }) => items.length)).toEqual([500, 500])
  })
})

describe('outcomes', () => {
  test('each caller gets the outcome of its own item', async () => {
    const { submit, batches } = controlledBatcher()
    const outcomes = submit('a', 'b', 'c')
    await turn()
    batches[0]?.end(['one', 'two', 'three'])
    expect(await Promise.all(outcomes)).toEqual(['one', 'two', 'three'])
  })

  test('a batch that fails rejects each of its items with its cause, and no other', async () => {
    const { submit, batches } = controlledBatcher({ maxSize: 2 })
    const outcomes = submit('a', 'b', 'c', 'd')
    await turn()
    const cause = new Error('lost')
    batches[0]?.fail(cause)
    batches[1]?.end()
    expect(await Promise.allSettled(outcomes)).toEqual([
      { status: 'rejected', reason: cause },
      { status: 'rejected', reason: cause },
      { status: 'fulfilled', value: 'C' },
      { status: 'fulfilled', value: 'D' },
    ])
  })

  test('the next batch starts after one that failed', async () => {
    const { submit, batches } = controlledBatcher({ maxConcurrent: 1 })
    const [first] = submit('a')
    await turn()
    const [second] = submit('b')
    batches[0]?.fail('lost')
    await expect(first).rejects.toBe('lost')
    await turn()
    batches[1]?.end()
    expect(await second).toBe('B')
  })

  test('a run that throws synchronously rejects its items, and the next batch starts', async () => {
    let runs = 0
    const batcher = new Batcher<string, string>(
      (items) => {
        runs += 1
        if (runs === 1) throw new Error('not started')
        return Promise.resolve(items)
      },
      (item) => item,
      { maxConcurrent: 1, maxSize: 1 },
    )
    const outcomes = await Promise.allSettled([batcher.submit('a', notExpired), batcher.submit('b', notExpired)])
    expect(outcomes).toEqual([
      { status: 'rejected', reason: new Error('not started') },
      { status: 'fulfilled', value: 'b' },
    ])
  })

  test.each([
    ['fewer', ['A']],
    ['more', ['A', 'B', 'C']],
    ['no', []],
  ])('%s outcomes than items reject all items: none may get the outcome of another', async (_, outcomes) => {
    const { submit, batches } = controlledBatcher()
    const settled = Promise.allSettled(submit('a', 'b'))
    await turn()
    batches[0]?.end(outcomes)
    const reason = new Error('a batch must have one outcome for each of its items')
    expect(await settled).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
  })
})

describe('the deadline of an item', () => {
  test('keeps it from running if it has expired, and that is its outcome', async () => {
    const { batcher, submit, batches, started } = controlledBatcher()
    const [a] = submit('a')
    const b = batcher.submit('b', alreadyExpired)
    const [c] = submit('c')
    expect(await b).toBe(expired)
    expect(started()).toEqual([['a', 'c']])
    batches[0]?.end()
    expect(await Promise.all([a, c])).toEqual(['A', 'C'])
  })

  test('is checked when the batch starts, not earlier', async () => {
    const { batcher, submit, batches, started } = controlledBatcher({ maxConcurrent: 1 })
    const [a] = submit('a')
    await turn()
    let isExpired = false
    const b = batcher.submit('b', { time: 1000, isExpired: () => isExpired })
    const [c] = submit('c')
    await turn()
    isExpired = true
    batches[0]?.end()
    expect(await Promise.all([a, b])).toEqual(['A', expired])
    expect(started()).toEqual([['a'], ['c']])
    batches[1]?.end()
    expect(await c).toBe('C')
  })

  test('that has expired for all items of a batch means that it does not run, and is not counted', async () => {
    const { batcher, submit, started } = controlledBatcher({ maxConcurrent: 1, maxSize: 2 })
    const outcomes = ['a', 'b', 'c'].map((item) => batcher.submit(item, alreadyExpired))
    expect(await Promise.all(outcomes)).toEqual([expired, expired, expired])
    expect(started()).toEqual([])
    void submit('d')
    await turn()
    expect(started()).toEqual([['d']])
  })

  test('that has expired means that the item does not count for the size of a batch', async () => {
    const { batcher, submit, started } = controlledBatcher({ maxSize: 2 })
    void submit('a')
    void batcher.submit('b', alreadyExpired)
    void submit('c', 'd')
    await turn()
    expect(started()).toEqual([['a', 'c'], ['d']])
  })

  test('counts for the batch if it is the latest of those that have not expired, in any order', async () => {
    const { batcher, batches } = controlledBatcher({ maxSize: 3 })
    const deadlines = [deadlineAt(20), deadlineAt(40), alreadyExpired, deadlineAt(30), deadlineAt(10)]
    for (const deadline of deadlines) void batcher.submit('a', deadline)
    await turn()
    expect(batches.map(({ latestTime }) => latestTime)).toEqual([40, 10])
  })
})
