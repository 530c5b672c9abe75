interface Entry<Member> {
  readonly member: Member
  index: number
}

/**
 * A set whose members come and go with every call. In a Set or a Map they would make garbage collection much more expensive: V8 links
 * each table that such a collection has outgrown to the next one. Once a table is in the old generation, all later tables and everything that
 * their members refer to survive until the next full collection.
 */
export class ShortLivedSet<Member> implements Iterable<Member> {
  readonly #entries: Entry<Member>[] = []

  get size(): number {
    return this.#entries.length
  }

  /** Gives a function that removes the member, to be called once. */
  add(member: Member): () => void {
    const entry = { member, index: this.#entries.length }
    this.#entries.push(entry)
    return () => this.#remove(entry)
  }

  /** The last entry takes the index of the removed one. */
  #remove({ index }: Entry<Member>): void {
    const last = this.#entries.pop()
    if (!last || last.index === index) return
    last.index = index
    this.#entries[index] = last
  }

  /** In no particular order. Members may be removed meanwhile: those of the start are given. */
  *[Symbol.iterator](): Iterator<Member> {
    for (const { member } of [...this.#entries]) yield member
  }
}
