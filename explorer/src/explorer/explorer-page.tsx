import { useEffect } from 'preact/hooks'
import { readSharedCall } from '../calls/share-link.js'
import { useTexts } from '../language.js'
import { Link, useLocation } from '../navigation.js'
import { Prose } from '../prose.js'
import { findOperation, type Operation, reference } from '../reference.js'
import { setRequest, setSettings, updateSession, useSession } from '../session.js'
import { CallHistory } from './call-history.js'
import { CodePanel } from './code-panel.js'
import { FirstSteps } from './first-steps.js'
import { OperationList } from './operation-list.js'
import { RequestJson } from './request-json.js'
import { RequestPanel } from './request-panel.js'

export function ExplorerPage() {
  const { operation, isLinkDamaged } = useSharedCall()
  const t = useTexts()
  return (
    <main id="content" class="explorer" tabIndex={-1}>
      <OperationList selected={operation.name} />
      <div class="call">
        {isLinkDamaged && (
          <p class="problem" role="alert">
            {t.linkDamaged}
          </p>
        )}
        <FirstSteps />
        <OperationTitle operation={operation} />
        <RequestPanel key={operation.name} operation={operation} />
      </div>
      <aside class="side" aria-label={t.code}>
        <RequestJson key={operation.name} operation={operation} />
        <CodePanel operation={operation} />
        <CallHistory />
      </aside>
    </main>
  )
}

/** The operation that the fragment names, or else the one that was selected last. A link also fills in its form. */
function useSharedCall(): { readonly operation: Operation; readonly isLinkDamaged: boolean } {
  const { fragment } = useLocation()
  const session = useSession()
  useEffect(() => {
    const shared = readSharedCall(fragment)
    if (!shared || shared === 'damaged') return
    updateSession(() => ({ operation: shared.operation }))
    if (shared.request) setRequest(shared.operation, shared.request)
    if (shared.directory !== undefined) setSettings({ directory: shared.directory })
  }, [fragment])
  const operation = findOperation(session.operation) ?? reference.operations[0]
  if (!operation) throw new Error('The contract has no operation')
  return { operation, isLinkDamaged: readSharedCall(fragment) === 'damaged' }
}

function OperationTitle({ operation }: { readonly operation: Operation }) {
  const t = useTexts()
  const { name, summary, permission, isRepeatable } = operation
  return (
    <div class="operation-title">
      <h1>{name}</h1>
      <p>
        <Prose text={summary} />
      </p>
      <p class="facts">
        <span class={`tag ${permission.isWrite ? 'write' : 'read'}`}>{permission.isWrite ? t.writes : t.reads}</span>
        {isRepeatable && <span class="tag">{t.repeatable}</span>}
        <code>{permission.action}</code>
        <Link to={`/operations/${name}`}>{t.reference} →</Link>
      </p>
    </div>
  )
}
