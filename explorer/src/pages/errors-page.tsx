import { useState } from 'preact/hooks'
import type { ErrorEntry } from '../../../dev/explorer/reference.js'
import { useTexts } from '../language.js'
import { Link } from '../navigation.js'
import { OperationLink, Prose } from '../prose.js'
import { findError, reference } from '../reference.js'
import { Scrolling } from '../scrolling.js'
import { NotFound } from './not-found.js'

/** The search ignores case and what separates words, so that a code finds its reason. */
const comparable = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

const matches = ({ reason, code, message, meaning }: ErrorEntry, search: string) =>
  [reason, code, message, meaning].some((text) => comparable(text).includes(comparable(search)))

export function ErrorsPage() {
  const t = useTexts()
  const [search, setSearch] = useState('')
  const found = reference.errors.filter((entry) => matches(entry, search))
  return (
    <main id="content" class="page" tabIndex={-1}>
      <h1>{t.errorCenter}</h1>
      <p class="lead">{t.errorCenterHint}</p>
      <input
        type="search"
        class="search"
        aria-label={t.searchErrors}
        placeholder={t.searchErrors}
        value={search}
        onInput={({ currentTarget }) => setSearch(currentTarget.value)}
      />
      <ul class="cards">
        {found.map(({ reason, code, status, httpStatus, message }) => (
          <li key={reason}>
            <Link to={`/errors/${reason}`} class="card">
              <strong class="mono">{reason}</strong>
              <span class="muted mono">{code}</span>
              <span>{message}</span>
              <span class="muted">
                HTTP {httpStatus} · {status}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <p role="status">{found.length === 0 && t.noError}</p>
    </main>
  )
}

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`

export function ErrorPage({ name }: { readonly name: string }) {
  const t = useTexts()
  const entry = findError(name)
  if (!entry) return <NotFound kind="unknownError" name={name} />
  const { reason, message, details, meaning, example, remedy, exampleAnswer } = entry
  return (
    <main id="content" class="page" tabIndex={-1}>
      <p>
        <Link to="/errors">← {t.allErrors}</Link>
      </p>
      <h1 class="mono">{reason}</h1>
      <Codes entry={entry} />
      <p class="lead">
        <Prose text={meaning} />
      </p>
      <h2>{t.whatToDo}</h2>
      <p>
        <Prose text={remedy} />
      </p>
      <h2>{t.cause}</h2>
      <p>
        <Prose text={sentence(example)} />
      </p>
      <h2>{t.message}</h2>
      <p>{message}</p>
      <h2>{t.details}</h2>
      <p>
        <code>{['ErrorInfo', ...details].join(', ')}</code>
      </p>
      <h2>{t.returnedBy}</h2>
      <ReturnedBy operations={entry.operations} />
      <h2>{t.exampleAnswer}</h2>
      <Scrolling class="code" label={t.exampleAnswer}>
        <pre>{JSON.stringify(exampleAnswer, undefined, 2)}</pre>
      </Scrolling>
    </main>
  )
}

function Codes({ entry: { code, httpStatus, connectHttpStatus, status } }: { readonly entry: ErrorEntry }) {
  const t = useTexts()
  return (
    <p class="facts">
      <code>{code}</code>
      <span class="tag">HTTP {httpStatus}</span>
      <span class="tag">{status}</span>
      {connectHttpStatus !== httpStatus && <span class="muted">{t.overHttp(connectHttpStatus)}</span>}
    </p>
  )
}

function ReturnedBy({ operations }: Pick<ErrorEntry, 'operations'>) {
  const t = useTexts()
  if (operations.length === reference.operations.length) return <p>{t.everyOperation}</p>
  return (
    <ul>
      {operations.map((operation) => (
        <li key={operation}>
          <OperationLink name={operation} />
        </li>
      ))}
    </ul>
  )
}
