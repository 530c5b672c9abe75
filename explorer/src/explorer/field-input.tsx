import type { ComponentChildren, TargetedFocusEvent } from 'preact'
import { useState } from 'preact/hooks'
import type { Hint } from '../calls/hints.js'
import { maskPaths, maskText, parseJson, textOf } from '../calls/request-values.js'
import type { Violation } from '../calls/send.js'
import { useTexts } from '../language.js'
import { ErrorLink, Prose } from '../prose.js'
import { enumOf, type Field } from '../reference.js'
import { newUuid } from '../session.js'

export interface FieldInputProps {
  readonly field: Field
  readonly value: unknown
  /** What the service would say about the value. */
  readonly hint: Hint | undefined
  /** The names that a field mask can have. */
  readonly maskable: readonly string[]
  readonly violations: readonly Violation[]
  /** `undefined` leaves the field out. */
  readonly setValue: (value: unknown) => void
}

/** A field of a request: its name, its rule, an input for its value, and what the service refused about it. */
export function FieldInput(props: FieldInputProps) {
  const { field, violations } = props
  const { canHint, ...focus } = useHintTime(props)
  const isGroup = field.kind === 'mask' || (field.kind === 'enum' && field.isRepeated)
  const about = (
    <>
      <Violations field={field} violations={violations} />
      {violations.length === 0 && <FieldHint field={field} hint={canHint ? props.hint : undefined} />}
      <Rule field={field} />
    </>
  )
  const className = `field${violations.length > 0 ? ' refused' : ''}`
  if (isGroup)
    return (
      <fieldset class={className} {...focus} {...describedBy(props)}>
        <legend>
          <Label field={field} />
        </legend>
        {field.kind === 'mask' ? <MaskInput {...props} /> : <EnumChoices {...props} />}
        {about}
      </fieldset>
    )
  return (
    <div class={className} {...focus}>
      <label for={idOf(field)}>
        <Label field={field} />
      </label>
      {field.kind === 'enum' ? <EnumInput {...props} /> : <TextInput {...props} />}
      {about}
    </div>
  )
}

/** Nobody is interrupted: a hint comes when the field was left, or at once for values that came from elsewhere. */
function useHintTime({ value }: FieldInputProps) {
  const [wasLeft, setWasLeft] = useState(false)
  const [hasFocus, setHasFocus] = useState(false)
  const onFocusOut = ({ currentTarget, relatedTarget }: TargetedFocusEvent<HTMLElement>) => {
    // The check boxes of a field are left together.
    if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return
    setHasFocus(false)
    setWasLeft(true)
  }
  return { canHint: wasLeft || (!hasFocus && value !== undefined), onFocusIn: () => setHasFocus(true), onFocusOut }
}

const idOf = ({ name }: Field) => `field-${name}`

const describedBy = ({ field, violations }: FieldInputProps) => ({
  'aria-describedby': `${idOf(field)}-${violations.length > 0 ? 'refused' : 'hint'} ${idOf(field)}-rule`,
  'aria-invalid': violations.length > 0 ? ('true' as const) : undefined,
})

function Label({ field: { name, type, need, oneof } }: { readonly field: Field }) {
  const t = useTexts()
  return (
    <>
      <span class="mono name">{name}</span>
      {oneof !== undefined && <span class="need conditional">{t.oneOf}</span>}
      {oneof === undefined && (need === 'required' || need === 'conditional') && (
        <span class={`need ${need}`}>{t[need]}</span>
      )}
      <span class="type">{type}</span>
    </>
  )
}

/** The first sentence of the rule, and the rest on demand. */
function Rule({ field }: { readonly field: Field }) {
  const t = useTexts()
  const [first = '', rest = ''] = splitSentence(field.description)
  return (
    <div class="rule" id={`${idOf(field)}-rule`}>
      <Prose text={first} />
      {rest && (
        <details>
          <summary aria-label={`${t.moreAboutField}: ${field.name}`}>{t.moreAboutField}</summary>
          <Prose text={rest} />
        </details>
      )}
    </div>
  )
}

const splitSentence = (text: string): readonly string[] => {
  const end = /\.\s(?=[A-Z`])/.exec(text)?.index
  return end === undefined ? [text] : [text.slice(0, end + 1), text.slice(end + 2)]
}

function Violations({ field, violations }: { readonly field: Field; readonly violations: readonly Violation[] }) {
  if (violations.length === 0) return null
  return (
    <ul class="violations" id={`${idOf(field)}-refused`}>
      {violations.map(({ field: path, reason, description }) => (
        <li key={path + reason}>
          {path !== field.name && <code>{path}</code>} {description} <ErrorLink name={reason} />
        </li>
      ))}
    </ul>
  )
}

/** What to correct before the request is sent. It never prevents sending. */
function FieldHint({ field, hint }: Pick<FieldInputProps, 'field' | 'hint'>) {
  const t = useTexts()
  const text = hint === 'rule' ? t.ruleHints[field.name]?.(field.rule ?? {}) : hint && t.hints[hint]
  return (
    <p class="hint" id={`${idOf(field)}-hint`} aria-live="polite">
      {text}
    </p>
  )
}

function TextInput(props: FieldInputProps) {
  const t = useTexts()
  const { field, value, setValue } = props
  return (
    <div class="with-button">
      <input
        id={idOf(field)}
        type="text"
        inputMode={field.kind === 'integer' ? 'numeric' : 'text'}
        autocomplete="off"
        spellcheck={false}
        value={textOf(value)}
        onInput={({ currentTarget }) => setValue(parsedText(field, currentTarget.value))}
        {...describedBy(props)}
      />
      {field.name === 'client_token' && (
        <button type="button" onClick={() => setValue(newUuid())}>
          {t.generate}
        </button>
      )}
    </div>
  )
}

/** Text that is no value of the field is kept as text, so that the service can refuse it. */
function parsedText({ kind, isRepeated }: Field, text: string): unknown {
  if (text === '') return undefined
  if (kind === 'text' && !isRepeated) return text
  if (kind === 'timestamp') return text
  return parseJson(text) ?? text
}

function EnumInput(props: FieldInputProps) {
  const t = useTexts()
  const { field, value, setValue } = props
  const values = (enumOf(field)?.values ?? []).filter(({ number }) => number !== 0)
  const text = textOf(value)
  const isKnown = text === '' || values.some(({ name }) => name === text)
  return (
    <select
      id={idOf(field)}
      value={text}
      onChange={({ currentTarget }) => setValue(currentTarget.value || undefined)}
      {...describedBy(props)}
    >
      <option value="">{t.notSet}</option>
      {!isKnown && <option value={text}>{text}</option>}
      {values.map(({ name, meaning }) => (
        <option key={name} value={name}>
          {name} – {meaning}
        </option>
      ))}
    </select>
  )
}

function EnumChoices({ field, value, setValue, violations }: FieldInputProps) {
  const chosen = Array.isArray(value) ? value : []
  const values = (enumOf(field)?.values ?? []).filter(({ number }) => number !== 0)
  const toggle = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]
    setValue(next.length === 0 ? undefined : next)
  }
  return (
    <div class="choices">
      {values.map(({ name, shortName, meaning }) => (
        <Check
          key={name}
          isChecked={chosen.includes(name)}
          isRefused={violations.length > 0}
          toggle={() => toggle(name)}
        >
          <span class="mono">{shortName}</span> <span class="muted">{meaning}</span>
        </Check>
      ))}
    </div>
  )
}

function MaskInput({ value, maskable, setValue, violations }: FieldInputProps) {
  const t = useTexts()
  const paths = maskPaths(value)
  const toggle = (path: string) =>
    setValue(maskText(paths.includes(path) ? paths.filter((one) => one !== path) : [...paths, path]))
  return (
    <div class="choices compact">
      {maskable.map((path) => (
        <Check
          key={path}
          isChecked={paths.includes(path)}
          isRefused={violations.length > 0}
          toggle={() => toggle(path)}
        >
          <span class="mono">{path}</span>
        </Check>
      ))}
      <Check isChecked={paths.includes('*')} isRefused={violations.length > 0} toggle={() => toggle('*')}>
        <span class="mono">*</span> <span class="muted">{t.maskAll}</span>
      </Check>
    </div>
  )
}

interface CheckProps {
  readonly isChecked: boolean
  readonly isRefused: boolean
  readonly toggle: () => void
  readonly children: ComponentChildren
}

const Check = ({ isChecked, isRefused, toggle, children }: CheckProps) => (
  <label class="check">
    <input type="checkbox" checked={isChecked} onChange={toggle} aria-invalid={isRefused ? 'true' : undefined} />
    <span>{children}</span>
  </label>
)
