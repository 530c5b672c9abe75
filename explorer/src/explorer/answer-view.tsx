import { useEffect, useState } from 'preact/hooks'
import type { Answer, Refusal } from '../calls/send.js'
import { CopyButton } from '../copy-button.js'
import { useTexts } from '../language.js'
import { ErrorLink } from '../prose.js'
import { findError } from '../reference.js'
import type { Texts } from '../texts/english.js'
import { JsonTree } from './json-tree.js'
import { TabPanel, Tabs } from './tabs.js'

const slowMs = 3000

interface AnswerViewProps {
  readonly answer: Answer | undefined
  readonly isSending: boolean
}

export function AnswerView({ answer, isSending }: AnswerViewProps) {
  const t = useTexts()
  return (
    <section class="answer" aria-labelledby="answer-title">
      <h2 id="answer-title">{t.answer}</h2>
      <div role="status">
        {isSending && <Progress />}
        {!isSending && answer && <Outcome answer={answer} />}
      </div>
      {!isSending && answer && answer.httpStatus !== undefined && <Body answer={answer} />}
      {!isSending && !answer && (
        <div class="empty">
          <strong>{t.noAnswerYet}</strong>
          <p>{t.noAnswerYetHint}</p>
        </div>
      )}
    </section>
  )
}

function Progress() {
  const t = useTexts()
  const [isSlow, setIsSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), slowMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class="progress">
      <span class="bar" />
      <p>{isSlow ? t.slow : t.sending}</p>
    </div>
  )
}

function Outcome({ answer }: { readonly answer: Answer }) {
  const t = useTexts()
  const { httpStatus, durationMs, requestId, refusal } = answer
  return (
    <div class={`outcome ${refusal ? 'refused' : 'succeeded'}`}>
      <p class="facts">
        <strong>{outcomeText(answer, t)}</strong>
        {httpStatus !== undefined && <span class="tag">HTTP {httpStatus}</span>}
        <span class="muted">{t.milliseconds(Math.round(durationMs))}</span>
      </p>
      {refusal && <RefusalText refusal={refusal} isReached={httpStatus !== undefined} />}
      {requestId && (
        <p class="request-id">
          <span class="muted">{t.requestId}</span> <code>{requestId}</code>{' '}
          <CopyButton label={t.copy} class="quiet small" text={() => requestId} />
        </p>
      )}
    </div>
  )
}

/** How a call ended, in a word. */
export function outcomeText({ httpStatus, refusal }: Answer, t: Texts): string {
  if (!refusal) return t.succeeded
  if (httpStatus !== undefined) return t.refused
  return refusal.message === 'AbortError' ? t.cancelled : t.noAnswer
}

function RefusalText({ refusal, isReached }: { readonly refusal: Refusal; readonly isReached: boolean }) {
  const t = useTexts()
  const { reason = '', message, retrySeconds, violations } = refusal
  if (!isReached) return <NotReached cause={message} />
  return (
    <>
      <p>{message}</p>
      {findError(reason) && (
        <p>
          {t.explainError}: <ErrorLink name={reason} />
        </p>
      )}
      {retrySeconds !== undefined && <p>{t.retryAfter(retrySeconds)}</p>}
      {violations.length > 0 && (
        <p>
          {t.moreViolations}:{' '}
          {violations.map(({ field }) => (
            <code key={field}>{field} </code>
          ))}
        </p>
      )}
    </>
  )
}

function NotReached({ cause }: { readonly cause: string }) {
  const t = useTexts()
  if (cause === 'AbortError') return <p>{t.mayBeCarriedOut}</p>
  if (cause === 'TimeoutError') return <p>{t.timedOut}</p>
  return (
    <p>
      {t.notReached}. {t.notReachedHint}
    </p>
  )
}

function Body({ answer: { body, headers } }: { readonly answer: Answer }) {
  const t = useTexts()
  const json = typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)
  const [shown, setShown] = useState('tree')
  const tabs = [
    { id: 'tree', name: t.tree },
    { id: 'json', name: t.json },
    { id: 'headers', name: t.headers },
  ]
  return (
    <div class="body">
      <div class="panel-head">
        <Tabs label={t.answer} tabs={tabs} selected={shown} select={setShown} panel="answer-body" />
        <CopyButton label={t.copy} class="quiet small" text={() => json} />
      </div>
      <TabPanel id="answer-body" selected={shown} class="body-text">
        {shown === 'tree' && <JsonTree value={body} />}
        {shown === 'json' && <pre>{json}</pre>}
        {shown === 'headers' && <pre>{headers.map(([name, value]) => `${name}: ${value}\n`).join('')}</pre>}
      </TabPanel>
    </div>
  )
}
