/** Random numbers that a seed repeats. */
export class Random {
  #state: number

  /** Equal seeds give equal numbers. */
  constructor(seed: string) {
    // FNV-1a
    this.#state = [...seed].reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), 16777619), 2166136261)
  }

  /** At least 0 and less than 1 (mulberry32). */
  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `min` to `max`, both possible. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.number() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.number() < probability
  }

  /** One of the items. Undefined if there is none. */
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.integer(0, items.length - 1)]
  }

  /** One of the keys, each as often as its weight says. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries(weights) as [Key, number][]
    let rest = this.number() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    const found = entries.find(([, weight]) => {
      rest -= weight
      return rest < 0
    })
    if (!found) throw new Error('there must be a positive weight')
    return found[0]
  }
}
