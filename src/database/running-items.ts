/** How many running items of a group count. */
const maxCounted = 4

/** The items of the batches that are running. Of each group only a few count, so that one with many does not hold up the others. */
export class RunningItems {
  /** How many items of each group each batch has. Not one Map for all: see `ShortLivedSet`. */
  #batches: readonly ReadonlyMap<string, number>[] = []
  #counted = 0
  #all = 0

  get counted(): number {
    return this.#counted
  }

  /** Whether more items of a group run than count. */
  get isCrowded(): boolean {
    return this.#all > this.#counted
  }

  /** Adds a batch, by the groups of its items. Gives a function that removes it, to be called once. */
  add(groups: readonly string[]): () => void {
    const batch = countEach(groups)
    for (const [group, items] of batch) this.#counted += this.#countedOf(group, items)
    this.#batches = [...this.#batches, batch]
    this.#all += groups.length
    return () => {
      this.#all -= groups.length
      this.#batches = this.#batches.filter((other) => other !== batch)
      for (const [group, items] of batch) this.#counted -= this.#countedOf(group, items)
    }
  }

  /** Whether a further item of the group would count. */
  wouldCount(group: string): boolean {
    return this.#countedOf(group, 1) > 0
  }

  /** How many items of the group run. */
  of(group: string): number {
    let running = 0
    for (const batch of this.#batches) running += batch.get(group) ?? 0
    return running
  }

  /** How many of these items count beside the running ones of their group. */
  #countedOf(group: string, items: number): number {
    return Math.min(items, Math.max(0, maxCounted - this.of(group)))
  }
}

function countEach(groups: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
  return counts
}
