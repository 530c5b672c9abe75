import { expect } from 'vitest'
import { type Progress, type Step, writeConditionally } from '../../src/database/conditional-write.js'
import type { WriteOutcome } from '../../src/database/driver-errors.js'
import { Failure } from '../../src/errors/failure.js'

/** One preparation of a scripted write. Attempts are named by letters. */
export type Prepare = (progress: Progress<string>) => Step<string, string>

export const write =
  (attempt: string): Prepare =>
  () => ({ kind: 'write', attempt })

export const wait: Prepare = () => ({ kind: 'wait' })

export const done: Prepare = () => ({ kind: 'done', result: 'nothing to write' })

/** A read shows that the open attempt, or the one that lost, was written. */
export const foundWritten: Prepare = ({ open, lost }) => ({
  kind: 'written',
  attempt: open?.attempt ?? lost ?? expect.fail('there is no earlier attempt'),
})

export const refuse =
  (refusal: unknown): Prepare =>
  () => {
    throw refusal
  }

/** A read proves that the open attempt was not written and cannot be any more. */
export const closeAnd =
  (next: Prepare): Prepare =>
  (progress) => {
    progress.open = undefined
    return next(progress)
  }

export const cause = new Error('connection lost')
export const otherCause = new Error('connection lost again')
export const written: WriteOutcome = { kind: 'written' }
export const unmatched: WriteOutcome = { kind: 'unmatched' }
export const duplicate: WriteOutcome = { kind: 'duplicate' }
export const unknown: WriteOutcome = { kind: 'unknown', cause }

interface Script {
  readonly prepare: readonly Prepare[]
  readonly outcomes?: readonly (WriteOutcome | Failure)[]
  readonly resultOf?: (attempt: string) => string
}

/** Runs a conditional write whose preparations and outcomes are given. Fails unless it uses all of them. */
export async function run({ prepare, outcomes = [], resultOf = (attempt) => `result of ${attempt}` }: Script) {
  const [nextPrepare, nextOutcome] = [prepare.values(), outcomes.values()]
  const writes: string[] = []
  const progress: Progress<string>[] = []
  const end = await writeConditionally<string, string>({
    async prepare(current) {
      progress.push({ ...current })
      const { value: next } = nextPrepare.next()
      return next ? next(current) : expect.fail('there are more preparations than expected')
    },
    async write(attempt) {
      writes.push(attempt)
      const { value: outcome } = nextOutcome.next()
      if (outcome instanceof Failure) throw outcome
      return outcome ?? expect.fail('there are more writes than expected')
    },
    resultOf,
  }).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )
  expect(progress.length).toBe(prepare.length)
  expect(writes.length).toBe(outcomes.length)
  return { end, writes, progress }
}

/** The end of such a write: its result, or the reason and the cause of its refusal. */
export async function endOf(script: Script) {
  const { end } = await run(script)
  if ('result' in end) return end.result
  return end.error instanceof Failure ? [end.error.reason, end.error.context.cause] : end.error
}
