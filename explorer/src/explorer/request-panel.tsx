import { useEffect, useRef, useState } from 'preact/hooks'
import { sendCall } from '../calls/send.js'
import { shareLink } from '../calls/share-link.js'
import { CopyButton } from '../copy-button.js'
import { useTexts } from '../language.js'
import { type Operation, reference } from '../reference.js'
import { addAnswer, exampleFor, setRequest, updateSession, useSession } from '../session.js'
import { AnswerView } from './answer-view.js'
import { CallSettingsForm } from './call-settings-form.js'
import { RequestForm } from './request-form.js'

/** The form, what is sent with it, and the answer. */
export function RequestPanel({ operation }: { readonly operation: Operation }) {
  const { requests, settings, shown } = useSession()
  const { isSending, send, cancel } = useSending(operation)
  const form = useRef<HTMLFormElement>(null)
  const answer = shown[operation.name]
  const values = requests[operation.name] ?? {}
  useEffect(() => {
    if (!answer) return
    const refusedInput = form.current?.querySelector<HTMLElement>('[aria-invalid=true]:not(fieldset)')
    if (refusedInput) {
      refusedInput.focus({ preventScroll: true })
      // The head of the page would cover what is at the edge.
      refusedInput.scrollIntoView({ block: 'center' })
    } else document.querySelector('.answer')?.scrollIntoView()
  }, [answer])
  const submit = (event: Event) => {
    event.preventDefault()
    // What the box shows is not what would be sent.
    const invalidJson = document.querySelector<HTMLElement>('#request-json[aria-invalid=true]')
    if (invalidJson) invalidJson.focus()
    else if (!isSending) void send()
  }
  return (
    <>
      <form ref={form} onSubmit={submit} noValidate>
        <FormHead operation={operation} />
        <RequestForm operation={operation} values={values} violations={answer?.refusal?.violations ?? []} />
        <CallSettingsForm settings={settings} />
        <SendBar
          isSending={isSending}
          cancel={cancel}
          link={() => shareLink(operation.name, values, settings.directory)}
        />
      </form>
      <AnswerView answer={answer} isSending={isSending} />
    </>
  )
}

interface SendBarProps {
  readonly isSending: boolean
  readonly cancel: () => void
  readonly link: () => string
}

function SendBar({ isSending, cancel, link }: SendBarProps) {
  const t = useTexts()
  return (
    <div class="send">
      <button type="submit" class="primary" aria-disabled={isSending}>
        {isSending ? t.sending : t.send}
      </button>
      {isSending && (
        <button type="button" onClick={cancel}>
          {t.cancel}
        </button>
      )}
      <CopyButton label={t.share} class="quiet" title={t.shareNote} text={link} />
    </div>
  )
}

function FormHead({ operation }: { readonly operation: Operation }) {
  const t = useTexts()
  const session = useSession()
  const clear = () => {
    setRequest(operation.name, {})
    updateSession(({ shown: { [operation.name]: _, ...others } }) => ({ shown: others }))
  }
  return (
    <div class="panel-head">
      <h2>{t.request}</h2>
      <button type="button" class="quiet" onClick={clear}>
        {t.clear}
      </button>
      <button type="button" onClick={() => setRequest(operation.name, exampleFor(operation, session))}>
        {t.fillExample}
      </button>
    </div>
  )
}

/** One call at a time. Leaving the operation cancels it. */
function useSending({ name }: Operation) {
  const { requests, settings } = useSession()
  const [controller, setController] = useState<AbortController>()
  const current = useRef<AbortController>(undefined)
  useEffect(() => () => current.current?.abort(), [])
  const send = async () => {
    const next = new AbortController()
    current.current = next
    setController(next)
    const answer = await sendCall(reference.service, name, JSON.stringify(requests[name] ?? {}), settings, next.signal)
    setController(undefined)
    addAnswer(answer)
  }
  return { isSending: controller !== undefined, send, cancel: () => controller?.abort() }
}
