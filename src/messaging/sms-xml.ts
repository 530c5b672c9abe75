/** Replaces the placeholders in a text. Each value is escaped first. */
type Fill = (text: string, escapeValue: (value: string) => string) => string

const name = String.raw`[\p{L}_:][\p{L}\p{N}_:.·-]*`
const attribute = String.raw`\s+${name}\s*=\s*(?:"[^"<]*"|'[^'<]*')`

/** The parts of a document. The named groups say which it is. Document types match none. */
const part = new RegExp(
  [
    String.raw`(?<instruction><!--(?:(?!--)[^])*-->|<\?(?:(?!\?>)[^])*\?>)`,
    String.raw`<!\[CDATA\[(?<cdata>(?:(?!\]\]>)[^])*)\]\]>`,
    String.raw`</(?<end>${name})\s*>`,
    String.raw`<(?<start>${name})(?:${attribute})*\s*(?<empty>/?)>`,
    '(?<text>[^<]+)',
  ].join('|'),
  'gyu',
)

const notInXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const bareAmpersand = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\dA-Fa-f]+);)/

/**
 * Replaces the placeholders in the texts, attribute values and CDATA sections of an XML document. Throws if the document is not well-formed,
 * has a document type, or has double braces elsewhere. Namespaces and repeated attributes are not checked.
 */
export function fillXml(template: string, fill: Fill): string {
  const parts = [...template.matchAll(part)]
  const matched = parts.map(([source]) => source).join('')
  if (matched !== template || template.search(notInXml) >= 0 || template.slice(1).search(/<\?xml\s/i) >= 0)
    throw new SyntaxError('not well-formed')
  checkNesting(parts)
  return parts.map((match) => fillPart(match, fill)).join('')
}

function checkNesting(parts: readonly RegExpExecArray[]): void {
  const open: string[] = []
  let roots = 0
  for (const { groups: { start, end, empty, text = '', cdata } = {} } of parts) {
    if (open.length === 0) {
      if (/\S/.test(text) || cdata !== undefined) throw new SyntaxError('text outside the root element')
      if (start !== undefined) roots += 1
    }
    if (start !== undefined && !empty) open.push(start)
    if (end !== undefined && open.pop() !== end) throw new SyntaxError('an end tag of another element')
  }
  if (open.length > 0 || roots !== 1) throw new SyntaxError('an element that is not closed, or not one root element')
}

function fillPart([source, , cdata]: RegExpExecArray, fill: Fill): string {
  if (cdata !== undefined) return `<![CDATA[${fill(cdata, withoutInvalid).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
  if (/^<[?!]/.test(source) && source.includes('{{')) throw new SyntaxError('a placeholder in a comment')
  if (bareAmpersand.test(source) || (!source.startsWith('<') && source.includes(']]>')))
    throw new SyntaxError('an unescaped character')
  return fill(source, (value) =>
    // Also white space, which parsers change in attribute values.
    withoutInvalid(value).replaceAll(/[&<>"'\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`),
  )
}

const withoutInvalid = (value: string) => value.replaceAll(notInXml, '\ufffd')
