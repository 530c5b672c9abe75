import { median } from '../median.js'

/** What is measured in each interval. Memory in megabytes, latencies in milliseconds. */
export interface FlatFigures {
  /** Resident, of the process that is never killed, after garbage collection. */
  readonly memory: number
  readonly handles: number
  readonly p50: number
  readonly p99: number
}

/** What a figure may become at most: its first value times `factor`, plus `allowance`, below which a difference says nothing. */
const limits: Readonly<Record<keyof FlatFigures, { readonly factor: number; readonly allowance: number }>> = {
  memory: { factor: 1.1, allowance: 10 },
  handles: { factor: 1.1, allowance: 5 },
  p50: { factor: 1.25, allowance: 1 },
  p99: { factor: 1.5, allowance: 10 },
}

/** In the first part of a run code is compiled and caches are filled: it does not count. */
const warmUpPart = 0.2
/** With fewer intervals that count, a third of them is too few for a median. */
const minCountedIntervals = 9

/** How a figure has changed: the medians of the first and of the last third of the intervals that count. */
export interface FigureVerdict {
  readonly name: keyof FlatFigures
  readonly first: number
  readonly last: number
  readonly max: number
  readonly isFlat: boolean
}

/** Undefined if there are too few intervals. */
export function verdictsOf(intervals: readonly FlatFigures[]): readonly FigureVerdict[] | undefined {
  const counted = intervals.slice(Math.ceil(intervals.length * warmUpPart))
  if (counted.length < minCountedIntervals) return undefined
  const third = Math.floor(counted.length / 3)
  return (Object.keys(limits) as (keyof FlatFigures)[]).map((name) => {
    const values = counted.map((interval) => interval[name])
    const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))]
    const max = first * limits[name].factor + limits[name].allowance
    return { name, first, last, max, isFlat: last <= max }
  })
}
