import { expect } from 'vitest'
import type { Burst } from './any-burst.js'
import { type Call, describeCall, kindOf } from './calls.js'
import { execute, type ServiceUnderTest } from './execution.js'
import { type CallContext, callOf } from './intents.js'
import { emptyState, type State } from './model.js'
import { type AnsweredCall, gaveUp, statesAfter } from './orders.js'
import { Seen } from './seen.js'

/** Bursts of concurrent calls, one after the other, with what was seen and all possible states. */
export class History implements CallContext {
  readonly seen = new Seen()
  readonly directories: readonly string[]
  /** The kinds of the answers to concurrent calls. */
  readonly kinds = new Set<string>()
  readonly #connections: readonly ServiceUnderTest[]
  readonly #lines: string[] = []
  #states: readonly State[] = [emptyState]

  constructor(directories: readonly string[], connections: readonly ServiceUnderTest[]) {
    this.directories = directories
    this.#connections = connections
  }

  /** Makes the calls of a burst concurrently, and then lists what is stored. Fails if no order of the calls explains the answers. */
  async run(burst: Burst): Promise<void> {
    const calls = burst.flatMap(({ intent, connection }) => {
      const call = callOf(intent, this)
      return call ? [{ call, connection }] : []
    })
    const answered = await Promise.all(calls.map(({ call, connection }) => this.#execute(call, connection)))
    this.#explain('concurrent calls:', answered)
    expectRaceWinner(answered)
    for (const directoryId of this.directories) this.#explain('then:', [await this.#execute(wholeList(directoryId), 0)])
    for (const { call, answer } of answered) this.kinds.add(kindOf(call, answer))
  }

  async #execute(call: Call, connection: number): Promise<AnsweredCall> {
    const service = this.#connections[connection] ?? expect.fail(`there is no connection ${connection}`)
    return { call, answer: await execute(service, call) }
  }

  #explain(title: string, answered: readonly AnsweredCall[]): void {
    this.#lines.push(title, ...answered.map(({ call, answer }) => `  ${describeCall(call, answer)}`))
    const after = statesAfter(this.#states, answered, this.#connections[0]?.now() ?? 0)
    const before = this.#states.map(({ contacts }) => JSON.stringify(contacts.map(({ contact }) => contact)))
    if (after.length === 0)
      expect.fail(
        ['no order of the last calls explains their answers', ...this.#lines, 'before them:', ...before].join('\n'),
      )
    this.#states = after
    for (const { call, answer } of answered) this.seen.learn(call, answer)
  }
}

/** A call gives up only if another one succeeded. */
function expectRaceWinner(answered: readonly AnsweredCall[]): void {
  const succeeded = answered.filter(({ call, answer }) => call.operation !== 'get' && answer.kind !== 'refused')
  if (answered.some(gaveUp)) expect(succeeded.map(({ call, answer }) => describeCall(call, answer))).not.toEqual([])
}

function wholeList(directoryId: string): Call {
  const request = { pageSize: 0, pageToken: '', title: 0, messageType: 0, status: 0, namePrefix: '' }
  return { directoryId, operation: 'list', request }
}
