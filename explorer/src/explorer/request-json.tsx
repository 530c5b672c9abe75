import { useState } from 'preact/hooks'
import { parseRequest } from '../calls/request-values.js'
import { useTexts } from '../language.js'
import type { Operation } from '../reference.js'
import { setRequest, useSession } from '../session.js'

const minRows = 4
const maxRows = 16

/** The request as JSON, in step with the form. Text that is no JSON object stays here until it is one. */
export function RequestJson({ operation }: { readonly operation: Operation }) {
  const t = useTexts()
  const { requests } = useSession()
  const request = requests[operation.name] ?? {}
  const [draft, setDraft] = useState<string>()
  // What is typed stays as it is while it means the same as the form.
  const isCurrent = draft !== undefined && sameRequest(parseRequest(draft, operation.request), request)
  const isInvalid = draft !== undefined && parseRequest(draft, operation.request) === undefined
  const text = draft !== undefined && (isCurrent || isInvalid) ? draft : JSON.stringify(request, undefined, 2)
  const edit = (edited: string) => {
    setDraft(edited)
    const parsed = parseRequest(edited, operation.request)
    if (parsed) setRequest(operation.name, parsed)
  }
  const rows = Math.min(maxRows, Math.max(minRows, text.split('\n').length))
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>
          <label for="request-json">{t.requestJson}</label>
        </h2>
      </div>
      <textarea
        id="request-json"
        class="mono"
        rows={rows}
        spellcheck={false}
        autocomplete="off"
        value={text}
        aria-invalid={isInvalid ? 'true' : undefined}
        aria-describedby="request-json-hint"
        onInput={({ currentTarget }) => edit(currentTarget.value)}
        onBlur={() => !isInvalid && setDraft(undefined)}
      />
      <p class="hint" id="request-json-hint" role="status">
        {isInvalid && t.invalidJson}
      </p>
    </section>
  )
}

const sameRequest = (first: unknown, second: unknown) => JSON.stringify(first) === JSON.stringify(second)
