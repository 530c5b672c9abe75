import { isObject, parseJson } from '../calls/request-values.js'
import type { Answer } from '../calls/send.js'
import { operationLink } from '../calls/share-link.js'
import { useTexts } from '../language.js'
import { navigate } from '../navigation.js'
import { clearAnswers, setRequest, showAnswer, useSession } from '../session.js'
import { outcomeText } from './answer-view.js'

/** The calls of this browser session, the newest first. One can be shown again with its request. */
export function CallHistory() {
  const t = useTexts()
  const { answers } = useSession()
  return (
    <section class="panel history" aria-labelledby="history-title">
      <div class="panel-head">
        <h2 id="history-title">{t.history}</h2>
        {answers.length > 0 && (
          <button type="button" class="quiet small" onClick={clearAnswers}>
            {t.clearHistory}
          </button>
        )}
      </div>
      {answers.length === 0 && <p class="muted">{t.noHistory}</p>}
      <ol>
        {answers.map((answer) => (
          <li key={answer.startTime}>
            <button type="button" class="entry" title={t.restore} onClick={() => restore(answer)}>
              <span class={`dot ${answer.refusal ? 'refused' : 'succeeded'}`} />
              <span class="entry-name">{answer.operation}</span>
              <span class="muted">{answer.refusal?.reason ?? outcomeText(answer, t)}</span>
              <time class="muted" dateTime={new Date(answer.startTime).toISOString()}>
                {new Date(answer.startTime).toLocaleTimeString()}
              </time>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}

function restore(answer: Answer): void {
  const request = parseJson(answer.request)
  navigate(operationLink(answer.operation))
  if (isObject(request)) setRequest(answer.operation, request)
  showAnswer(answer)
}
