import { describe, expect, test } from 'vitest'
import { readBenchOptions, readSoakOptions, UsageError } from '../../../bench/options.js'

function problemOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return expect.fail('it was accepted')
}

describe('npm run bench', () => {
  test('measures costs by default, and with an argument that part', () => {
    const byDefault = { part: 'costs', rounds: 5, seconds: 4, calls: 200_000, contacts: 1_000_000 }
    expect(readBenchOptions([], {})).toEqual(byDefault)
    expect(readBenchOptions(['scale'], {})).toEqual({ ...byDefault, part: 'scale' })
  })

  test('takes its sizes from the environment, where an empty variable counts as unset', () => {
    const environment = { BENCH_ROUNDS: '2', BENCH_SECONDS: '0.5', BENCH_CALLS: '5000', BENCH_CONTACTS: '' }
    expect(readBenchOptions(['peers'], environment)).toEqual({
      part: 'peers',
      rounds: 2,
      seconds: 0.5,
      calls: 5000,
      contacts: 1_000_000,
    })
  })

  test.each([[['speed']], [['scale', '1000']], [['costs']]])('says how it is used after the arguments %j', (args) => {
    expect(problemOf(() => readBenchOptions(args, {}))).toBe('usage: npm run bench [-- fairness | scale | peers]')
  })

  test.each([
    ['BENCH_CONTACTS', '1e6', 'BENCH_CONTACTS must be a whole number from 2000 to 100000000, and is: 1e6'],
    ['BENCH_CONTACTS', '1999', 'BENCH_CONTACTS must be a whole number from 2000 to 100000000, and is: 1999'],
    ['BENCH_ROUNDS', '1.5', 'BENCH_ROUNDS must be a whole number from 1 to 100, and is: 1.5'],
    ['BENCH_SECONDS', '0', 'BENCH_SECONDS must be a number from 0.1 to 600, and is: 0'],
  ])('says what %s may be instead of %s', (name, text, problem) => {
    expect(problemOf(() => readBenchOptions([], { [name]: text }))).toBe(problem)
  })
})

describe('npm run soak', () => {
  test('takes half an hour by default, or as many minutes as it is given, also parts of one', () => {
    expect(readSoakOptions([], {})).toEqual({ minutes: 30 })
    expect(readSoakOptions([], { SOAK_MINUTES: '0.1' })).toEqual({ minutes: 0.1 })
  })

  test('says what is wrong with its arguments and its length', () => {
    expect(problemOf(() => readSoakOptions(['5'], {}))).toBe('usage: npm run soak')
    expect(problemOf(() => readSoakOptions([], { SOAK_MINUTES: '-1' }))).toBe(
      'SOAK_MINUTES must be a number from 0.05 to 10080, and is: -1',
    )
  })
})
