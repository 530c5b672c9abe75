import fc from 'fast-check'
import { expect } from 'vitest'
import { anyAdd, anyAddAgain, anyDelete, anyGet, anyList, anyListRequest, anyProof, anyUpdate } from './any-intent.js'
import { type Asked, ask, chosenIn } from './asking.js'
import { type Answer, type Call, kindOf, type ListRequest, told } from './calls.js'
import { callOf, type Intent, type Scene } from './intents.js'
import { nothing, type State, step } from './model.js'
import { Seen } from './seen.js'

/** A service whose clock the commands move. */
export interface Real extends Asked {
  readonly passTime: (ms: number) => void
}

/** What has been said so far, and what is there by the model. */
export class Story implements Scene {
  readonly seen = new Seen()
  readonly directories: readonly string[]
  readonly lines: string[] = []
  /** Of the answers. */
  readonly kinds = new Set<string>()
  state: State = nothing

  constructor(directories: readonly string[]) {
    this.directories = directories
  }

  /** One call, answered by the service as by the model. */
  async go(call: Call, real: Real): Promise<Answer> {
    const answer = await ask(real, call)
    const { state, answer: expected } = step(this.state, call, chosenIn(answer), real.now())
    this.lines.push(told(call, answer))
    expect(answer, this.lines.join('\n')).toEqual(expected)
    this.state = state
    this.seen.learn(call, answer)
    this.kinds.add(kindOf(call, answer))
    return answer
  }
}

type Command = fc.AsyncCommand<Story, Real>

class Ask implements Command {
  readonly #intent: Intent
  readonly #afterMs: number

  constructor(intent: Intent, afterMs: number) {
    this.#intent = intent
    this.#afterMs = afterMs
  }

  check(story: Readonly<Story>): boolean {
    return callOf(this.#intent, story) !== undefined
  }

  async run(story: Story, real: Real): Promise<void> {
    real.passTime(this.#afterMs)
    const call = callOf(this.#intent, story)
    if (call) await story.go(call, real)
  }

  toString(): string {
    return JSON.stringify(this.#intent)
  }
}

/** All pages of one list, one after the other. */
class Walk implements Command {
  readonly #directory: number
  readonly #request: Omit<ListRequest, 'pageToken'>

  constructor(directory: number, request: Omit<ListRequest, 'pageToken'>) {
    this.#directory = directory
    this.#request = request
  }

  check(): boolean {
    return true
  }

  async run(story: Story, real: Real): Promise<void> {
    const directoryId = story.directories[this.#directory] ?? ''
    let pageToken = ''
    do {
      const request = { ...this.#request, pageToken }
      const answer = await story.go({ directoryId, operation: 'list', request }, real)
      pageToken = answer.kind === 'page' ? answer.nextPageToken : ''
    } while (pageToken !== '')
  }

  toString(): string {
    return `walk ${JSON.stringify({ directory: this.#directory, request: this.#request })}`
  }
}

/** Two changes may fall into one millisecond. */
const afterMs = fc.constantFrom(0, 1, 60_000)
const asking = (intents: fc.Arbitrary<Intent>): fc.Arbitrary<Command> =>
  fc.tuple(intents, afterMs).map(([intent, ms]) => new Ask(intent, ms))
const walking = fc.tuple(fc.constant(0), anyListRequest).map(([directory, request]) => new Walk(directory, request))

/** What may happen, the more often named the more often. */
export const anyCommand: fc.Arbitrary<Command>[] = [
  ...[anyAdd, anyAdd, anyAdd, anyAdd, anyAdd, anyAddAgain, anyGet, anyProof, anyDelete],
  ...[anyList, anyList, anyList, anyUpdate, anyUpdate, anyUpdate],
]
  .map((intents): fc.Arbitrary<Command> => asking(intents))
  .concat(walking, walking)
