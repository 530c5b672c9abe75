import { useLayoutEffect } from 'preact/hooks'
import { ExplorerPage } from './explorer/explorer-page.js'
import { type Language, LanguageContext, languages, languageTags, preferredLanguage, useTexts } from './language.js'
import { Link, useLocation } from './navigation.js'
import { ChangesPage } from './pages/changes-page.js'
import { ErrorPage, ErrorsPage } from './pages/errors-page.js'
import { NotFound } from './pages/not-found.js'
import { OperationPage, OperationsPage } from './pages/operations-page.js'
import { usePreference } from './preferences.js'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

export function App() {
  const [language, setLanguage] = usePreference('language', languageTags, preferredLanguage(navigator.languages))
  const [theme, setTheme] = usePreference('theme', themes, 'system')
  useLayoutEffect(() => {
    document.documentElement.lang = language
    document.documentElement.dataset['theme'] = theme
  }, [language, theme])
  return (
    <LanguageContext.Provider value={languages[language].texts}>
      <Header language={language} setLanguage={setLanguage} theme={theme} setTheme={setTheme} />
      <Page />
    </LanguageContext.Provider>
  )
}

interface PreferencesProps {
  readonly language: Language
  readonly setLanguage: (language: Language) => void
  readonly theme: Theme
  readonly setTheme: (theme: Theme) => void
}

function Header(preferences: PreferencesProps) {
  const t = useTexts()
  const { path } = useLocation()
  const pages = [
    ['/', t.explorer],
    ['/operations', t.operations],
    ['/errors', t.errors],
    ['/changes', t.changes],
  ] as const
  const isCurrent = (page: string) => (page === '/' ? path === '/' : path.startsWith(page))
  return (
    <header class="header">
      <button type="button" class="skip" onClick={focusContent}>
        {t.skipToContent}
      </button>
      <Link to="/" class="brand">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <span>Message Contacts</span>
      </Link>
      <nav aria-label={t.pages}>
        {pages.map(([page, name]) => (
          <Link key={page} to={page} isCurrent={isCurrent(page)}>
            {name}
          </Link>
        ))}
      </nav>
      <Preferences {...preferences} />
    </header>
  )
}

function Preferences({ language, setLanguage, theme, setTheme }: PreferencesProps) {
  const t = useTexts()
  return (
    <div class="tools">
      <Choice
        label={t.language}
        value={language}
        options={languageTags.map((tag) => [tag, languages[tag].name])}
        choose={setLanguage}
      />
      <Choice label={t.theme} value={theme} options={themes.map((name) => [name, t.themes[name]])} choose={setTheme} />
    </div>
  )
}

/** No link: the fragment belongs to shared calls. */
function focusContent(): void {
  document.getElementById('content')?.focus()
}

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly (readonly [Value, string])[]
  readonly choose: (value: Value) => void
}

function Choice<Value extends string>({ label, value, options, choose }: ChoiceProps<Value>) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => {
        const chosen = options.find(([option]) => option === currentTarget.value)
        if (chosen) choose(chosen[0])
      }}
    >
      {options.map(([option, name]) => (
        <option key={option} value={option}>
          {name}
        </option>
      ))}
    </select>
  )
}

function Page() {
  const { path } = useLocation()
  const [, page = '', name] = path.split('/').map(decoded)
  switch (page) {
    case '':
      return <ExplorerPage />
    case 'operations':
      return name ? <OperationPage name={name} /> : <OperationsPage />
    case 'errors':
      return name ? <ErrorPage name={name} /> : <ErrorsPage />
    case 'changes':
      return <ChangesPage />
    default:
      return <NotFound kind="unknownPage" />
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
