import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fillBody,
  fillHeader,
  fillUrl,
  isBodyTemplate,
  isHeaderTemplate,
  isUrlTemplate,
} from '../../../src/messaging/sms-template.js'

const values = {
  to: '+8613900001234',
  national: '13900001234',
  country_code: '86',
  text: '验证码012345，"30"分钟',
  code: '012345',
  minutes: '30',
  reference: 'r-1',
  language: 'zh-Hans',
}

/** Text that breaks out of a format which does not escape it, of characters that are valid in XML. */
const unusual = fc.oneof(
  fc
    .string({ unit: 'grapheme' })
    .map((text) => text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')),
  fc.constantFrom(
    '"',
    '\\',
    '","admin":"',
    '\\"',
    '"}&admin=1',
    '{{to}}',
    '\n',
    "'",
    '%22',
    '+',
    '&#34;',
    '</a>',
    ']]>',
    '{"a":1}',
  ),
)

/** The text that an XML parser reads in a text or an attribute value. */
const readXml = (source: string) =>
  source.replaceAll(/&#(\d+);|&quot;/g, (_, code = '34') => String.fromCodePoint(Number(code)))
/** The text that an XML parser reads in CDATA sections. */
const readCdata = (source: string) => source.replaceAll(/<!\[CDATA\[((?:(?!\]\]>)[\s\S])*)\]\]>/g, '$1')
const within = (source: string, before: string, after: string) => {
  expect([source.slice(0, before.length), source.slice(source.length - after.length)]).toEqual([before, after])
  return source.slice(before.length, source.length - after.length)
}

type Values = typeof values
/** Fills a template with values, and reads what the receiver reads as JSON. */
type ReadJson = (values: Values) => string

const inForm =
  (template: string): ReadJson =>
  (values) => {
    const pairs = [...new URLSearchParams(fillBody(template, 'form', values))]
    expect(pairs.map(([name]) => name)).toEqual(['to', 'param', 'x'])
    return pairs[1]?.[1] ?? ''
  }
const inUrl =
  (template: string): ReadJson =>
  (values) => {
    const { searchParams } = new URL(fillUrl(template, values))
    expect([...searchParams.keys()].sort()).toEqual(['param', 'to', 'x'])
    return searchParams.get('param') ?? ''
  }
const inXml =
  (before: string, json: string, after: string, read: (source: string) => string): ReadJson =>
  (values) =>
    read(within(fillBody(`${before}${json}${after}`, 'xml', values), before, after))

const json = '{"code":"{{code}}","n":[12345678901234567890,"<{{text}}>"]}'
const inner = JSON.stringify({ inner: json })
const encoded = encodeURIComponent(json)
  .replaceAll(/%7B%7B(\w+)%7D%7D/g, '{{$1}}')
  .replaceAll('%20', '+')
const xmlEncoded = json.replaceAll('"', '&quot;').replaceAll('<', '&#60;')

describe('JSON inside', () => {
  test.each<[string, ReadJson]>([
    ['a form', inForm(`to={{to}}&param=${json}&x=1`)],
    ['a form, percent-encoded', inForm(`to={{to}}&param=${encoded}&x=1`)],
    ['the query of a URL', inUrl(`https://sms.example/{{to}}?to={{to}}&param=${json}&x=1`)],
    ['the query of a URL, before a fragment', inUrl(`https://sms.example/?to={{to}}&x=1&param=${json}#a`)],
    ['the query of a URL, percent-encoded', inUrl(`https://sms.example/?to={{to}}&param=${encoded}&x=1#a`)],
    ['the value of a header', (values) => Buffer.from(fillHeader(json, values), 'latin1').toString()],
    ['a text of XML', inXml('<a><b>', xmlEncoded, '</b></a>', readXml)],
    ['an attribute of XML', inXml('<a b="', xmlEncoded, '"/>', readXml)],
    ['a CDATA section of XML', inXml('<a>', `<![CDATA[${json}]]>`, '</a>', readCdata)],
    [
      'XML inside JSON',
      (values) =>
        readXml(
          within(JSON.parse(fillBody(JSON.stringify([`<a>${xmlEncoded}</a>`]), 'json', values))[0], '<a>', '</a>'),
        ),
    ],
    ['JSON inside a form', (values) => JSON.parse(inForm(`to={{to}}&param=${inner}&x=1`)(values)).inner],
  ])('%s contains any values unchanged', (_, readJson) => {
    fc.assert(
      fc.property(unusual, unusual, (code, text) => {
        const read = JSON.parse(readJson({ ...values, code, text }))
        expect(read).toEqual({ code, n: [expect.any(Number), `<${text}>`] })
      }),
    )
  })
})

test('XML inside other formats contains any values unchanged', () => {
  const xml = '<a b="{{code}}">{{text}}</a>'
  const read = (document: string) => /^<a b="([^"<]*)">([^<]*)<\/a>$/.exec(document)?.slice(1).map(readXml)
  fc.assert(
    fc.property(unusual, unusual, (code, text) => {
      const filled = { ...values, code, text }
      const form = new URLSearchParams(fillBody(`data=${xml}`, 'form', filled)).get('data') ?? ''
      const [inJson = ''] = JSON.parse(fillBody(JSON.stringify([xml]), 'json', filled)) as string[]
      const inCdata = readCdata(within(fillBody(`<x><![CDATA[${xml}]]></x>`, 'xml', filled), '<x>', '</x>'))
      for (const document of [form, inJson, inCdata]) expect(read(document)).toEqual([code, text])
    }),
  )
})

describe('a placeholder in JSON is accepted', () => {
  const bare = '{"to":"{{to}}","code":{{code}}}'
  test.each(['{"code":"{{code}}"}', '[{{code}}', bare])('if a value can be escaped there: %s', (text) => {
    const isAccepted = text !== bare
    const escaped = text.replaceAll('"', '&quot;')
    expect([
      isBodyTemplate(JSON.stringify([text]), 'json'),
      isBodyTemplate(`a=${text}`, 'form'),
      isBodyTemplate(`<a>${escaped}</a>`, 'xml'),
      isBodyTemplate(`<a b="${escaped}"/>`, 'xml'),
      isBodyTemplate(`<a><![CDATA[${text}]]></a>`, 'xml'),
      isBodyTemplate(JSON.stringify([`<a>${escaped}</a>`]), 'json'),
      isUrlTemplate(`https://sms.example/?a=${text}`),
      isHeaderTemplate(text),
    ]).toEqual(Array(8).fill(isAccepted))
  })
})

describe('what cannot be read as text is filled as it is', () => {
  test.each([
    [
      'a form in another encoding',
      fillBody('sign=%D4%C6&text=%D4%C6{{text}}', 'form', values),
      'sign=%D4%C6&text=%D4%C6',
    ],
    [
      'a URL in another encoding',
      fillUrl('https://sms.example/?text=%D4%C6{{text}}', values),
      'https://sms.example/?text=%D4%C6',
    ],
  ])('%s', (_, filled, before) => {
    expect(filled).toBe(before + encodeURIComponent(values.text))
  })

  test('a header in another encoding', () => {
    expect(fillHeader('\u00e9 {{code}}', values)).toBe('\u00e9 012345')
  })
})
