import { expect } from 'vitest'
import type { Burst } from './any-burst.js'
import { type Asked, ask } from './asking.js'
import { type Call, kindOf, told } from './calls.js'
import { callOf, type Scene } from './intents.js'
import { nothing, type State } from './model.js'
import { type Answered, gaveUp, statesAfter } from './orders.js'
import { Seen } from './seen.js'

/** Bursts of calls, one after the other: what has been seen, and every state that things may be in. */
export class History implements Scene {
  readonly seen = new Seen()
  readonly directories: readonly string[]
  /** Of the answers to calls made at once. */
  readonly kinds = new Set<string>()
  readonly #doors: readonly Asked[]
  readonly #lines: string[] = []
  #states: readonly State[] = [nothing]

  constructor(directories: readonly string[], doors: readonly Asked[]) {
    this.directories = directories
    this.#doors = doors
  }

  /** The calls of a burst at once, and when all are answered a look at what is stored. Fails where no order explains it. */
  async go(burst: Burst): Promise<void> {
    const calls = burst.flatMap(({ intent, door }) => {
      const call = callOf(intent, this)
      return call ? [{ call, door }] : []
    })
    const answered = await Promise.all(calls.map(({ call, door }) => this.#ask(call, door)))
    this.#explain('at once:', answered)
    expectGaveUpForOthers(answered)
    for (const directoryId of this.directories) this.#explain('then:', [await this.#ask(wholeList(directoryId), 0)])
    for (const { call, answer } of answered) this.kinds.add(kindOf(call, answer))
  }

  async #ask(call: Call, door: number): Promise<Answered> {
    const asked = this.#doors[door] ?? expect.fail(`there is no door ${door}`)
    return { call, answer: await ask(asked, call) }
  }

  #explain(when: string, answered: readonly Answered[]): void {
    this.#lines.push(when, ...answered.map(({ call, answer }) => `  ${told(call, answer)}`))
    const after = statesAfter(this.#states, answered, this.#doors[0]?.now() ?? 0)
    const before = this.#states.map(({ held }) => JSON.stringify(held.map(({ contact }) => contact)))
    if (after.length === 0)
      expect.fail(
        ['no order of the last calls explains their answers', ...this.#lines, 'before them:', ...before].join('\n'),
      )
    this.#states = after
    for (const { call, answer } of answered) this.seen.learn(call, answer)
  }
}

/** Nobody is overtaken where nobody else got anywhere. */
function expectGaveUpForOthers(answered: readonly Answered[]): void {
  const took = answered.filter(({ call, answer }) => call.operation !== 'get' && answer.kind !== 'refused')
  if (answered.some(gaveUp)) expect(took.map(({ call, answer }) => told(call, answer))).not.toEqual([])
}

function wholeList(directoryId: string): Call {
  const request = { pageSize: 0, pageToken: '', title: 0, messageType: 0, status: 0, namePrefix: '' }
  return { directoryId, operation: 'list', request }
}
