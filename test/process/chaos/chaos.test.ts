import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { runChaos } from '../../support/chaos/chaos-run.js'
import { violationsOf } from '../../support/chaos/checker.js'
import { explained } from '../../support/chaos/explain.js'
import type { History } from '../../support/chaos/history.js'
import type { WireRecord } from '../../support/chaos/wire-log.js'

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
    const { history, disturbances, commands } = await runChaos({ databaseUri: inject('mongodbUri'), seconds, seed })
    const outcomes = outcomesOf(history)
    process.stderr.write(`${summary(history, outcomes, disturbances)}\n`)
    const violations = violationsOf(history)
    if (violations.length > 0) keep(history, commands)
    expect(violations.map((violation) => explained(violation, history, commands))).toEqual([])

    // Otherwise the run would show nothing.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(['add: answered', 'update: answered', 'list: answered']),
    )
    const lostAnswers = ['insert', 'find', 'update', 'findAndModify'].map((name) => `${name}, cut after`)
    expect([...disturbances.keys()]).toEqual(expect.arrayContaining([...lostAnswers, 'stop', 'kill']))
  },
  seconds * 1000 + extraMs,
)

/** Everything that was recorded, one line of JSON each, in a file: what happened to other contacts may be the explanation. */
function keep({ calls, messages, kills, stored }: History, commands: readonly WireRecord[]): void {
  const file = join(tmpdir(), `chaos-${seed}.jsonl`)
  const records = [...calls, ...messages, ...kills, ...stored, ...commands]
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  process.stderr.write(`Chaos: all calls, messages and commands are in ${file}\n`)
}

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
