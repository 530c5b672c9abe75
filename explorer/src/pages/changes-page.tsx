import { useTexts } from '../language.js'
import { OperationLink, Prose } from '../prose.js'
import { reference } from '../reference.js'

export function ChangesPage() {
  const t = useTexts()
  const versions = [...new Set(reference.changes.map(({ version }) => version))]
  return (
    <main id="content" class="page" tabIndex={-1}>
      <h1>{t.changeHistory}</h1>
      <p class="lead">{t.changeHistoryHint}</p>
      {versions.map((version) => {
        const changes = reference.changes.filter((change) => change.version === version)
        const date = changes[0]?.date
        return (
          <section key={version} aria-labelledby={`version-${version}`}>
            <h2 id={`version-${version}`}>
              {date ? version : t.unreleased} {date && <time dateTime={date}>{date}</time>}
            </h2>
            <ul class="changes">
              {changes.map(({ operation, kind, text }) => (
                <li key={`${operation}${kind}`}>
                  <span class={`tag ${kind}`}>{t.kinds[kind]}</span>
                  <div>
                    <OperationLink name={operation} />
                    <p>
                      <Prose text={text} />
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </main>
  )
}
