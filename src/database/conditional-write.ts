import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../errors/failure.js'
import type { WriteOutcome } from './driver-errors.js'

/** How many lost races end a write. */
const maxRaces = 5
/** How long to wait for a majority to confirm what was already seen, in milliseconds. */
const confirmationWaitMs = 20

/**
 * What to do next:
 * - `done`: there is nothing to write
 * - `write`: attempt this write
 * - `written`: a read shows that this earlier attempt was written
 * - `wait`: a majority has not confirmed yet what was already seen
 */
export type Step<Attempt, Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'write' | 'written'; readonly attempt: Attempt }
  | { readonly kind: 'wait' }

/** What has happened so far. */
export interface Progress<Attempt> {
  /** How many races were lost. */
  races: number
  /** The attempt that lost the last race, because its condition no longer held or a unique index refused it. */
  lost?: Attempt | undefined
  /**
   * An attempt with an unknown outcome: it may have been written, or may still be. `prepare` deletes it once a read proves that neither is possible.
   */
  open?: OpenAttempt<Attempt> | undefined
  /** Set by `prepare` once a read has shown the document. */
  wasRead?: boolean
}

export interface OpenAttempt<Attempt> {
  readonly attempt: Attempt
  readonly cause: unknown
}

/** A write of one document that has a condition. */
export interface ConditionalWrite<Attempt, Result> {
  /** Reads what it needs and decides. Throws a Failure to refuse. Must know an earlier attempt of its own by its write stamp or id. */
  prepare(progress: Progress<Attempt>): Promise<Step<Attempt, Result>>
  write(attempt: Attempt): Promise<WriteOutcome>
  /** The result of an attempt that is written. Throws a Failure if the write records a refusal. */
  resultOf(attempt: Attempt): Result
}

/**
 * Carries out a conditional write until its outcome is certain, or is known to be unknown.
 *
 *              +---------------- lost race, at most `maxRaces` times ---------------+
 *              v                                                                    |
 *     ---> prepare ---> write ---> written -------------> result                    |
 *           |  ^  ^       +------> unmatched, duplicate ----------------------------+
 *           |  |  |       +------> unsent --------------> DATABASE_UNAVAILABLE
 *           |  |  |       +------> failed --------------> INTERNAL
 *           |  |  +-open---+-----> unknown     (the second time: OUTCOME_UNKNOWN)
 *           |  +- wait for a majority
 *           +---> result of an earlier attempt or of nothing to write, or a refusal
 *
 * After the last lost race `prepare` is called once more: an insert may be written nevertheless, if the driver repeated it, or there may be
 * a better reason to refuse. If there is still something to write, the refusal is CONCURRENT_CALL_NOT_SUPPORTED.
 * While an attempt is open, every refusal is OUTCOME_UNKNOWN instead: the attempt may still be written after the refusal was sent.
 * DEADLINE_EXCEEDED stays what it is, because it also leaves open whether something was written.
 */
export async function writeConditionally<Attempt, Result>(write: ConditionalWrite<Attempt, Result>): Promise<Result> {
  const progress: Progress<Attempt> = { races: 0 }
  try {
    for (;;) {
      const step = await write.prepare(progress)
      if (step.kind === 'done') return step.result
      if (step.kind === 'wait') await pause(confirmationWaitMs)
      else if (step.kind === 'write' && progress.races === maxRaces) throw new Failure('CONCURRENT_CALL_NOT_SUPPORTED')
      else if (step.kind === 'written' || (await isWritten(write, step.attempt, progress))) {
        progress.open = undefined
        return write.resultOf(step.attempt)
      }
    }
  } catch (error) {
    throw progress.open ? unknownOutcome(error, progress.open.cause) : error
  }
}

/** Attempts the write and notes in `progress` what a further attempt must know. Throws if there is none. */
async function isWritten<Attempt>(
  write: ConditionalWrite<Attempt, unknown>,
  attempt: Attempt,
  progress: Progress<Attempt>,
): Promise<boolean> {
  const outcome = await write.write(attempt)
  switch (outcome.kind) {
    case 'written':
      return true
    case 'unmatched':
    case 'duplicate':
      progress.lost = attempt
      progress.races += 1
      return false
    case 'unknown':
      if (progress.open) throw new Failure('OUTCOME_UNKNOWN', { cause: outcome.cause })
      progress.open = { attempt, cause: outcome.cause }
      return false
    case 'unsent':
      throw new Failure('DATABASE_UNAVAILABLE', { cause: outcome.cause })
    case 'failed':
      throw new Failure('INTERNAL', { cause: outcome.cause })
  }
}

/** What a caller is told instead of `error` while an attempt is open. */
function unknownOutcome(error: unknown, cause: unknown): unknown {
  if (error instanceof Failure && (error.reason === 'DEADLINE_EXCEEDED' || error.reason === 'OUTCOME_UNKNOWN'))
    return error
  return new Failure('OUTCOME_UNKNOWN', { cause: error instanceof Failure ? (error.context.cause ?? cause) : error })
}
