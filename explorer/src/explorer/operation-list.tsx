import { useState } from 'preact/hooks'
import { operationLink } from '../calls/share-link.js'
import { useTexts } from '../language.js'
import { Link, navigate } from '../navigation.js'
import { type Operation, reference } from '../reference.js'

const groups = ['contacts', 'verification'] as const

const matches = ({ name, summary }: Operation, search: string) =>
  `${name} ${summary}`.toLowerCase().includes(search.trim().toLowerCase())

export function OperationList({ selected }: { readonly selected: string }) {
  const t = useTexts()
  const [search, setSearch] = useState('')
  const found = reference.operations.filter((operation) => matches(operation, search))
  return (
    <nav class="operations" aria-label={t.operations}>
      <OperationChoice selected={selected} />
      <div class="wide-only">
        <input
          type="search"
          class="search"
          aria-label={t.searchOperations}
          placeholder={t.searchOperations}
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        {groups.map((group) => (
          <OperationGroup
            key={group}
            operations={found.filter((one) => one.group === group)}
            {...{ group, selected }}
          />
        ))}
        <p role="status" class="muted">
          {found.length === 0 && t.noOperation}
        </p>
      </div>
    </nav>
  )
}

/** On a phone: a list that takes one line. */
function OperationChoice({ selected }: { readonly selected: string }) {
  const t = useTexts()
  return (
    <div class="narrow-only">
      <label for="operation">{t.operation}</label>
      <select
        id="operation"
        value={selected}
        onChange={({ currentTarget }) => navigate(operationLink(currentTarget.value))}
      >
        {reference.operations.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

interface OperationGroupProps {
  readonly group: (typeof groups)[number]
  readonly operations: readonly Operation[]
  readonly selected: string
}

function OperationGroup({ group, operations, selected }: OperationGroupProps) {
  const t = useTexts()
  if (operations.length === 0) return null
  return (
    <section>
      <h2>{t.groups[group]}</h2>
      <ul>
        {operations.map(({ name, permission }) => (
          <li key={name}>
            <Link to={operationLink(name)} isCurrent={name === selected}>
              <span class={`dot ${permission.isWrite ? 'write' : 'read'}`} />
              <span>{readableName(name)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Lets a long name break between its words. */
const readableName = (name: string) => name.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word) => [word, <wbr key={word} />])
