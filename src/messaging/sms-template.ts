import { fillXml } from './sms-xml.js'

/** The placeholders of templates, which are written `{{to}}`. */
const placeholderNames = ['to', 'national', 'country_code', 'text', 'code', 'minutes', 'reference', 'language'] as const
type PlaceholderName = (typeof placeholderNames)[number]
export type TemplateValues = Readonly<Record<PlaceholderName, string>>

/** For the texts of problems. */
export const allPlaceholders = placeholderNames.map((name) => `{{${name}}}`).join(', ')

const placeholder = new RegExp(String.raw`\{\{(${placeholderNames.join('|')})\}\}`, 'g')

export const hasPlaceholder = (template: string): boolean => template.search(placeholder) >= 0

/** The names of the placeholders in a template. */
export const placeholdersIn = (template: string): readonly string[] =>
  [...template.matchAll(placeholder)].map(([, name = '']) => name)

/** False if double braces are opened for anything but a placeholder: the receiver would get them. */
export const hasOnlyKnownPlaceholders = (template: string): boolean =>
  !template.replaceAll(placeholder, ' ').includes('{{')

/** How the body of a request is written. */
export type BodyFormat = 'json' | 'form' | 'xml'

/** The format for a content type. JSON unless it is a form or XML. */
export function bodyFormat(contentType: string): BodyFormat {
  const mediaType = contentType.replace(/;.*/s, '').trim().toLowerCase()
  if (mediaType === 'application/x-www-form-urlencoded') return 'form'
  return /^(?:text|application)\/xml$|\+xml$/.test(mediaType) ? 'xml' : 'json'
}

/** True for a body in its format, with placeholders only where values can be escaped. */
export function isBodyTemplate(template: string, format: BodyFormat): boolean {
  const values = {
    to: '',
    national: '',
    country_code: '',
    text: '',
    code: '',
    minutes: '',
    reference: '',
    language: '',
  }
  return !throwsError(() => fillBody(template, format, values))
}

/** Replaces the placeholders of a body. Placeholders inside values are not replaced. Throws if the template is not in its format. */
export function fillBody(template: string, format: BodyFormat, values: TemplateValues): string {
  if (format === 'json') return fillJson(template, values)
  if (format === 'form') return fillForm(template, values)
  return fillXml(template, (text, escapeValue) => fill(text, values, escapeValue))
}

/** Replaces the placeholders in the path and the query of a URL. */
export const fillUrl = (template: string, values: TemplateValues): string => fill(template, values, percentEncoded)

/** Replaces the placeholders in the value of a header. The values are sent as UTF-8, without control characters. */
export const fillHeader = (template: string, values: TemplateValues): string =>
  fill(template, values, (value) =>
    // Each character of a header stands for one byte.
    Buffer.from(value.replaceAll(/\p{Cc}/gu, ' ')).toString('latin1'),
  )

const fill = (template: string, values: TemplateValues, escapeValue: (value: string) => string): string =>
  template.replaceAll(placeholder, (_, name: PlaceholderName) => escapeValue(values[name]))

/** Double braces are valid JSON only inside a string. What is not a string with a placeholder is not changed: long numbers keep all digits. */
function fillJson(template: string, values: TemplateValues): string {
  JSON.parse(template)
  return template.replaceAll(/"(?:[^"\\]|\\.)*"/g, (quoted) =>
    hasPlaceholder(quoted) ? JSON.stringify(fillString(JSON.parse(quoted), values)) : quoted,
  )
}

/** Fills the text of a JSON string. It may be JSON itself, at any depth: then the values are escaped at each level. */
function fillString(text: string, values: TemplateValues): string {
  if (isJson(text)) return fillJson(text, values)
  // A value with quotation marks would end a string of the inner JSON.
  if (text.includes('"') && isJson(text.replaceAll(placeholder, '0')))
    throw new SyntaxError('a placeholder outside the strings of inner JSON')
  return fill(text, values, (value) => value)
}

const isJson = (text: string) => !throwsError(() => JSON.parse(text))

function throwsError(action: () => void): boolean {
  try {
    action()
    return false
  } catch {
    return true
  }
}

/** What a form cannot contain, apart from placeholders. */
const unsafeInForm = new RegExp(`${placeholder.source}|[^!-~]|["<>\\\\^\`{|}]|%(?![\\dA-Fa-f]{2})`, 'gu')

/** Fills pairs of names and values. Characters that must be percent-encoded may be written as they are, except for `&`, `=`, `+` and `%`. */
function fillForm(template: string, values: TemplateValues): string {
  const isForm = !/\p{Cc}/u.test(template) && template.split('&').every((pair) => /^[^=]+=/.test(pair))
  if (!isForm) throw new SyntaxError('not a form')
  return template.replaceAll(unsafeInForm, (unsafe, name: PlaceholderName | undefined) =>
    percentEncoded(name ? values[name] : unsafe),
  )
}

const percentEncoded = (text: string) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'))
