import { Link } from './navigation.js'
import { findError, findOperation } from './reference.js'

const part = /`([^`]+)`|\b([A-Z]+(?:_[A-Z]+)+)\b|\b([A-Z][a-z]+[A-Z]\w+)\b/g

/** A text of the reference: code between backquotes, and links to the reasons and operations that it names. */
export function Prose({ text }: { readonly text: string }) {
  const children = []
  let end = 0
  for (const match of text.matchAll(part)) {
    const [whole, code, reason, name] = match
    children.push(text.slice(end, match.index))
    end = match.index + whole.length
    if (code !== undefined) children.push(<code>{code}</code>)
    else if (reason !== undefined && findError(reason)) children.push(<ErrorLink name={reason} />)
    else if (name !== undefined && findOperation(name)) children.push(<OperationLink name={name} />)
    else children.push(whole)
  }
  return (
    <>
      {children}
      {text.slice(end)}
    </>
  )
}

export const ErrorLink = ({ name }: { readonly name: string }) => (
  <Link to={`/errors/${encodeURIComponent(name)}`} class="mono">
    {name}
  </Link>
)

export const OperationLink = ({ name }: { readonly name: string }) => <Link to={`/operations/${name}`}>{name}</Link>
