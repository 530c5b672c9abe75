/** How many running items of a group count. */
const maxCounted = 4

/** The items of the batches that are running. Of each group only a few count, so that one with many does not hold up the others. */
export class RunningItems {
  /** How many items of each group each batch has. Not one Map for all: see `ShortLivedSet`. */
  #batches: readonly ReadonlyMap<string, number>[] = []
  #counted = 0

  get counted(): number {
    return this.#counted
  }

  /** Adds a batch, by the groups of its items. Gives a function that removes it, to be called once. */
  add(groups: readonly string[]): () => void {
    const batch = countEach(groups)
    for (const [group, items] of batch) this.#counted += this.#countedOf(group, items)
    this.#batches = [...this.#batches, batch]
    return () => {
      this.#batches = this.#batches.filter((other) => other !== batch)
      for (const [group, items] of batch) this.#counted -= this.#countedOf(group, items)
    }
  }

  /** Whether a further item of the group would count. */
  wouldCount(group: string): boolean {
    return this.#countedOf(group, 1) > 0
  }

  /** How many of these items count beside the running ones of their group. */
  #countedOf(group: string, items: number): number {
    let running = 0
    for (const batch of this.#batches) running += batch.get(group) ?? 0
    return Math.min(items, Math.max(0, maxCounted - running))
  }
}

function countEach(groups: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
  return counts
}
