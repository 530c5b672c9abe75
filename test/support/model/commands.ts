import fc from 'fast-check'
import { expect } from 'vitest'
import {
  anyAdd,
  anyDelete,
  anyGet,
  anyList,
  anyListRequest,
  anyRepeatedAdd,
  anyUpdate,
  anyVerify,
} from './any-intent.js'
import { type Answer, type Call, describeCall, kindOf, type ListRequest } from './calls.js'
import { choicesIn, execute, type ServiceUnderTest } from './execution.js'
import { type CallContext, callOf, type Intent } from './intents.js'
import { emptyState, type State, step } from './model.js'
import { Seen } from './seen.js'

/** A service whose clock the commands advance. */
export interface ServiceWithClock extends ServiceUnderTest {
  readonly advanceClock: (ms: number) => void
}

/** Calls one after the other, with what was seen and the state according to the model. */
export class Scenario implements CallContext {
  readonly seen = new Seen()
  readonly directories: readonly string[]
  readonly lines: string[] = []
  /** The kinds of the answers. */
  readonly kinds = new Set<string>()
  state: State = emptyState

  constructor(directories: readonly string[]) {
    this.directories = directories
  }

  /** Makes a call. Fails if the service and the model answer differently. */
  async run(call: Call, service: ServiceWithClock): Promise<Answer> {
    const answer = await execute(service, call)
    const { state, answer: expected } = step(this.state, call, choicesIn(answer), service.now())
    this.lines.push(describeCall(call, answer))
    expect(answer, this.lines.join('\n')).toEqual(expected)
    this.state = state
    this.seen.learn(call, answer)
    this.kinds.add(kindOf(call, answer))
    return answer
  }
}

type Command = fc.AsyncCommand<Scenario, ServiceWithClock>

class CallCommand implements Command {
  readonly #intent: Intent
  readonly #afterMs: number

  constructor(intent: Intent, afterMs: number) {
    this.#intent = intent
    this.#afterMs = afterMs
  }

  check(scenario: Readonly<Scenario>): boolean {
    return callOf(this.#intent, scenario) !== undefined
  }

  async run(scenario: Scenario, service: ServiceWithClock): Promise<void> {
    service.advanceClock(this.#afterMs)
    const call = callOf(this.#intent, scenario)
    if (call) await scenario.run(call, service)
  }

  toString(): string {
    return JSON.stringify(this.#intent)
  }
}

/** Reads all pages of a list, one after the other. */
class ListAllCommand implements Command {
  readonly #directory: number
  readonly #request: Omit<ListRequest, 'pageToken'>

  constructor(directory: number, request: Omit<ListRequest, 'pageToken'>) {
    this.#directory = directory
    this.#request = request
  }

  check(): boolean {
    return true
  }

  async run(scenario: Scenario, service: ServiceWithClock): Promise<void> {
    const directoryId = scenario.directories[this.#directory] ?? ''
    let pageToken = ''
    do {
      const request = { ...this.#request, pageToken }
      const answer = await scenario.run({ directoryId, operation: 'list', request }, service)
      pageToken = answer.kind === 'page' ? answer.nextPageToken : ''
    } while (pageToken !== '')
  }

  toString(): string {
    return `list all ${JSON.stringify({ directory: this.#directory, request: this.#request })}`
  }
}

/** Two changes may happen in the same millisecond. */
const afterMs = fc.constantFrom(0, 1, 60_000)
const anyCall = (intents: fc.Arbitrary<Intent>): fc.Arbitrary<Command> =>
  fc.tuple(intents, afterMs).map(([intent, ms]) => new CallCommand(intent, ms))
const anyListAll = fc
  .tuple(fc.constant(0), anyListRequest)
  .map(([directory, request]) => new ListAllCommand(directory, request))

/** All commands. What is listed several times happens more often. */
export const anyCommand: fc.Arbitrary<Command>[] = [
  anyCall(anyAdd),
  anyCall(anyAdd),
  anyCall(anyAdd),
  anyCall(anyAdd),
  anyCall(anyAdd),
  anyCall(anyRepeatedAdd),
  anyCall(anyGet),
  anyCall(anyVerify),
  anyCall(anyDelete),
  anyCall(anyList),
  anyCall(anyList),
  anyCall(anyList),
  anyCall(anyUpdate),
  anyCall(anyUpdate),
  anyCall(anyUpdate),
  anyListAll,
  anyListAll,
]
