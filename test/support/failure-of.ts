import { expect } from 'vitest'
import { Failure } from '../../src/errors/failure.js'

/** The Failure that `act` throws. Any other result fails the test. */
export function failureOf(act: () => unknown): Failure {
  let result: unknown
  try {
    result = act()
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown
    throw thrown
  }
  return expect.fail(`nothing was thrown; the result is ${JSON.stringify(result)}`)
}
