import { fillXml, type Notation } from './sms-xml.js'

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
export const isBodyTemplate = (template: string, format: BodyFormat): boolean =>
  canBeFilled((values) => fillBody(template, format, values))

/** True if values can be escaped wherever the URL has a placeholder. */
export const isUrlTemplate = (template: string): boolean => canBeFilled((values) => fillUrl(template, values))

/** True if values can be escaped wherever the value of the header has a placeholder. */
export const isHeaderTemplate = (template: string): boolean => canBeFilled((values) => fillHeader(template, values))

function canBeFilled(fillTemplate: (values: TemplateValues) => string): boolean {
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
  return attempt(() => fillTemplate(values)) !== undefined
}

/** Replaces the placeholders of a body. Placeholders inside values are not replaced. Throws if the template is not in its format. */
export function fillBody(template: string, format: BodyFormat, values: TemplateValues): string {
  if (format === 'json') return fillJson(template, values)
  if (format === 'form') return fillForm(template, values)
  return fillXmlDocument(template, values)
}

/** Replaces the placeholders in the path and the query of a URL. */
export const fillUrl = (template: string, values: TemplateValues): string =>
  template.replace(/^([^?#]*)(\??)([^#]*)/, (_, path: string, mark: string, query: string) =>
    [fill(path, values, percentEncoded), mark, fillPairs(query, values)].join(''),
  )

/** Replaces the placeholders in the value of a header. The values are sent as UTF-8, without control characters. */
export const fillHeader = (template: string, values: TemplateValues): string => fillText(template, values, inHeader)

/**
 * Fills a text that is written in this notation. If the text itself is JSON or XML, the values are escaped for that first, at each level.
 * Throws if the text is JSON with a placeholder outside its strings.
 */
function fillText(written: string, values: TemplateValues, { decode, encode }: Notation): string {
  if (!hasPlaceholder(written)) return written
  const text = attempt(() => decode(written)) ?? ''
  if (isJson(text)) return encode(fillJson(text, values))
  // A value with quotation marks would end a string of the JSON.
  if (text.includes('"') && isJson(text.replaceAll(placeholder, '0')))
    throw new SyntaxError('a placeholder outside the strings of inner JSON')
  return isXml(text) ? encode(fillXmlDocument(text, values)) : fill(written, values, encode)
}

const fill = (template: string, values: TemplateValues, escapeValue: (value: string) => string): string =>
  template.replaceAll(placeholder, (_, name: PlaceholderName) => escapeValue(values[name]))

const inJsonString: Notation = {
  decode: (written) => JSON.parse(`"${written}"`) as string,
  encode: (text) => JSON.stringify(text).slice(1, -1),
}

/** Double braces are valid JSON only inside a string. What is not a string with a placeholder is not changed: long numbers keep all digits. */
function fillJson(template: string, values: TemplateValues): string {
  JSON.parse(template)
  return template.replaceAll(
    /"((?:[^"\\]|\\.)*)"/g,
    (_, written: string) => `"${fillText(written, values, inJsonString)}"`,
  )
}

const fillXmlDocument = (template: string, values: TemplateValues) =>
  fillXml(template, (written, notation) => fillText(written, values, notation))

const isJson = (text: string) => attempt(() => JSON.parse(text)) !== undefined
const isXml = (text: string) => attempt(() => fillXml(text, (written) => written)) !== undefined

/** The result of `read`, or undefined if it throws. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** What a form cannot contain, apart from placeholders. */
const unsafeInForm = new RegExp(`${placeholder.source}|[^!-~]|["<>\\\\^\`{|}]|%(?![\\dA-Fa-f]{2})`, 'gu')

/** Fills pairs of names and values. Characters that must be percent-encoded may be written as they are, except for `&`, `=`, `+` and `%`. */
function fillForm(template: string, values: TemplateValues): string {
  const isForm = !/\p{Cc}/u.test(template) && template.split('&').every((pair) => /^[^=]+=/.test(pair))
  if (!isForm) throw new SyntaxError('not a form')
  const encoded = template.replaceAll(unsafeInForm, (unsafe, name?: string) => (name ? unsafe : percentEncoded(unsafe)))
  return fillPairs(encoded, values)
}

const percentEncoded = (text: string) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'))

const inForm: Notation = {
  decode: (written) => decodeURIComponent(written.replaceAll('+', ' ')),
  encode: percentEncoded,
}

/** Fills the names and values of `name=value&name=value`. */
const fillPairs = (template: string, values: TemplateValues): string =>
  template
    .split('&')
    .map((pair) => pair.split(/=(.*)/s, 2).map((written) => fillText(written, values, inForm)))
    .map((pair) => pair.join('='))
    .join('&')

/** Each character of a header stands for one byte of its UTF-8. */
const inHeader: Notation = {
  decode: (written) => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(written, 'latin1')),
  encode: (text) => Buffer.from(text.replaceAll(/\p{Cc}/gu, ' ')).toString('latin1'),
}
