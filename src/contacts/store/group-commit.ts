/** How long it is worth doing something for a call. */
export interface Patience {
  /** When the caller stops waiting, in milliseconds of the epoch. */
  readonly deadline: number
  /** True once the caller waits no longer: answered, cancelled or out of time. */
  ended(): boolean
}

/** What a call is told whose item never left, because its caller stopped waiting first. */
export const withdrawn = Symbol('withdrawn')

export interface GroupCommitOptions {
  /** How many groups may be under way at once. By default 2: one is written while the next one gathers behind it. */
  readonly underWay?: number
  /** A group that takes longer than this many milliseconds makes room for the next one, so that a stuck one holds nobody up. By default 500: a database that is merely busy does more in larger groups. */
  readonly slowAfterMs?: number
  /** How many groups may be under way altogether, slow ones among them. By default 16, fewer than the database's connections. */
  readonly altogether?: number
  /** How many items go together at most. By default 500, which keeps one command well below a megabyte. */
  readonly largest?: number
}

interface Waiting<Item, Outcome> {
  readonly item: Item
  readonly patience: Patience
  readonly settle: (outcome: Outcome | typeof withdrawn) => void
  readonly fail: (cause: unknown) => void
}

/**
 * Many callers, one round trip: items that wait at the same time are done together, and each caller gets their own outcome.
 *
 * No item waits for a timer. A lone one leaves in the same turn of the event loop; while `underWay` groups are out, the next ones gather.
 * `run` does a group and gives the outcomes in the items' order. Its second argument is the latest deadline of the group:
 * callers whose own comes first are answered elsewhere, and `run` goes on for the others.
 */
export class GroupCommit<Item, Outcome> {
  readonly #run: (items: readonly Item[], deadline: number) => Promise<readonly Outcome[]>
  readonly #options: Required<GroupCommitOptions>
  #waiting: Waiting<Item, Outcome>[] = []
  #underWay = 0
  /** Those among them that have taken too long to be waited for. */
  #slow = 0
  #leaving = false

  constructor(
    run: (items: readonly Item[], deadline: number) => Promise<readonly Outcome[]>,
    options: GroupCommitOptions = {},
  ) {
    this.#run = run
    this.#options = { underWay: 2, slowAfterMs: 500, altogether: 16, largest: 500, ...options }
  }

  /** Gives the item's own outcome, or `withdrawn` where the caller stopped waiting before the item left. Rejects where its whole group failed. */
  submit(item: Item, patience: Patience): Promise<Outcome | typeof withdrawn> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ item, patience, settle, fail })
      this.#leaveSoon()
    })
  }

  /** At the end of this turn, so that calls which arrived in one packet go together. */
  #leaveSoon() {
    if (this.#leaving || !this.#hasRoom()) return
    this.#leaving = true
    setImmediate(() => {
      this.#leaving = false
      this.#leave()
    })
  }

  #hasRoom() {
    const { underWay, altogether } = this.#options
    return this.#underWay - this.#slow < underWay && this.#underWay < altogether
  }

  #leave() {
    while (this.#hasRoom() && this.#waiting.length > 0) {
      const group = this.#nextGroup()
      if (group.length > 0) void this.#commit(group)
    }
  }

  #nextGroup() {
    const group: Waiting<Item, Outcome>[] = []
    let taken = 0
    for (const waiting of this.#waiting) {
      if (group.length === this.#options.largest) break
      taken += 1
      if (waiting.patience.ended()) waiting.settle(withdrawn)
      else group.push(waiting)
    }
    this.#waiting = this.#waiting.slice(taken)
    return group
  }

  async #commit(group: readonly Waiting<Item, Outcome>[]) {
    this.#underWay += 1
    let slow = false
    const timer = setTimeout(() => {
      slow = true
      this.#slow += 1
      this.#leave()
    }, this.#options.slowAfterMs)
    try {
      const outcomes = await this.#run(
        group.map(({ item }) => item),
        Math.max(...group.map(({ patience }) => patience.deadline)),
      )
      if (outcomes.length !== group.length) throw new Error('a group must have one outcome for each of its items')
      outcomes.forEach((outcome, index) => {
        group[index]?.settle(outcome)
      })
    } catch (cause) {
      for (const { fail } of group) fail(cause)
    } finally {
      clearTimeout(timer)
      this.#underWay -= 1
      if (slow) this.#slow -= 1
      this.#leave()
    }
  }
}
