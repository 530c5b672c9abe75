/**
 * The slots that adds of this process are about to take, by directory: adds of one process do not race each other for slots. Those of other
 * processes are not known here, and a unique index decides.
 */
export class SlotReservations {
  /** A random whole number, at least 0 and less than `max`. */
  readonly #randomInt: (max: number) => number
  /** Of directories that are being added to. */
  readonly #directories = new Map<string, { adds: number; readonly slots: Set<number> }>()

  constructor(randomInt: (max: number) => number) {
    this.#randomInt = randomInt
  }

  /**
   * Reserves a random slot below `limit` that is not `taken`, until `release`. If possible one that nobody else has reserved: an add that
   * has reserved one may be refused for another reason. Undefined if all are taken.
   */
  reserve(directoryId: string, limit: number, taken: ReadonlySet<number>): number | undefined {
    const directory = this.#directories.get(directoryId)
    const slot = directory || taken.size > 0 ? this.#freeSlot(limit, taken, directory?.slots) : this.#randomInt(limit)
    if (slot === undefined) return undefined
    if (!directory) this.#directories.set(directoryId, { adds: 1, slots: new Set([slot]) })
    else {
      directory.adds += 1
      directory.slots.add(slot)
    }
    return slot
  }

  #freeSlot(limit: number, taken: ReadonlySet<number>, reserved: ReadonlySet<number> = new Set()): number | undefined {
    const free = Array.from({ length: limit }, (_, slot) => slot).filter((slot) => !taken.has(slot))
    const unreserved = free.filter((slot) => !reserved.has(slot))
    const slots = unreserved.length > 0 ? unreserved : free
    return slots[this.#randomInt(Math.max(1, slots.length))]
  }

  /** A slot that was taken stays reserved as long as others add to the directory: what they have read may be older. */
  release(directoryId: string, slot: number, isTaken: boolean): void {
    const directory = this.#directories.get(directoryId)
    if (!directory) return
    directory.adds -= 1
    if (!isTaken) directory.slots.delete(slot)
    if (directory.adds === 0) this.#directories.delete(directoryId)
  }
}
