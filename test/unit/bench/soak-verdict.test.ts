import { describe, expect, test } from 'vitest'
import { type FlatFigures, verdictsOf } from '../../../bench/soak/verdict.js'

const usual: FlatFigures = { memory: 100, handles: 40, p50: 2, p99: 20 }

/** Intervals with these figures, by the number of the interval. */
const intervals = (count: number, differences: (index: number) => Partial<FlatFigures> = () => ({})) =>
  Array.from({ length: count }, (_, index) => ({ ...usual, ...differences(index) }))

const notFlat = (figures: readonly FlatFigures[]) =>
  verdictsOf(figures)?.flatMap(({ name, isFlat }) => (isFlat ? [] : [name]))

describe('the verdict of a soak', () => {
  test('compares the last third of what counts with the first third, and says what is allowed', () => {
    const figures = intervals(30, (index) => (index < 20 ? {} : { memory: 110, handles: 41, p50: 3, p99: 30 }))
    expect(verdictsOf(figures)).toEqual([
      { name: 'memory', first: 100, last: 110, max: expect.closeTo(120), isFlat: true },
      { name: 'handles', first: 40, last: 41, max: expect.closeTo(49), isFlat: true },
      { name: 'p50', first: 2, last: 3, max: expect.closeTo(3.5), isFlat: true },
      { name: 'p99', first: 20, last: 30, max: expect.closeTo(40), isFlat: true },
    ])
  })

  test.each([
    ['memory', (index: number) => ({ memory: 100 + 1.5 * index })],
    ['handles', (index: number) => ({ handles: 40 + index })],
    ['p50', (index: number) => ({ p50: 2 + index / 5 })],
    ['p99', (index: number) => ({ p99: 20 + 2 * index })],
  ])('is not flat if %s grows steadily', (name, differences) => {
    expect(notFlat(intervals(30, differences))).toEqual([name])
  })

  test('does not count the first fifth, in which everything gets its usual size', () => {
    expect(notFlat(intervals(30, (index) => (index < 6 ? { memory: 30 } : {})))).toEqual([])
  })

  test('does not depend on single intervals', () => {
    expect(notFlat(intervals(30, (index) => (index % 9 === 8 ? { p99: 900, memory: 300 } : {})))).toEqual([])
  })

  test('is none with fewer than nine intervals that count', () => {
    expect(verdictsOf(intervals(11))).toBeUndefined()
    expect(verdictsOf(intervals(12))).toBeDefined()
  })
})
