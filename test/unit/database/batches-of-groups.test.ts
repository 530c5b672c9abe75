import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { controlledBatcher } from '../../support/controlled-batcher.js'

/** The first `count` items of a group. */
const many = (group: string, count: number) => Array.from({ length: count }, (_, index) => `${group}${index}`)
const groupOf = ([group = '']: string) => group

describe('a batch', () => {
  test('starts beside any number of running items of one group: of each group 4 count', async () => {
    const { submit, batches, started } = controlledBatcher({ maxConcurrent: 9 }, groupOf)
    const [a0] = submit(...many('a', 20))
    await turn()
    void submit('b1', 'b2', 'b3')
    await turn()
    void submit('c1')
    await turn()
    void submit('d1')
    await turn()
    expect(started().slice(1)).toEqual([['b1', 'b2', 'b3'], ['c1']])
    // Then 5 count, of b, c and d: three more may start.
    batches[0]?.end()
    await a0
    for (const item of ['e1', 'f1', 'g1', 'h1']) {
      void submit(item)
      await turn()
    }
    expect(started().slice(3)).toEqual([['d1'], ['e1'], ['f1'], ['g1']])
  })

  test('starts without further items of a group of which 4 run, until fewer do, or as many items wait as a batch holds', async () => {
    const { submit, batches, started } = controlledBatcher({ maxSize: 6 }, groupOf)
    const [a1] = submit('a1', 'a2', 'a3', 'a4')
    await turn()
    void submit('a5', 'b1', 'a6')
    await turn()
    expect(started().slice(1)).toEqual([['b1']])
    batches[1]?.end()
    await turn()
    void submit('a7', 'a8', 'a9')
    await turn()
    expect(started()).toHaveLength(2)
    void submit('a0')
    await turn()
    expect(started().slice(2)).toEqual([['a5', 'a6', 'a7', 'a8', 'a9', 'a0']])
    void submit('c1', 'a1')
    batches[0]?.end()
    await a1
    await turn()
    expect(started().slice(3)).toEqual([['c1']])
    batches[2]?.end()
    await turn()
    expect(started().slice(4)).toEqual([['a1']])
  })

  test.each([
    ['one item and then many', {}, [1, 31]],
    // As of lists of directories with up to 20 contacts.
    ['more items than a batch holds', { maxSize: 23 }, [8, 23]],
  ])('starts for another group while all others are full of one: %s', async (_, options, sizes) => {
    const { submit, started } = controlledBatcher(options, groupOf)
    for (const size of [sizes[0] ?? 0, 32 - (sizes[0] ?? 0)]) {
      void submit(...many('a', size))
      await turn()
    }
    void submit('b')
    await turn()
    expect(started().map(({ length }) => length)).toEqual([...sizes, 1])
    expect(started().at(-1)).toEqual(['b'])
  })

  test('takes the items of groups in turns if not all fit, and first of those with few running items', async () => {
    const { submit, batches, started } = controlledBatcher({ maxSize: 4, maxConcurrent: 1 }, groupOf)
    const [a0] = submit(...many('a', 9), 'b0', 'b1', 'c0')
    await turn()
    void submit('d0', 'a9')
    batches[0]?.end()
    await a0
    await turn()
    batches[1]?.end()
    await turn()
    expect(started()).toEqual([
      ['a0', 'b0', 'c0', 'a1'],
      ['b1', 'a2', 'd0', 'a3'],
      ['a4', 'a5', 'a6', 'a7'],
    ])
  })

  test('gives the outcomes of one group in several turns of the event loop if so configured; the next batch starts after the last', async () => {
    const options = { maxConcurrent: 1, outcomesPerTurn: 2 }
    const { submit, batches, started } = controlledBatcher(options, groupOf)
    const got: (string | symbol)[] = []
    const outcomes = submit('b1', 'a1', 'a2', 'c1', 'a3', 'b2', 'a4')
    for (const outcome of outcomes) void outcome.then((value) => got.push(value))
    await turn()
    void submit('f')
    batches[0]?.end()
    await outcomes[5]
    expect([got.splice(0), started().length]).toEqual([['B1', 'A1', 'A2', 'C1', 'B2'], 1])
    await turn()
    expect([got, started().slice(1)]).toEqual([['A3', 'A4'], [['f']]])
  })
})
