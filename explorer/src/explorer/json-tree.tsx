import { isObject } from '../calls/request-values.js'

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** JSON as a tree whose objects and lists can be closed. */
export function JsonTree({ value }: { readonly value: unknown }) {
  const entries = Array.isArray(value)
    ? value.map((element, index) => [String(index), element] as const)
    : entriesOf(value)
  if (!entries) return <Leaf value={value} />
  if (entries.length === 0) return <span class="muted">{Array.isArray(value) ? '[ ]' : '{ }'}</span>
  return (
    <ul class="tree">
      {entries.map(([name, inner]) => (
        <li key={name}>
          <Entry name={name} value={inner} />
        </li>
      ))}
    </ul>
  )
}

const entriesOf = (value: unknown) => (isObject(value) ? Object.entries(value) : undefined)

function Entry({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (typeof value !== 'object' || value === null)
    return (
      <>
        <span class="key">{name}</span> <Leaf value={value} />
      </>
    )
  return (
    <details open>
      <summary>
        <span class="key">{name}</span>
      </summary>
      <JsonTree value={value} />
    </details>
  )
}

function Leaf({ value }: { readonly value: unknown }) {
  if (typeof value !== 'string') return <span class="number">{JSON.stringify(value)}</span>
  if (timestamp.test(value))
    return (
      <time class="string" dateTime={value} title={new Date(value).toLocaleString()}>
        {value}
      </time>
    )
  return <span class="string">{value}</span>
}
