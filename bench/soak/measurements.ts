import { createHistogram } from 'node:perf_hooks'
import type { Outcome } from './ledger.js'

/** How many contradictions are kept, each once; all are counted. */
const maxKeptProblems = 20

/** The calls of an interval. Latencies in milliseconds, of the calls that were answered. */
export interface CallFigures {
  readonly calls: number
  readonly p50: number
  readonly p99: number
  /** How often calls were refused, by reason. */
  readonly refused: ReadonlyMap<string, number>
}

/** Sums up calls. Its size does not depend on how many there are. */
export class Measurements {
  readonly problems: string[] = []
  problemCount = 0
  #calls = 0
  /** In microseconds. */
  #latencies = createHistogram()
  #refused = new Map<string, number>()

  add(outcome: Outcome, durationMs: number): void {
    this.#calls += 1
    if (outcome.kind === 'answered') this.#latencies.record(Math.max(1, Math.round(durationMs * 1000)))
    else this.#refused.set(outcome.reason, (this.#refused.get(outcome.reason) ?? 0) + 1)
  }

  /** What contradicts the contract, or what was acknowledged. */
  addProblems(problems: readonly string[]): void {
    this.problemCount += problems.length
    for (const problem of problems)
      if (this.problems.length < maxKeptProblems && !this.problems.includes(problem)) this.problems.push(problem)
  }

  /** The calls since the last time. */
  take(): CallFigures {
    const figures = {
      calls: this.#calls,
      p50: this.#latencies.percentile(50) / 1000,
      p99: this.#latencies.percentile(99) / 1000,
      refused: this.#refused,
    }
    this.#calls = 0
    this.#latencies = createHistogram()
    this.#refused = new Map()
    return figures
  }
}
