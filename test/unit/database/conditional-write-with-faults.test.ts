import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Progress, type Step, writeConditionally } from '../../../src/database/conditional-write.js'
import type { WriteOutcome } from '../../../src/database/driver-errors.js'
import { Failure } from '../../../src/errors/failure.js'
import { recordPauses } from '../../support/recorded-pauses.js'

/** What happens when the call reads: others may write before it; the read may give an earlier version, or fail. */
interface ReadEvent {
  readonly othersWrite: boolean
  /** Delayed attempts are carried out before the read. */
  readonly delayedArrive: boolean
  /** How many writes a majority does not have yet. */
  readonly lag: number
  readonly refusal: 'ETAG_MISMATCH' | 'DATABASE_UNAVAILABLE' | 'DEADLINE_EXCEEDED' | undefined
}

/** What happens when the call writes. `delayed`: the attempt is carried out later. `dropped`: it never is. */
interface WriteEvent {
  readonly othersWrite: boolean
  readonly fault: 'unsent' | 'failed' | 'answer lost' | 'delayed' | 'dropped' | undefined
}

const calm: ReadEvent & WriteEvent = {
  othersWrite: false,
  delayedArrive: false,
  lag: 0,
  refusal: undefined,
  fault: undefined,
}

/** A document that many change: who wrote each of its versions. Version 1 is the first. */
class SimulatedDocument {
  readonly writers: ('call' | 'other')[] = ['other']
  /** The versions that the delayed attempts of the call make. */
  readonly delayed: number[] = []

  get version(): number {
    return this.writers.length
  }

  /** Makes that version, if the one before it is the current one. */
  write(version: number, writer: 'call' | 'other'): boolean {
    if (version !== this.version + 1) return false
    this.writers.push(writer)
    return true
  }

  carryOutDelayed(): void {
    for (const version of this.delayed.splice(0)) this.write(version, 'call')
  }

  /** How often the call's change was made. */
  get changes(): number {
    return this.writers.filter((writer) => writer === 'call').length
  }
}

/** Changes the document under these events; after the last event there is no fault. An attempt is the version that it makes. */
function change(document: SimulatedDocument, reads: readonly ReadEvent[], writes: readonly WriteEvent[]) {
  const [nextRead, nextWrite] = [reads.values(), writes.values()]
  return writeConditionally<number, 'changed'>({
    async prepare(progress: Progress<number>): Promise<Step<number, 'changed'>> {
      const event = nextRead.next().value ?? calm
      if (event.othersWrite) document.write(document.version + 1, 'other')
      if (event.delayedArrive) document.carryOutDelayed()
      if (event.refusal) throw new Failure(event.refusal)
      const version = Math.max(1, document.version - event.lag)
      const { lost = 0, open } = progress
      for (const attempt of [lost, open?.attempt ?? 0])
        if (attempt === version && document.writers[version - 1] === 'call') return { kind: 'written', attempt }
      if (version < lost) return { kind: 'wait' }
      if (open && version < open.attempt) return { kind: 'write', attempt: open.attempt }
      if (open && version > open.attempt) throw new Failure('OUTCOME_UNKNOWN')
      progress.open = undefined
      return { kind: 'write', attempt: version + 1 }
    },
    async write(attempt: number): Promise<WriteOutcome> {
      const { othersWrite, fault } = nextWrite.next().value ?? calm
      if (othersWrite) document.write(document.version + 1, 'other')
      if (fault === 'unsent' || fault === 'failed') return { kind: fault, cause: fault }
      if (fault === 'delayed') document.delayed.push(attempt)
      const isWritten = fault !== 'delayed' && fault !== 'dropped' && document.write(attempt, 'call')
      return fault ? { kind: 'unknown', cause: fault } : { kind: isWritten ? 'written' : 'unmatched' }
    },
    resultOf: () => 'changed',
  }).catch((error: unknown) => (error instanceof Failure ? error.reason : Promise.reject(error)))
}

const often = <Value>(usual: Value, ...others: Value[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) })
const anyRead: fc.Arbitrary<ReadEvent> = fc.record({
  othersWrite: often(false, true),
  delayedArrive: often(false, true),
  lag: often(0, 1, 2),
  refusal: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('ETAG_MISMATCH', 'DATABASE_UNAVAILABLE', 'DEADLINE_EXCEEDED') },
  ),
})
const anyWrite: fc.Arbitrary<WriteEvent> = fc.record({
  othersWrite: often(false, true),
  fault: often<WriteEvent['fault']>(undefined, 'answer lost', 'delayed', 'dropped', 'unsent', 'failed'),
})
/** So often that the call gives up. */
const alwaysOvertaken = fc.array(fc.constant<WriteEvent>({ othersWrite: true, fault: undefined }), { minLength: 5 })
const anyWrites = fc.oneof(
  { weight: 4, arbitrary: fc.array(anyWrite, { maxLength: 8 }) },
  { weight: 1, arbitrary: alwaysOvertaken },
)

recordPauses()

test('with any faults and other writers, a change is made once if it succeeds, and never if it is refused', async () => {
  const ends = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(anyRead, { maxLength: 12 }), anyWrites, async (reads, writes) => {
      const document = new SimulatedDocument()
      const end = await change(document, reads, writes)
      ends.add(end)
      document.carryOutDelayed()
      if (end === 'changed') expect(document.changes).toBe(1)
      else if (end === 'OUTCOME_UNKNOWN' || end === 'DEADLINE_EXCEEDED') expect(document.changes).toBeLessThanOrEqual(1)
      else expect([end, document.changes]).toEqual([end, 0])
    }),
    { numRuns: 3000 },
  )
  expect([...ends].sort()).toEqual([
    'CONCURRENT_CALL_NOT_SUPPORTED',
    'DATABASE_UNAVAILABLE',
    'DEADLINE_EXCEEDED',
    'ETAG_MISMATCH',
    'INTERNAL',
    'OUTCOME_UNKNOWN',
    'changed',
  ])
})
