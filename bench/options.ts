import type { Environment } from '../src/config/read-settings.js'

/** What is wrong with an argument or a setting of a benchmark, in words for the person who has given it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What a benchmark measures: by default what calls and a start cost. */
const parts = ['fairness', 'scale', 'peers'] as const
export type Part = (typeof parts)[number] | 'costs'

export interface BenchOptions {
  readonly part: Part
  /** The number of rounds and of starts. */
  readonly rounds: number
  /** How long each row is measured in a round. */
  readonly seconds: number
  /** Over how many calls the memory is measured. */
  readonly calls: number
  /** How many contacts the database of `scale` has. */
  readonly contacts: number
}

/** Throws UsageError. */
export function readBenchOptions(programArguments: readonly string[], environment: Environment): BenchOptions {
  const [name, ...rest] = programArguments
  const part = name === undefined ? 'costs' : parts.find((one) => one === name)
  if (part === undefined || rest.length > 0) throw new UsageError(`usage: npm run bench [-- ${parts.join(' | ')}]`)
  return {
    part,
    rounds: wholeNumber(environment, 'BENCH_ROUNDS', { byDefault: 5, min: 1, max: 100 }),
    seconds: number(environment, 'BENCH_SECONDS', { byDefault: 4, min: 0.1, max: 600 }),
    calls: wholeNumber(environment, 'BENCH_CALLS', { byDefault: 200_000, min: 1000, max: 100_000_000 }),
    contacts: wholeNumber(environment, 'BENCH_CONTACTS', { byDefault: 1_000_000, min: 2000, max: 100_000_000 }),
  }
}

export interface SoakOptions {
  readonly minutes: number
}

/** Throws UsageError. */
export function readSoakOptions(programArguments: readonly string[], environment: Environment): SoakOptions {
  if (programArguments.length > 0) throw new UsageError('usage: npm run soak')
  return { minutes: number(environment, 'SOAK_MINUTES', { byDefault: 30, min: 0.05, max: 10_080 }) }
}

interface Range {
  readonly byDefault: number
  readonly min: number
  readonly max: number
}

function number(environment: Environment, name: string, { byDefault, min, max }: Range, kind = 'a number'): number {
  const text = environment[name] || String(byDefault)
  const value = /^\d+(\.\d+)?$/.test(text) && (kind === 'a number' || !text.includes('.')) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`${name} must be ${kind} from ${min} to ${max}, and is: ${text}`)
}

const wholeNumber = (environment: Environment, name: string, range: Range) =>
  number(environment, name, range, 'a whole number')
