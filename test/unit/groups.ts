import { GroupCommit, type GroupCommitOptions, type Patience } from '../../src/contacts/store/group-commit.js'

export const patient: Patience = { deadline: 1000, ended: () => false }
export const gone: Patience = { deadline: 9000, ended: () => true }
export const until = (deadline: number): Patience => ({ ...patient, deadline })

/** A group that left, and how it ends. */
export interface Group {
  readonly items: readonly string[]
  readonly deadline: number
  readonly end: (outcomes?: readonly string[]) => void
  readonly fail: (cause: unknown) => void
}

/** A group commit whose groups end when the test says so, by default with every item's own name in capitals. */
export function groupCommit(options?: GroupCommitOptions) {
  const groups: Group[] = []
  const run = (items: readonly string[], deadline: number) =>
    new Promise<readonly string[]>((resolve, fail) => {
      const end = (outcomes: readonly string[] = items.map((item) => item.toUpperCase())) => resolve(outcomes)
      groups.push({ items, deadline, end, fail })
    })
  const commit = new GroupCommit<string, string>(run, options)
  const submit = (...items: string[]) => items.map((item) => commit.submit(item, patient))
  return { commit, submit, groups, left: () => groups.map(({ items }) => items) }
}
