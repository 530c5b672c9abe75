import { isDeepStrictEqual } from 'node:util'
import type { Answer, Call } from './calls.js'
import { choicesIn } from './execution.js'
import { type State, step } from './model.js'

export interface AnsweredCall {
  readonly call: Call
  readonly answer: Answer
}

/** A call that lost too many races: the contract says that it changed nothing. */
export const gaveUp = ({ answer }: AnsweredCall) =>
  answer.kind === 'refused' && answer.reason === 'CONCURRENT_CALL_NOT_SUPPORTED'

/**
 * The possible states after concurrent calls. An order of the calls is possible if the model gives all of their answers in that order,
 * beginning with one of the states `before`; it leads to one state. Without a possible order there is none.
 */
export function statesAfter(
  before: readonly State[],
  answered: readonly AnsweredCall[],
  now: number,
): readonly State[] {
  const found = new Map<string, State>()
  const visited = new Set<string>()
  const tryOrders = (state: State, remaining: readonly AnsweredCall[]) => {
    // Different orders of the same calls may lead to the same state: the rest needs to be tried only once.
    const position = JSON.stringify([remaining.map((one) => answered.indexOf(one)), state])
    if (visited.has(position)) return
    visited.add(position)
    if (remaining.length === 0) found.set(JSON.stringify(state), state)
    for (const next of remaining) {
      const { state: after, answer } = step(state, next.call, choicesIn(next.answer), now)
      if (isDeepStrictEqual(answer, next.answer))
        tryOrders(
          after,
          remaining.filter((one) => one !== next),
        )
    }
  }
  const effective = answered.filter((one) => !gaveUp(one))
  for (const state of before) tryOrders(state, effective)
  return [...found.values()]
}
