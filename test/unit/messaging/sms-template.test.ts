import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bodyFormat,
  fillBody,
  fillHeader,
  fillUrl,
  hasOnlyKnownPlaceholders,
  isBodyTemplate,
  placeholdersIn,
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

describe('the placeholders', () => {
  test('of a template are found', () => {
    expect(placeholdersIn('{"to":"{{to}}{{code}}","x":"{{name}} {{code}}"}')).toEqual(['to', 'code', 'code'])
  })

  test.each(['', all, '{one} }}', '{"a":{"b":{"c":"{{to}}"}}}', '{{{code}}}'])('of %s are known', (template) => {
    expect(hasOnlyKnownPlaceholders(template)).toBe(true)
  })

  test.each(['{{name}}', '{{}}', '{{ to }}', '{{TO}}', '{{to}', '{{to}}{{', '{{{{to}}', '{{\n}}'])(
    'of %j are not all known',
    (template) => {
      expect(hasOnlyKnownPlaceholders(template)).toBe(false)
    },
  )
})

describe('the format of a body', () => {
  test.each([
    ['', 'json'],
    ['application/json', 'json'],
    ['application/vnd.api+json; charset=utf-8', 'json'],
    ['text/plain', 'json'],
    ['application/x-www-form-urlencoded', 'form'],
    ['Application/X-WWW-Form-Urlencoded;charset=UTF-8', 'form'],
    ['text/xml', 'xml'],
    ['application/xml; charset="utf-8"', 'xml'],
    ['application/soap+xml ; action="a"', 'xml'],
    ['TEXT/XML', 'xml'],
    ['application/xml-dtd', 'json'],
    ['text/plain; note=text/xml', 'json'],
  ])('for the content type %j is %s', (contentType, format) => {
    expect(bodyFormat(contentType)).toBe(format)
  })
})

describe('a JSON body', () => {
  test.each([
    '{"to":"{{to}}","text":"{{text}}"}',
    '{"to":["{{to}}"],"text":"[Us] {{text}}","ref":"{{reference}}","id":12345678901234567890}',
    '["{{to}}{{text}}"]',
    '{"{{to}}": "{{text}}"}',
    '"{{to}} {{text}} {one} }}"',
    '{"to":"{{to}}"}',
    '{"to":"{{to}}","text":"[{{text}}]"}',
    String.raw`{"to":"{{to}}","param":"{\"code\":\"{{code}}\"}"}`,
    String.raw`{"to":"{{to}}","param":"{\"code\":\"{{code}}\"} {{minutes}}"}`,
  ])('is accepted: %s', (template) => {
    expect(isBodyTemplate(template, 'json')).toBe(true)
  })

  test.each([
    ['something other than JSON', 'to={{to}}&text={{text}}'],
    ['placeholders outside strings', '{"to":{{to}},"text":{{text}}}'],
    ['an incomplete escape sequence before a placeholder', '{"to":"\\{{to}}","text":"{{text}}"}'],
    ['an incomplete Unicode escape sequence', '{"to":"\\u00{{to}}","text":"{{text}}"}'],
    ['an empty text', ''],
    ['placeholders outside the strings of inner JSON', String.raw`{"to":"{{to}}","param":"{\"code\":{{code}}}"}`],
    ['placeholders outside the strings of an inner array', String.raw`["[\"{{to}}\",{{code}}]"]`],
  ])('is not accepted if it is %s', (_, template) => {
    expect(isBodyTemplate(template, 'json')).toBe(false)
  })

  test('gets all values and is not changed otherwise', () => {
    const template =
      '{ "to":"{{to}}", "n": 12345678901234567890,\n "\\u0041\\/":"\\u0042", "text":"[Us] {{text}} {{text}}", "ref":"{{reference}}" }'
    expect(fillBody(template, 'json', values)).toBe(
      '{ "to":"+8613900001234", "n": 12345678901234567890,\n "\\u0041\\/":"\\u0042", "text":"[Us] 验证码012345，\\"30\\"分钟 验证码012345，\\"30\\"分钟", "ref":"r-1" }',
    )
    expect(JSON.parse(fillBody(`"${all}"`, 'json', values))).toBe(Object.values(values).join(' '))
  })

  test('for a gateway with approved templates contains JSON in a string', () => {
    const template = String.raw`{"PhoneNumbers":"{{national}}","TemplateCode":"SMS_1","TemplateParam":"{\"code\":\"{{code}}\"}"}`
    expect(fillBody(template, 'json', values)).toBe(
      String.raw`{"PhoneNumbers":"13900001234","TemplateCode":"SMS_1","TemplateParam":"{\"code\":\"012345\"}"}`,
    )
  })

  test('contains any values unchanged', () => {
    // Not as a key: JSON.parse of V8 13.6 (Node 24) confuses an escaped key with another one of the same form.
    const template = '{"a":[{"to":"{{to}}"}],"text":"x{{text}}y","b":"\\\\{{reference}}"}'
    fc.assert(
      fc.property(unusual, unusual, unusual, (to, text, reference) => {
        const body = JSON.parse(fillBody(template, 'json', { ...values, to, text, reference }))
        expect(body).toEqual({ a: [{ to }], text: `x${text}y`, b: `\\${reference}` })
      }),
    )
  })

  test('contains any values unchanged at each level of JSON inside JSON', () => {
    const levels = fc.integer({ min: 1, max: 5 })
    fc.assert(
      fc.property(levels, unusual, unusual, (levels, code, text) => {
        let template = JSON.stringify({ code: '{{code}}', note: 'é"\\' })
        for (let level = 1; level < levels; level += 1)
          template = JSON.stringify({ text: '<{{text}}>', inner: template, other: ['{{code}}', level] })
        expect(isBodyTemplate(template, 'json')).toBe(true)
        let body = JSON.parse(fillBody(template, 'json', { ...values, code, text }))
        for (let level = levels - 1; level >= 1; level -= 1) {
          expect(body).toEqual({ text: `<${text}>`, inner: expect.any(String), other: [code, level] })
          body = JSON.parse(body.inner)
        }
        expect(body).toEqual({ code, note: 'é"\\' })
      }),
    )
  })

  test('contains any values unchanged in a string that is only a JSON string', () => {
    fc.assert(
      fc.property(unusual, (text) => {
        const body = fillBody(JSON.stringify([JSON.stringify('{{text}}')]), 'json', { ...values, text })
        expect(JSON.parse(JSON.parse(body)[0])).toBe(text)
      }),
    )
  })

  test('is JSON even for texts that are not well-formed Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        JSON.parse(fillBody('{"text":"{{text}}"}', 'json', { ...values, text: `${text}\ud800` }))
      }),
    )
  })
})

describe('a form', () => {
  test.each(['to={{to}}&text={{text}}', 'a=&b={{to}}', 'text=【Us】 {{text}}', 'a={"code":"{{code}}"}', 'a=b=c'])(
    'is accepted: %s',
    (template) => {
      expect(isBodyTemplate(template, 'form')).toBe(true)
    },
  )

  test.each(['', 'text', '{"to":"{{to}}"}', 'a=b&', '&a=b', '=b', 'a=b\nc=d', '<to>{{to}}</to>'])(
    'is not accepted: %j',
    (template) => {
      expect(isBodyTemplate(template, 'form')).toBe(false)
    },
  )

  test('keeps what is percent-encoded and encodes what must be', () => {
    const template = 'sign=%E4%BA%91+1&text=【云】 100% {{text}}&param={"code":"{{code}}"}&to={{to}}&q=%zz&{{code}}=1'
    const body = fillBody(template, 'form', values)
    expect(body).toMatch(/^[!-~]*$/)
    expect([...new URLSearchParams(body)]).toEqual([
      ['sign', '云 1'],
      ['text', `【云】 100% ${values.text}`],
      ['param', '{"code":"012345"}'],
      ['to', '+8613900001234'],
      ['q', '%zz'],
      ['012345', '1'],
    ])
  })

  test('contains any values unchanged', () => {
    fc.assert(
      fc.property(unusual, unusual, (to, text) => {
        const body = fillBody('to={{to}}&text=%5BUs%5D+{{text}}%21&x=1', 'form', { ...values, to, text })
        expect(body).toMatch(/^[\w%.~!*'()=&+-]*$/)
        expect([...new URLSearchParams(body)]).toEqual([
          ['to', to],
          ['text', `[Us] ${text}!`],
          ['x', '1'],
        ])
      }),
    )
  })

  test('replaces what is not well-formed Unicode', () => {
    expect(fillBody('a={{text}}', 'form', { ...values, text: '\ud800' })).toBe('a=%EF%BF%BD')
  })
})

describe('a URL', () => {
  test('contains any values unchanged', () => {
    fc.assert(
      fc.property(unusual, unusual, (to, text) => {
        const { origin, pathname, search, searchParams } = new URL(
          fillUrl('https://sms.example/v1/x{{to}}/send?text={{text}}&a=%20b', { ...values, to, text }),
        )
        expect([origin, decodeURIComponent(pathname)]).toEqual(['https://sms.example', `/v1/x${to}/send`])
        expect([...searchParams]).toEqual([
          ['text', text],
          ['a', ' b'],
        ])
        expect(search).not.toContain('+')
      }),
    )
  })
})

describe('a header', () => {
  test('contains any values as UTF-8, except for control characters', () => {
    fc.assert(
      fc.property(unusual, (text) => {
        const header = fillHeader('<{{text}}>', { ...values, text })
        expect(Buffer.from(header, 'latin1').toString()).toBe(`<${text.replaceAll(/\p{Cc}/gu, ' ')}>`)
        expect(new Headers({ a: header }).get('a')).toBe(header)
      }),
    )
  })
})
