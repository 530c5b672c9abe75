/**
 * The slots that adds of this process are about to take, by directory: adds of one process do not race each other for slots. Those of other
 * processes are not known here, and a unique index decides.
 */
export class SlotReservations {
  /** A random whole number, at least 0 and less than `max`. */
  readonly #randomInt: (max: number) => number
  /** Of directories that are being added to. */
  readonly #reserved = new Map<string, Set<number>>()

  constructor(randomInt: (max: number) => number) {
    this.#randomInt = randomInt
  }

  /**
   * Reserves a random slot below `limit` that is not `taken`, until `release`. If possible one that nobody else has reserved: an add that
   * has reserved one may be refused for another reason. Undefined if all are taken.
   */
  reserve(directoryId: string, limit: number, taken: ReadonlySet<number>): number | undefined {
    const reserved = this.#reserved.get(directoryId)
    const slot = reserved || taken.size > 0 ? this.#freeSlot(limit, taken, reserved) : this.#randomInt(limit)
    if (slot === undefined) return undefined
    if (reserved) reserved.add(slot)
    else this.#reserved.set(directoryId, new Set([slot]))
    return slot
  }

  #freeSlot(limit: number, taken: ReadonlySet<number>, reserved: ReadonlySet<number> = new Set()): number | undefined {
    const free = Array.from({ length: limit }, (_, slot) => slot).filter((slot) => !taken.has(slot))
    const unreserved = free.filter((slot) => !reserved.has(slot))
    const slots = unreserved.length > 0 ? unreserved : free
    return slots[this.#randomInt(Math.max(1, slots.length))]
  }

  release(directoryId: string, slot: number): void {
    const reserved = this.#reserved.get(directoryId)
    reserved?.delete(slot)
    if (reserved?.size === 0) this.#reserved.delete(directoryId)
  }
}
