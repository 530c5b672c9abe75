import { randomInt } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { runChaos } from '../../support/chaos/chaos-run.js'
import { violationsOf } from '../../support/chaos/checker.js'
import type { History } from '../../support/chaos/history.js'

/** How long callers work. */
const seconds = Number(process.env['CHAOS_SECONDS'] ?? 10)
/** CHAOS_SEED repeats the choices of an earlier run: what callers ask for, and what is disturbed. Time repeats nothing. */
const seed = process.env['CHAOS_SEED'] ?? String(randomInt(1_000_000_000))

/** For starting processes, and for what is left to do when callers have stopped. */
const extraMs = 240_000

test(
  `${seconds} seconds of lost answers, stopped and killed processes, and clocks two minutes apart contradict no promise`,
  async () => {
    process.stderr.write(`Chaos: CHAOS_SECONDS=${seconds} CHAOS_SEED=${seed}\n`)
    const { history, disturbances } = await runChaos({ databaseUri: inject('mongodbUri'), seconds, seed })
    const outcomes = outcomesOf(history)
    process.stderr.write(`${summary(history, outcomes, disturbances)}\n`)
    expect(violationsOf(history).map((violation) => explained(violation, history))).toEqual([])

    // Otherwise the run would show nothing.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(['add: answered', 'update: answered', 'list: answered']),
    )
    const lostAnswers = ['insert', 'find', 'update', 'findAndModify'].map((name) => `${name}, cut after`)
    expect([...disturbances.keys()]).toEqual(expect.arrayContaining([...lostAnswers, 'stop', 'kill']))
  },
  seconds * 1000 + extraMs,
)

/** How often calls of each operation ended in each way. */
function outcomesOf({ calls }: History): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { request, outcome } of calls) {
    const key = `${request.operation}: ${outcome.kind === 'refused' ? outcome.reason : outcome.kind}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function summary(history: History, ...counts: readonly ReadonlyMap<string, number>[]): string {
  const lines = counts.flatMap((map) => [...map].sort(([one], [other]) => (one < other ? -1 : 1)))
  const { calls, messages, stored } = history
  const total = `${calls.length} calls, ${messages.length} messages, ${stored.length} contacts in the end`
  return [total, ...lines.map(([key, count]) => `${String(count).padStart(6)} ${key}`)].join('\n')
}

/** A violation with all calls about its contacts, and all calls that it names. */
function explained(violation: string, { calls, messages }: History): string {
  const isNamed = (record: object) =>
    [...violation.matchAll(/\bc-\w{16}\b|a\d+@chaos\.example/g)].some(([id]) => JSON.stringify(record).includes(id))
  const ids = [...violation.matchAll(/\bcalls? ([\d, and]+)/g)].flatMap(([, list = '']) => list.match(/\d+/g) ?? [])
  const records = [
    ...calls.filter((call) => ids.includes(String(call.id)) || isNamed(call)),
    ...messages.filter(isNamed),
  ]
  return [violation, ...records.map((record) => JSON.stringify(record))].join('\n')
}
