import type { CallSettings } from '../calls/send.js'
import { useTexts } from '../language.js'
import { setSettings } from '../session.js'

/** What is sent with a request in headers. */
export function CallSettingsForm({ settings }: { readonly settings: CallSettings }) {
  const t = useTexts()
  return (
    <details class="settings">
      <summary>
        {t.settings} {settings.directory && <span class="tag">{settings.directory}</span>}
      </summary>
      <div class="settings-fields">
        <Setting name="directory" label={t.directory} hint={t.directoryHint} settings={settings} />
        <Setting name="token" label={t.token} hint={t.tokenHint} settings={settings} />
        <Setting name="deadlineMs" label={t.deadline} hint={t.deadlineHint} settings={settings} />
        <Setting name="grpcAddress" label={t.grpcAddress} hint="" settings={settings} />
      </div>
    </details>
  )
}

interface SettingProps {
  readonly name: keyof CallSettings
  readonly label: string
  readonly hint: string
  readonly settings: CallSettings
}

function Setting({ name, label, hint, settings }: SettingProps) {
  const id = `setting-${name}`
  const accepted = (value: string) => (name === 'deadlineMs' ? value.replaceAll(/^0+|\D/g, '').slice(0, 8) : value)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(name === 'token' ? { type: 'password' as const } : { type: 'text' as const })}
        inputMode={name === 'deadlineMs' ? 'numeric' : 'text'}
        autocomplete="off"
        spellcheck={false}
        value={settings[name]}
        onInput={({ currentTarget }) => setSettings({ [name]: accepted(currentTarget.value.trim()) })}
        aria-describedby={hint ? `${id}-hint` : undefined}
      />
      {hint && (
        <p class="rule" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
