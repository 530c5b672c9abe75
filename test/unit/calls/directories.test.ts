import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Identity } from '../../../src/access/caller.js'
import type { Operation } from '../../../src/calls/service.js'
import {
  createPipeline,
  fakeTimers,
  identity,
  maxCallMs,
  never,
  reasonsOf,
  type ScriptedCall,
} from '../../support/scripted-call.js'
import { deferred } from '../../support/waiting.js'

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
})

const otherCaller: Identity = { ...identity, id: 'caller-2', directories: ['rd-2'] }

/** A pipeline with many calls of one directory whose operation does not end, and what the pipeline did with them. */
async function underLoad(maxCallsInFlight: number, calls: number, operation: Operation = never) {
  const { send } = createPipeline({ maxCallsInFlight })
  const sent: ScriptedCall[] = []
  for (let call = 0; call < calls; call += 1) sent.push(await send({ authenticate: () => identity, operation }))
  // Of so many refusals most are delayed, by up to a second.
  await vi.advanceTimersByTimeAsync(1000)
  return { send, sent }
}

/** How many calls have come how far, and how many have which answer. */
function summary(calls: readonly ScriptedCall[]) {
  const counts: Record<string, number> = {}
  for (const { steps, answers } of calls) {
    const [answer] = reasonsOf({ steps, answers })
    const state = answer ?? (steps.includes('operation') ? 'in its operation' : 'waiting')
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

test('of one directory 32 calls work and a quarter of MAX_CALLS_IN_FLIGHT wait; more are OVERLOADED, and others are served', async () => {
  const { send, sent } = await underLoad(1000, 1100)
  expect(summary(sent)).toEqual({ 'in its operation': 32, waiting: 250, OVERLOADED: 818 })
  expect(reasonsOf(await send({ authenticate: () => otherCaller }))).toEqual(['OK'])
})

test('refusals because of a limit are delayed if there are many, also for the observer, until the process stops', async () => {
  const { send, pipeline, observer } = createPipeline({ maxCallsInFlight: 8 })
  for (let call = 0; call < 8; call += 1) await send({ operation: never })
  const calls: ScriptedCall[] = []
  for (let call = 0; call < 202; call += 1) calls.push(await send())
  expect(summary(calls)).toEqual({ OVERLOADED: 200, waiting: 2 })
  await vi.advanceTimersByTimeAsync(5)
  expect(summary(calls)).toEqual({ OVERLOADED: 201, waiting: 1 })
  expect(observer.endedCalls.at(-1)).toMatchObject({ reason: 'OVERLOADED', durationMs: 5 })
  pipeline.refuseNewCalls()
  expect(summary(calls)).toEqual({ OVERLOADED: 202 })
})

test('the calls of one directory leave some of MAX_CALLS_IN_FLIGHT to others', async () => {
  const { send, sent } = await underLoad(64, 100)
  expect(summary(sent)).toEqual({ 'in its operation': 32, waiting: 16, OVERLOADED: 52 })
  expect(reasonsOf(await send({ authenticate: () => otherCaller }))).toEqual(['OK'])
})

test('a call that waits is answered at its deadline, and its operation does not begin afterwards', async () => {
  const held = deferred()
  const { sent } = await underLoad(1000, 33, () => held.promise.then(() => ({})))
  await vi.advanceTimersByTimeAsync(maxCallMs)
  expect(summary(sent)).toEqual({ DEADLINE_EXCEEDED: 33 })
  held.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(sent.filter(({ steps }) => steps.includes('operation'))).toHaveLength(32)
})

test('a directory whose calls have ended has its whole share again', async () => {
  const held = deferred()
  const { send, sent } = await underLoad(1000, 100, () => held.promise.then(() => ({})))
  held.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(summary(sent)).toEqual({ OK: 100 })
  const again: ScriptedCall[] = []
  for (let call = 0; call < 33; call += 1) again.push(await send({ operation: never }))
  expect(summary(again)).toEqual({ 'in its operation': 32, waiting: 1 })
})
