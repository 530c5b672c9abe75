import { useTexts } from '../language.js'
import { Link } from '../navigation.js'

interface NotFoundProps {
  readonly kind: 'unknownError' | 'unknownOperation' | 'unknownPage'
  readonly name?: string
}

export function NotFound({ kind, name }: NotFoundProps) {
  const t = useTexts()
  return (
    <main id="content" class="page empty" tabIndex={-1}>
      <h1>{t[kind]}</h1>
      {name && (
        <p>
          <code>{name}</code>
        </p>
      )}
      <p>{t.unknownHint}</p>
      <p>
        <Link to={kind === 'unknownError' ? '/errors' : '/operations'}>
          {kind === 'unknownError' ? t.allErrors : t.allOperations}
        </Link>
      </p>
    </main>
  )
}
