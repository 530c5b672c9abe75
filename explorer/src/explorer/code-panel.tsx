import { useState } from 'preact/hooks'
import type { CodeCall } from '../code/code-call.js'
import { type CodeLanguage, codeFor, codeLanguages } from '../code/languages.js'
import { CopyButton } from '../copy-button.js'
import { useTexts } from '../language.js'
import { usePreference } from '../preferences.js'
import { type Operation, reference } from '../reference.js'
import { useSession } from '../session.js'
import { Highlighted } from './highlighted.js'
import { TabPanel, Tabs } from './tabs.js'

const defaultDeadlineMs = 5000
const ids = codeLanguages.map(({ id }) => id)

/** Code of a client that makes the call of the form. */
export function CodePanel({ operation }: { readonly operation: Operation }) {
  const t = useTexts()
  const [selected, select] = usePreference('code', ids, 'curl')
  const call = useCodeCall(operation)
  const language = codeLanguages.find(({ id }) => id === selected) ?? codeLanguages[0]
  if (!language) return null
  const code = codeFor(language, call)
  return (
    <section class="panel code-panel" aria-labelledby="code-title">
      <div class="panel-head">
        <h2 id="code-title">{t.code}</h2>
        <Download language={language} call={call} />
        <CopyButton label={t.copy} class="small" text={() => code} />
      </div>
      <Tabs label={t.code} tabs={codeLanguages} selected={language.id} select={select} panel="code" />
      <TabPanel id="code" selected={language.id} class="code">
        <pre>
          <Highlighted code={code} language={language.id} />
        </pre>
      </TabPanel>
      <p class="rule">
        {t.codeHint[language.id]} {language.isUnverified && t.unverified}
      </p>
    </section>
  )
}

interface DownloadProps {
  readonly language: CodeLanguage
  readonly call: CodeCall
}

/** Saves the code as a project. */
function Download({ language, call }: DownloadProps) {
  const t = useTexts()
  const [hasFailed, setHasFailed] = useState(false)
  const download = async () => {
    try {
      const { downloadProject } = await import('../code/download.js')
      downloadProject(language, call)
      setHasFailed(false)
    } catch {
      setHasFailed(true)
    }
  }
  return (
    <span class="copy">
      <button type="button" class="small" title={t.downloadNote} onClick={() => void download()}>
        {t.download}
      </button>
      <span role="status" class={hasFailed ? 'hint' : 'unseen'}>
        {hasFailed && t.downloadFailed}
      </span>
    </span>
  )
}

function useCodeCall(operation: Operation): CodeCall {
  const { requests, settings } = useSession()
  return {
    service: reference.service,
    operation,
    enums: reference.enums,
    request: requests[operation.name] ?? {},
    directory: settings.directory,
    hasToken: settings.token !== '',
    deadlineMs: Number(settings.deadlineMs) || defaultDeadlineMs,
    grpcAddress: settings.grpcAddress,
    httpOrigin: location.origin,
  }
}
