import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { groupCommit } from './groups.js'

describe('a group that takes too long', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** One item for each turn, so that each would like to leave in a group of its own. */
  async function submitInTurn(submit: (item: string) => readonly Promise<unknown>[], items: string) {
    for (const item of items) {
      void submit(item)
      await turn()
    }
  }

  test('makes room for the next one, no sooner than after half a second', async () => {
    const { submit, left } = groupCommit()
    await submitInTurn(submit, 'abcd')
    vi.advanceTimersByTime(499)
    expect(left()).toEqual([['a'], ['b']])
    vi.advanceTimersByTime(1)
    expect(left()).toEqual([['a'], ['b'], ['c', 'd']])
  })

  test('holds up nobody who comes later', async () => {
    const { submit, left } = groupCommit({ underWay: 1, slowAfterMs: 50 })
    await submitInTurn(submit, 'a')
    vi.advanceTimersByTime(50)
    await submitInTurn(submit, 'bc')
    expect(left()).toEqual([['a'], ['b']])
  })

  test('counts all the same: no more are under way than there may be altogether', async () => {
    const { submit, groups, left } = groupCommit({ underWay: 1, slowAfterMs: 50, altogether: 2 })
    for (const item of 'abcd') {
      void submit(item)
      await turn()
      vi.advanceTimersByTime(50)
    }
    expect(left()).toEqual([['a'], ['b']])
    groups[0]?.end()
    await turn()
    expect(left()).toEqual([['a'], ['b'], ['c', 'd']])
  })

  test('has its own outcome when it ends, and takes no room twice', async () => {
    const { submit, groups, left } = groupCommit({ underWay: 1, slowAfterMs: 50 })
    const [a] = submit('a')
    await turn()
    vi.advanceTimersByTime(50)
    groups[0]?.end()
    expect(await a).toBe('A')
    await submitInTurn(submit, 'bc')
    expect(left()).toEqual([['a'], ['b']])
  })

  test('of those in time none is ever taken for slow', async () => {
    const { submit, groups, left } = groupCommit({ underWay: 1, slowAfterMs: 50 })
    for (const item of ['a', 'b', 'c']) {
      const [outcome] = submit(item)
      await turn()
      vi.advanceTimersByTime(49)
      groups.at(-1)?.end()
      await outcome
      expect(vi.getTimerCount()).toBe(0)
    }
    await submitInTurn(submit, 'de')
    vi.advanceTimersByTime(49)
    expect(left()).toEqual([['a'], ['b'], ['c'], ['d']])
  })
})
