import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillBody, isBodyTemplate } from '../../../src/messaging/sms-template.js'

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
const all = '{{to}} {{national}} {{country_code}} {{text}} {{code}} {{minutes}} {{reference}} {{language}}'

/** Text that breaks out of a format which does not escape it. */
const unusual = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('"', '\\', '","admin":"', '\\"', '{{to}}', '{{text}}', '$&', '$1', '\n', '\u2028', '\u0000'),
  fc.constantFrom(
    '&',
    '=',
    '%',
    '+',
    '&amp;',
    '<b>',
    '</text>',
    "'",
    ']]>',
    ']]',
    '>',
    '<!--',
    '?',
    '#',
    '\t',
    '{"a":1}',
  ),
)

/** The text that an XML parser reads; undefined for something other than text. */
function textOfXml(source: string): string | undefined {
  if (!/^(?:[^<>&"']|&#\d+;)*$/.test(source)) return undefined
  return source.replaceAll(/\r\n?/g, '\n').replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
}
const notInXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

describe('an XML body', () => {
  test.each([
    '<sms to="{{to}}">{{text}}</sms>',
    '<?xml version="1.0" encoding="utf-8"?>\n<!-- a - b -->\n<s:Envelope xmlns:s="urn:a">\n<s:Body a = \'{{to}}\' b="1" ><n/>&amp;&#38;&#x26;<![CDATA[<{{text}}>]]></s:Body >\n</s:Envelope>\n<!---->\n',
    '<云>{{to}} {{text}} > "</云>',
    '<a><a>{{to}}</a><a/></a>',
    '<!-- a & b ]]> --><a>{{to}}<?b & c ]]>?></a>',
  ])('is accepted: %s', (template) => {
    expect(isBodyTemplate(template, 'xml')).toBe(true)
  })

  test.each([
    ['JSON', '{"to":"{{to}}"}'],
    ['empty', ''],
    ['without element', '<!-- a -->'],
    ['not closed', '<a>{{to}}'],
    ['closed twice', '<a>{{to}}</a></a>'],
    ['closed in the wrong order', '<a><b>{{to}}</a></b>'],
    ['of two elements', '<a>{{to}}</a><b/>'],
    ['of text before the element', '{{to}}<a/>'],
    ['of text after the element', '<a/>{{to}}'],
    ['of a CDATA section outside', '<a/><![CDATA[{{to}}]]>'],
    ['of a bare ampersand', '<a>{{to}} & co</a>'],
    ['of an unknown entity', '<a>{{to}}&nbsp;</a>'],
    ['of a bare ampersand in an attribute', '<a b="a&b">{{to}}</a>'],
    ['of a bare angle bracket', '<a>{{to}} < 1</a>'],
    ['of an unquoted attribute', '<a b=1>{{to}}</a>'],
    ['of an attribute without value', '<a b>{{to}}</a>'],
    ['of attributes without space', '<a b="1"c="2">{{to}}</a>'],
    ['of a placeholder as element', '<{{to}}/>'],
    ['of a placeholder as attribute', '<a {{to}}="1"/>'],
    ['of a placeholder in a comment', '<a><!-- {{to}} --></a>'],
    ['of a placeholder in an instruction', '<a><?b {{to}}?></a>'],
    ['of two hyphens in a comment', '<a><!-- -- -->{{to}}</a>'],
    ['of the end of a CDATA section', '<a>{{to}}]]></a>'],
    ['of a document type', '<!DOCTYPE a><a>{{to}}</a>'],
    ['of a late declaration', ' <?xml version="1.0"?><a>{{to}}</a>'],
    ['of a control character', '<a>{{to}}\u0001</a>'],
  ])('is not accepted if it is %s', (_, template) => {
    expect(isBodyTemplate(template, 'xml')).toBe(false)
  })

  test('gets all values and is not changed otherwise', () => {
    const template = `<?xml version="1.0"?>\r\n<sms  to='{{to}}' ><!-- a --><t>${all}&lt;</t><e/></sms>\n`
    expect(fillBody(template, 'xml', values)).toBe(
      `<?xml version="1.0"?>\r\n<sms  to='+8613900001234' ><!-- a --><t>${Object.values(values).join(' ').replaceAll('"', '&#34;')}&lt;</t><e/></sms>\n`,
    )
  })

  test('contains any values unchanged in texts and attribute values', () => {
    fc.assert(
      fc.property(unusual, unusual, (to, text) => {
        const template = `<sms to="+{{to}}" from='{{text}}'><text>[{{text}}]</text></sms>`
        const body = fillBody(template, 'xml', { ...values, to, text })
        const [, ...sources] = /^<sms to="(.*)" from='(.*)'><text>(.*)<\/text><\/sms>$/s.exec(body) ?? []
        const [readTo, readText] = [to, text].map((value) => value.replaceAll(notInXml, '\ufffd'))
        expect(sources.map(textOfXml)).toEqual([`+${readTo}`, readText, `[${readText}]`])
      }),
    )
  })

  test('contains any values unchanged in CDATA sections', () => {
    fc.assert(
      fc.property(unusual, (text) => {
        const body = fillBody('<a><![CDATA[]]{{text}}>]]></a>', 'xml', { ...values, text })
        const sections = body.slice('<a>'.length, -'</a>'.length)
        const read = sections.replaceAll(/<!\[CDATA\[((?:(?!\]\]>)[\s\S])*)\]\]>/g, '$1')
        expect(sections).toMatch(/^(?:<!\[CDATA\[(?:(?!\]\]>)[\s\S])*\]\]>)+$/)
        expect(read).toBe(`]]${text.replaceAll(notInXml, '\ufffd')}>`)
      }),
    )
  })
})
