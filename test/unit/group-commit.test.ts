import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GroupCommit, withdrawn } from '../../src/contacts/store/group-commit.js'
import { type Group, gone, groupCommit, patient, until } from './groups.js'

describe('leaving', () => {
  test('a lone item leaves in the same turn of the event loop, not before its caller is done', async () => {
    const { submit, left } = groupCommit()
    void submit('a')
    await Promise.resolve()
    expect(left()).toEqual([])
    // Stands behind the item's own leaving in the very same turn.
    await turn()
    expect(left()).toEqual([['a']])
  })

  test('items of one turn leave together, in their order', async () => {
    const { submit, left } = groupCommit()
    void submit('a', 'b')
    await Promise.resolve()
    void submit('c')
    await turn()
    expect(left()).toEqual([['a', 'b', 'c']])
  })

  test('items of two turns leave in two groups, side by side', async () => {
    const { submit, left } = groupCommit()
    void submit('a')
    await turn()
    void submit('b')
    await turn()
    expect(left()).toEqual([['a'], ['b']])
  })

  test('while two groups are under way the next items gather, and leave as one as soon as either ends', async () => {
    const { submit, groups, left } = groupCommit()
    void submit('a')
    await turn()
    const [b] = submit('b')
    await turn()
    for (const item of ['c', 'd', 'e']) {
      void submit(item)
      await turn()
    }
    expect(left()).toEqual([['a'], ['b']])
    groups[1]?.end()
    await b
    await Promise.resolve()
    expect(left()).toEqual([['a'], ['b'], ['c', 'd', 'e']])
  })

  test.each([1, 3])('as many groups are under way as is said: %i', async (underWay) => {
    const { submit, left } = groupCommit({ underWay })
    for (const item of ['a', 'b', 'c', 'd', 'e']) {
      void submit(item)
      await turn()
    }
    expect(left()).toEqual([['a'], ['b'], ['c']].slice(0, underWay))
  })

  test('after a rest the next item leaves again by itself', async () => {
    const { submit, groups, left } = groupCommit({ underWay: 1 })
    for (const item of ['a', 'b', 'c']) {
      const [outcome] = submit(item)
      await turn()
      groups.at(-1)?.end()
      expect(await outcome).toBe(item.toUpperCase())
    }
    expect(left()).toEqual([['a'], ['b'], ['c']])
  })
})

describe('size', () => {
  test('no group is larger than is said: the rest leaves in the next one, or waits for it', async () => {
    const { submit, groups, left } = groupCommit({ largest: 2 })
    const outcomes = submit('a', 'b', 'c', 'd', 'e')
    await turn()
    expect(left()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    groups[0]?.end()
    await outcomes[0]
    await Promise.resolve()
    expect(left()).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('500 go together where nothing else is said', async () => {
    const { submit, groups } = groupCommit()
    void submit(...Array.from({ length: 501 }, (_, index) => `${index}`))
    await turn()
    expect(groups.map(({ items }) => items.length)).toEqual([500, 1])
  })
})

describe('outcomes', () => {
  test('every caller gets their own', async () => {
    const { submit, groups } = groupCommit()
    const outcomes = submit('a', 'b', 'c')
    await turn()
    groups[0]?.end(['one', 'two', 'three'])
    expect(await Promise.all(outcomes)).toEqual(['one', 'two', 'three'])
  })

  test('a group that fails fails each of its callers with its cause, and nobody else', async () => {
    const { submit, groups } = groupCommit({ largest: 2 })
    const outcomes = submit('a', 'b', 'c', 'd')
    await turn()
    const cause = new Error('lost')
    groups[0]?.fail(cause)
    groups[1]?.end()
    expect(await Promise.allSettled(outcomes)).toEqual([
      { status: 'rejected', reason: cause },
      { status: 'rejected', reason: cause },
      { status: 'fulfilled', value: 'C' },
      { status: 'fulfilled', value: 'D' },
    ])
  })

  test('a group that failed makes room for the next one', async () => {
    const { submit, groups } = groupCommit({ underWay: 1 })
    const [first] = submit('a')
    await turn()
    const [second] = submit('b')
    groups[0]?.fail('lost')
    await expect(first).rejects.toBe('lost')
    await turn()
    groups[1]?.end()
    expect(await second).toBe('B')
  })

  test('a run that throws at once fails its callers, and the next group leaves', async () => {
    let runs = 0
    const commit = new GroupCommit<string, string>(
      (items) => {
        runs += 1
        if (runs === 1) throw new Error('not even begun')
        return Promise.resolve(items)
      },
      { underWay: 1, largest: 1 },
    )
    const outcomes = await Promise.allSettled([commit.submit('a', patient), commit.submit('b', patient)])
    expect(outcomes).toEqual([
      { status: 'rejected', reason: new Error('not even begun') },
      { status: 'fulfilled', value: 'b' },
    ])
  })

  test.each([
    ['fewer', ['A']],
    ['more', ['A', 'B', 'C']],
    ['no', []],
  ])('%s outcomes than items fail all callers: nobody may get another one’s', async (_, outcomes) => {
    const { submit, groups } = groupCommit()
    const settled = Promise.allSettled(submit('a', 'b'))
    await turn()
    groups[0]?.end(outcomes)
    const reason = new Error('a group must have one outcome for each of its items')
    expect(await settled).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
  })
})

describe('patience', () => {
  test('a caller who stopped waiting is told so, and the item never leaves', async () => {
    const { commit, submit, groups, left } = groupCommit()
    const [a] = submit('a')
    const b = commit.submit('b', gone)
    const [c] = submit('c')
    expect(await b).toBe(withdrawn)
    expect(left()).toEqual([['a', 'c']])
    groups[0]?.end()
    expect(await Promise.all([a, c])).toEqual(['A', 'C'])
  })

  test('is asked when the item leaves, not before', async () => {
    const { commit, submit, groups, left } = groupCommit({ underWay: 1 })
    const [a] = submit('a')
    await turn()
    let ended = false
    const b = commit.submit('b', { deadline: 1000, ended: () => ended })
    const [c] = submit('c')
    await turn()
    ended = true
    groups[0]?.end()
    expect(await Promise.all([a, b])).toEqual(['A', withdrawn])
    expect(left()).toEqual([['a'], ['c']])
    groups[1]?.end()
    expect(await c).toBe('C')
  })

  test('a group of which nobody is left is not run, and holds no place', async () => {
    const { commit, submit, left } = groupCommit({ underWay: 1, largest: 2 })
    const outcomes = ['a', 'b', 'c'].map((item) => commit.submit(item, gone))
    expect(await Promise.all(outcomes)).toEqual([withdrawn, withdrawn, withdrawn])
    expect(left()).toEqual([])
    void submit('d')
    await turn()
    expect(left()).toEqual([['d']])
  })

  test('whoever is gone takes no room in a group', async () => {
    const { commit, submit, left } = groupCommit({ largest: 2 })
    void submit('a')
    void commit.submit('b', gone)
    void submit('c', 'd')
    await turn()
    expect(left()).toEqual([['a', 'c'], ['d']])
  })

  test('a group has the latest deadline of those who left, whatever their order', async () => {
    const { commit, groups } = groupCommit({ largest: 3 })
    for (const patience of [until(20), until(40), gone, until(30), until(10)]) void commit.submit('a', patience)
    await turn()
    expect(groups.map(({ deadline }) => deadline)).toEqual([40, 10])
  })
})

test('whatever comes and ends in whatever order: nothing is lost, mixed up, too large or too many', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('submit' as const), count: fc.integer({ min: 1, max: 7 }), gone: fc.boolean() }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('turn' as const) }),
  )
  const bounds = fc.record({ underWay: fc.integer({ min: 1, max: 3 }), largest: fc.integer({ min: 1, max: 5 }) })
  await fc.assert(
    fc.asyncProperty(bounds, fc.array(step, { maxLength: 40 }), async (options, steps) => {
      const { commit, groups } = groupCommit(options)
      const open = () => groups.filter((group) => !ended.has(group))
      const ended = new Set<Group>()
      const end = (group?: Group) => {
        if (group) ended.add(group)
        group?.end()
      }
      const expected: (string | typeof withdrawn)[] = []
      const outcomes: Promise<string | typeof withdrawn>[] = []
      const look = () => {
        expect(open().length).toBeLessThanOrEqual(options.underWay)
        for (const { items } of groups) expect(items.length).toBeLessThanOrEqual(options.largest)
      }
      for (const step of steps) {
        if (step.kind === 'submit')
          for (let each = 0; each < step.count; each++) {
            const item = `item ${outcomes.length}`
            outcomes.push(commit.submit(item, step.gone ? gone : patient))
            expected.push(step.gone ? withdrawn : item.toUpperCase())
          }
        else if (step.kind === 'end') end(open()[step.which % Math.max(1, open().length)])
        else await turn()
        look()
      }
      for (let rest = outcomes.length; rest > 0; rest--) {
        await turn()
        look()
        for (const group of open()) end(group)
      }
      expect(await Promise.all(outcomes)).toEqual(expected)
      const inOrder = expected.filter((outcome) => outcome !== withdrawn)
      expect(groups.flatMap(({ items }) => items.map((item) => item.toUpperCase()))).toEqual(inOrder)
    }),
    { numRuns: 200 },
  )
})
