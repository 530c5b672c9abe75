import { setTimeout as pause } from 'node:timers/promises'
import { type Command, documentOf, isDriverCommand, type Verdict, type WireProxy } from '../wire-proxy.js'
import type { Random } from './random.js'
import type { WireLog } from './wire-log.js'

/** So many commands with one name pass at most until one is disturbed; at first, and later. */
const maxUndisturbedAtFirst = 3
const maxUndisturbed = 30
/** How long a command is held back, in milliseconds: up to three times as long as the service waits for it. */
const maxHoldMs = 3000
/** How long the database is unreachable, in milliseconds. */
const unreachableMs = 700

/** Disturbs the commands of a process: connections are cut before and after them, and some arrive late. Keeps a log of it all. */
export class Disturbances {
  /** How many commands were disturbed, by name and by what happened, such as `insert, cut after`. */
  readonly counts = new Map<string, number>()
  readonly #proxy: WireProxy
  readonly #random: Random
  readonly #log: WireLog
  /** How many commands of a name pass until one is disturbed. */
  readonly #remaining = new Map<string, number>()
  readonly #held = new Set<Promise<unknown>>()
  /** The inserts that the driver can repeat, by session and transaction number. */
  readonly #inserts = new Set<string>()
  #isCalm = false

  constructor(proxy: WireProxy, random: Random, log: WireLog) {
    this.#proxy = proxy
    this.#random = random
    this.#log = log
    this.#watch()
  }

  /** From now on every command passes. Resolves when those that are held back have been forwarded. */
  async calm(): Promise<void> {
    this.#isCalm = true
    await Promise.all(this.#held)
    this.#proxy.reset()
    this.#watch()
  }

  #watch(): void {
    this.#proxy.watch(async (command) => {
      if (isDriverCommand(command)) return 'pass'
      this.#log.commandArrived(command)
      const verdict = await this.#verdictOn(command)
      this.#log.commandJudged(command, verdict)
      return verdict
    })
    this.#proxy.watchReplies((reply, command) => {
      if (command && !isDriverCommand(command)) this.#log.commandAnswered(command, documentOf(reply))
    })
  }

  async #verdictOn(command: Command): Promise<Verdict> {
    const { name } = command
    if (this.#isRepeatedInsert(command)) return interrupted
    if (this.#isCalm) return 'pass'
    const remaining = this.#remaining.get(name) ?? this.#random.integer(0, maxUndisturbedAtFirst)
    this.#remaining.set(name, remaining - 1)
    if (remaining > 0) return 'pass'
    this.#remaining.set(name, this.#random.integer(0, maxUndisturbed))
    // At least one answer to each kind of command is lost, also in a short run.
    const isFirst = !this.counts.has(`${name}, cut after`)
    const disturbance = isFirst ? 'cut after' : this.#random.weighted(weights)
    const key = `${name}, ${disturbance}`
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    return this.#carryOut(disturbance)
  }

  /**
   * True for a batch that the driver sends again after a lost connection. MongoDB recognizes it, document by document. The database for development
   * may insert it once more, also what was removed meanwhile, so it must not get it.
   */
  #isRepeatedInsert({ name, body: { lsid, txnNumber } }: Command): boolean {
    if (name !== 'insert' || txnNumber === undefined) return false
    const key = `${lsid?.id} ${txnNumber}`
    const isRepeated = this.#inserts.has(key)
    this.#inserts.add(key)
    return isRepeated
  }

  async #carryOut(disturbance: DisturbanceName): Promise<Verdict> {
    if (disturbance === 'late') {
      const held = pause(this.#random.integer(200, maxHoldMs))
      this.#held.add(held)
      await held
      this.#held.delete(held)
      return 'pass'
    }
    if (disturbance === 'unreachable after') void this.#reachableAgain()
    return disturbance
  }

  async #reachableAgain(): Promise<void> {
    await pause(unreachableMs)
    this.#proxy.reset()
    this.#watch()
  }
}

/** An answer that leaves open whether the command was executed. The driver does not repeat it after that. */
const interrupted = { reply: { ok: 0, code: 11601, codeName: 'Interrupted', errmsg: 'operation was interrupted' } }

/** `late`: the command is held back, and the service may have given it up when the database gets it. */
const weights = { 'cut after': 10, 'cut before': 4, late: 6, 'unreachable after': 1 } as const
type DisturbanceName = keyof typeof weights
