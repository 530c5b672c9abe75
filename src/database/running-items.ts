/** How many running items of a group count. */
const maxCounted = 4

/** The items of the batches that are running. Of each group only a few count, so that one with many does not hold up the others. */
export class RunningItems {
  readonly #runningOf = new Map<string, number>()
  #counted = 0

  get counted(): number {
    return this.#counted
  }

  /** Whether another item of the group would count. */
  wouldCount(group: string): boolean {
    return (this.#runningOf.get(group) ?? 0) < maxCounted
  }

  add(group: string): void {
    if (this.wouldCount(group)) this.#counted += 1
    this.#runningOf.set(group, (this.#runningOf.get(group) ?? 0) + 1)
  }

  remove(group: string): void {
    const running = this.#runningOf.get(group) ?? 0
    if (running > 1) this.#runningOf.set(group, running - 1)
    else this.#runningOf.delete(group)
    if (this.wouldCount(group)) this.#counted -= 1
  }
}
