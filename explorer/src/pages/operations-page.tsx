import type { EnumType, MessageType } from '../../../dev/explorer/reference.js'
import { operationLink } from '../calls/share-link.js'
import { useTexts } from '../language.js'
import { Link } from '../navigation.js'
import { ErrorLink, Prose } from '../prose.js'
import { findOperation, type Operation, reference } from '../reference.js'
import { Scrolling } from '../scrolling.js'
import { NotFound } from './not-found.js'

export function OperationsPage() {
  const t = useTexts()
  return (
    <main id="content" class="page" tabIndex={-1}>
      <h1>{t.operations}</h1>
      <ul class="cards">
        {reference.operations.map(({ name, summary, permission }) => (
          <li key={name}>
            <Link to={`/operations/${name}`} class="card">
              <strong>{name}</strong>
              <span>{summary}</span>
              <span class="muted mono">{permission.action}</span>
            </Link>
          </li>
        ))}
      </ul>
      <h2>{t.rules}</h2>
      {reference.rules.map((rule) => (
        <p key={rule}>
          <Prose text={rule} />
        </p>
      ))}
    </main>
  )
}

export function OperationPage({ name }: { readonly name: string }) {
  const t = useTexts()
  const operation = findOperation(name)
  if (!operation) return <NotFound kind="unknownOperation" name={name} />
  return (
    <main id="content" class="page" tabIndex={-1}>
      <p>
        <Link to="/operations">← {t.allOperations}</Link>
      </p>
      <div class="title">
        <h1>{operation.name}</h1>
        <Link to={operationLink(operation.name)} class="button primary">
          {t.tryIt}
        </Link>
      </div>
      <p class="lead">
        <Prose text={operation.summary} />
      </p>
      {operation.rules.map((rule) => (
        <p key={rule}>
          <Prose text={rule} />
        </p>
      ))}
      <Authorization operation={operation} />
      <h2>{t.requestParameters}</h2>
      <FieldsTable message={operation.request} isRequest />
      <h2>{t.responseParameters}</h2>
      <FieldsTable message={operation.response} />
      <UsedTypes messages={[operation.request, operation.response]} />
      <h2>{t.exampleRequest}</h2>
      <Scrolling class="code" label={t.exampleRequest}>
        <pre>{JSON.stringify(operation.example, undefined, 2)}</pre>
      </Scrolling>
      <h2>{t.errors}</h2>
      <Reasons reasons={operation.reasons} />
      <h3>{t.commonErrors}</h3>
      <Reasons reasons={reference.commonReasons} />
    </main>
  )
}

function Authorization({ operation: { permission } }: { readonly operation: Operation }) {
  const t = useTexts()
  const { action, isWrite, resource, roles } = permission
  return (
    <>
      <h2>{t.authorization}</h2>
      <dl class="facts-list">
        <dt>{t.action}</dt>
        <dd>
          <code>{action}</code>
        </dd>
        <dt>{t.accessLevel}</dt>
        <dd>{isWrite ? t.writes : t.reads}</dd>
        <dt>{t.resource}</dt>
        <dd>
          <code>{resource}</code>
        </dd>
        <dt>{t.roles}</dt>
        <dd>{roles.join(', ')}</dd>
      </dl>
    </>
  )
}

interface FieldsTableProps {
  readonly message: MessageType
  /** Whether callers fill in the fields. */
  readonly isRequest?: boolean
}

function FieldsTable({ message, isRequest = false }: FieldsTableProps) {
  const t = useTexts()
  return (
    <Scrolling class="table" label={message.name}>
      {message.description && (
        <p>
          <Prose text={message.description} />
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">{t.parameter}</th>
            <th scope="col">{t.type}</th>
            <th scope="col">{t.description}</th>
          </tr>
        </thead>
        <tbody>
          {message.fields.map(({ name, type, need, description }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
                {isRequest && <span class={`need ${need}`}>{t.needs[need]}</span>}
              </th>
              <td>{type}</td>
              <td>
                <Prose text={description} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  )
}

/** The messages and enums that the fields of messages have. */
function UsedTypes({ messages }: { readonly messages: readonly MessageType[] }) {
  const direct = messages.flatMap(namesOf)
  const inner = direct.flatMap((name) => reference.messages[name] ?? [])
  const names = [...new Set([...direct, ...inner.flatMap(namesOf)])]
  return (
    <>
      {names.map((name) => {
        const message = reference.messages[name]
        const type = reference.enums[name]
        return (
          <section key={name}>
            <h3>{name}</h3>
            {message && <FieldsTable message={message} />}
            {type && <EnumTable type={type} />}
          </section>
        )
      })}
    </>
  )
}

const namesOf = ({ fields }: MessageType) => fields.flatMap(({ typeName }) => typeName ?? [])

function EnumTable({ type }: { readonly type: EnumType }) {
  const t = useTexts()
  return (
    <Scrolling class="table" label={`${type.name} ${t.value}`}>
      <p>
        <Prose text={type.description} />
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.value}</th>
            <th scope="col">{t.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {type.values.map(({ name, meaning }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                <Prose text={meaning} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  )
}

const Reasons = ({ reasons }: { readonly reasons: readonly string[] }) => (
  <ul class="reasons">
    {reasons.map((reason) => (
      <li key={reason}>
        <ErrorLink name={reason} />
      </li>
    ))}
  </ul>
)
