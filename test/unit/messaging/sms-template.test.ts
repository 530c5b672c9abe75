import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillSmsTemplate, isSmsTemplate } from '../../../src/messaging/sms-template.js'

const values = { to: '+8613900001234', text: '验证码012345，"30"分钟', reference: 'r-1' }

describe('isSmsTemplate', () => {
  test.each([
    '{"to":"{{to}}","text":"{{text}}"}',
    '{"to":["{{to}}"],"text":"[Us] {{text}}","ref":"{{reference}}","id":12345678901234567890}',
    '["{{to}}{{text}}"]',
    '{"{{to}}": "{{text}}"}',
    '"{{to}} {{text}} {one} }}"',
  ])('is true for JSON with recipient and text: %s', (template) => {
    expect(isSmsTemplate(template)).toBe(true)
  })

  test.each([
    ['something other than JSON', 'to={{to}}&text={{text}}'],
    ['placeholders outside strings', '{"to":{{to}},"text":{{text}}}'],
    ['an incomplete escape sequence before a placeholder', '{"to":"\\{{to}}","text":"{{text}}"}'],
    ['an incomplete Unicode escape sequence', '{"to":"\\u00{{to}}","text":"{{text}}"}'],
    ['no recipient', '{"text":"{{text}}"}'],
    ['no text', '{"to":"{{to}}"}'],
    ['an unknown placeholder', '{"to":"{{to}}","text":"{{text}}","name":"{{name}}"}'],
    ['an empty placeholder', '{"to":"{{to}}","text":"{{text}}{{}}"}'],
    ['an empty text', ''],
  ])('is false for %s', (_, template) => {
    expect(isSmsTemplate(template)).toBe(false)
  })
})

describe('fillSmsTemplate', () => {
  test('replaces the placeholders and changes nothing else', () => {
    const template =
      '{ "to":"{{to}}", "n": 12345678901234567890,\n "text":"[Us] {{text}} {{text}}", "ref":"{{reference}}" }'
    expect(fillSmsTemplate(template, values)).toBe(
      '{ "to":"+8613900001234", "n": 12345678901234567890,\n "text":"[Us] 验证码012345，\\"30\\"分钟 验证码012345，\\"30\\"分钟", "ref":"r-1" }',
    )
  })

  test('gives JSON that contains any values unchanged', () => {
    const unusual = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '","admin":"', '{{to}}', '{{text}}', '$&', '$1', '\n', '\u2028', '\u0000'),
    )
    // Not as a key: JSON.parse of V8 13.6 (Node 24) confuses an escaped key with another one of the same form.
    const template = '{"a":[{"to":"{{to}}"}],"text":"x{{text}}y","b":"\\\\{{reference}}"}'
    fc.assert(
      fc.property(unusual, unusual, unusual, (to, text, reference) => {
        const body = JSON.parse(fillSmsTemplate(template, { to, text, reference }))
        expect(body).toEqual({ a: [{ to }], text: `x${text}y`, b: `\\${reference}` })
      }),
    )
  })

  test('gives JSON for texts that are not well-formed Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        JSON.parse(fillSmsTemplate('{"to":"{{to}}","text":"{{text}}"}', { ...values, text: `${text}\ud800` }))
      }),
    )
  })
})
