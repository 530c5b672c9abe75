/** How a text is written inside another one. */
export interface Notation {
  /** Throws if the text cannot be read, such as one in another encoding. */
  readonly decode: (written: string) => string
  readonly encode: (text: string) => string
}

/** Replaces the placeholders in a text. What takes their place is encoded. */
type Fill = (written: string, notation: Notation) => string

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
  if (cdata !== undefined) return `<![CDATA[${fill(cdata, inCdata).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
  if (/^<[?!]/.test(source)) {
    if (source.includes('{{')) throw new SyntaxError('a placeholder in a comment')
    return source
  }
  if (bareAmpersand.test(source) || (!source.startsWith('<') && source.includes(']]>')))
    throw new SyntaxError('an unescaped character')
  if (!source.startsWith('<')) return fill(source, inMarkup)
  return source.replaceAll(
    /(["'])(.*?)\1/gs,
    (_, quote: string, written: string) => quote + fill(written, inMarkup) + quote,
  )
}

const withoutInvalid = (text: string) => text.replaceAll(notInXml, '\ufffd')

const inCdata: Notation = { decode: (written) => written, encode: withoutInvalid }

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** In texts and attribute values. */
const inMarkup: Notation = {
  decode: (written) =>
    written.replaceAll(/&(?:#x([^;]+)|#(\d+)|(\w+));/g, (_, hex?: string, decimal?: string, entity = '') =>
      hex || decimal
        ? String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal))
        : (entities[entity] ?? ''),
    ),
  // Also white space, which parsers change in attribute values.
  encode: (text) => withoutInvalid(text).replaceAll(/[&<>"'\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`),
}
