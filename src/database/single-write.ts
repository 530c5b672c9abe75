import type { Document, Filter } from 'mongodb'

/** A write of at most one document: the one that the filter, which names its `_id`, matches. */
export type SingleWrite<Stored extends Document> =
  | {
      readonly kind: 'update'
      readonly filter: Filter<Stored>
      /** The document that replaces the stored one; or what changes in it. */
      readonly update: Stored | { readonly $set: Partial<Stored> } | Document[]
      /** Makes the document where there is none. */
      readonly upsert?: true
    }
  | { readonly kind: 'delete'; readonly filter: Filter<Stored> }

/** An `update` or `delete` command with one write. */
export const commandOfOne = <Stored extends Document>(collectionName: string, write: SingleWrite<Stored>): Document =>
  write.kind === 'delete'
    ? { delete: collectionName, deletes: [{ q: write.filter, limit: 1 }] }
    : { update: collectionName, updates: [{ q: write.filter, u: write.update, upsert: write.upsert }] }

/** A `bulkWrite` command, of MongoDB 8.0. `namespace` is that of the collection. */
export function commandOfMany<Stored extends Document>(
  namespace: string,
  writes: readonly SingleWrite<Stored>[],
): Document {
  const ops = writes.map((write) =>
    write.kind === 'delete'
      ? { delete: 0, filter: write.filter, multi: false }
      : { update: 0, filter: write.filter, updateMods: write.update, multi: false, upsert: write.upsert },
  )
  return { bulkWrite: 1, ops, nsInfo: [{ ns: namespace }], ordered: false }
}
