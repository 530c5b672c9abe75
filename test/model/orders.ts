import { isDeepStrictEqual } from 'node:util'
import { chosenIn } from './asking.js'
import type { Answer, Call } from './calls.js'
import { type State, step } from './model.js'

/** A call and what came of it. */
export interface Answered {
  readonly call: Call
  readonly answer: Answer
}

/** A call that others overtook again and again: the contract says that it did nothing. */
export const gaveUp = ({ answer }: Answered) =>
  answer.kind === 'refused' && answer.reason === 'CONCURRENT_CALL_NOT_SUPPORTED'

/**
 * How things may be after calls that were made at once: for every order in which the model answers each of them as it was answered,
 * from every state that may have been before, the state that this order leaves. None where no order explains the answers.
 */
export function statesAfter(before: readonly State[], answered: readonly Answered[], now: number): readonly State[] {
  const found = new Map<string, State>()
  const tried = new Set<string>()
  const tryOrders = (state: State, left: readonly Answered[]) => {
    // Orders of the same calls that come to the same state have the same end.
    const place = JSON.stringify([left.map((one) => answered.indexOf(one)), state])
    if (tried.has(place)) return
    tried.add(place)
    if (left.length === 0) found.set(JSON.stringify(state), state)
    for (const next of left) {
      const { state: after, answer } = step(state, next.call, chosenIn(next.answer), now)
      if (isDeepStrictEqual(answer, next.answer))
        tryOrders(
          after,
          left.filter((one) => one !== next),
        )
    }
  }
  const effective = answered.filter((one) => !gaveUp(one))
  for (const state of before) tryOrders(state, effective)
  return [...found.values()]
}
