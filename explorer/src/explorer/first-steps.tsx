import { isObject } from '../calls/request-values.js'
import { operationLink } from '../calls/share-link.js'
import { useTexts } from '../language.js'
import { navigate } from '../navigation.js'
import { usePreference } from '../preferences.js'
import { findOperation } from '../reference.js'
import { exampleFor, type Session, setRequest, useSession } from '../session.js'
import type { Texts } from '../texts/english.js'

const steps = [
  ['AddMessageContact', 'tourAdd', 'tourAddText'],
  ['SendEmailVerificationForMessageContact', 'tourSend', 'tourSendText'],
  ['ConfirmMessageContactVerification', 'tourConfirm', 'tourConfirmText'],
  ['GetMessageContact', 'tourGet', 'tourGetText'],
] as const satisfies readonly (readonly [string, keyof Texts, keyof Texts])[]

/** How many steps have succeeded one after the other in this session. */
function completedSteps({ answers }: Session): number {
  let completed = 0
  for (const { operation, refusal, body } of answers.toReversed()) {
    if (refusal || operation !== steps[completed]?.[0]) continue
    if (operation === 'GetMessageContact' && !isActive(body)) continue
    completed += 1
  }
  return completed
}

function isActive(body: unknown): boolean {
  const contact = isObject(body) ? body['contact'] : undefined
  return isObject(contact) && contact['status'] === 'MESSAGE_CONTACT_STATUS_ACTIVE'
}

/** Leads somebody new from the first contact to a verified address. Can be closed, and opened again. */
export function FirstSteps() {
  const t = useTexts()
  const [state, setState] = usePreference('first-steps', ['open', 'closed'], 'open')
  if (state === 'closed')
    return (
      <button type="button" class="quiet small open-steps" onClick={() => setState('open')}>
        {t.tourOpen}
      </button>
    )
  return (
    <section class="first-steps" aria-labelledby="first-steps-title">
      <div class="panel-head">
        <h2 id="first-steps-title">{t.tour}</h2>
        <span class="muted">{t.tourIntro}</span>
        <button type="button" class="quiet small close" aria-label={t.tourClose} onClick={() => setState('closed')}>
          ✕
        </button>
      </div>
      <Steps />
    </section>
  )
}

function Steps() {
  const t = useTexts()
  const session = useSession()
  const completed = completedSteps(session)
  const show = (name: string) => {
    const operation = findOperation(name)
    navigate(operationLink(name))
    if (!operation) return
    const { code: _, ...example } = exampleFor(operation, session)
    setRequest(name, example)
  }
  const [operation, title, text] = steps[completed] ?? []
  return (
    <>
      <ol>
        {steps.map(([name, stepTitle], index) => (
          <li key={name} class={index < completed ? 'done' : index === completed ? 'next' : ''}>
            <span class="number" aria-hidden="true">
              {index < completed ? '✓' : index + 1}
            </span>
            <span>
              <strong>{t[stepTitle]}</strong> {index < completed && <span class="unseen">{t.tourDone}</span>}
            </span>
          </li>
        ))}
      </ol>
      <div class="next-step">
        <p role="status">{text ? t[text] : t.tourEnd}</p>
        {operation && (
          <button type="button" class="small primary" onClick={() => show(operation)}>
            {t.tourShow}
            <span class="unseen"> {t[title]}</span>
          </button>
        )}
      </div>
    </>
  )
}
