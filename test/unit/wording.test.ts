import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CodeMessage } from '../../src/sending/code-message.js'
import { languages, mailWording, textMessageWording } from '../../src/sending/wording.js'

const message: CodeMessage = {
  channel: 'EMAIL',
  to: 'tom@example.com',
  code: '012345',
  validMinutes: 30,
  reference: 'r-1',
  name: 'Tom',
}
const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('<b>Tom</b>', '"><script>', '&lt;', 'T\r\nBcc: a@b.co', '123456', '{{to}}', '$&', 'a@b.co'),
)
const lawful = fc.stringMatching(/^[A-Za-z\u4e00-\u9fff々〇]{2,12}$/)
const validity = fc.integer({ min: 1, max: 1440 })
const code = fc.stringMatching(/^\d{6}$/)

const runsOfSixDigits = (text: string) => text.match(/\d{6,}/g)

/** The texts of a document in which every tag is closed in order. Fails for any other. */
function textsOf(html: string): string {
  const open: string[] = []
  const token = /<!DOCTYPE html>|<(\/?)([a-z0-9]+)((?: [a-z-]+="[^"<&]*")*)(\/?)>|&(?:amp|lt|gt|quot);|[^<&]/y
  let texts = ''
  for (let at = 0; at < html.length; at = token.lastIndex) {
    token.lastIndex = at
    const [whole, closing, tag, , empty] = token.exec(html) ?? expect.fail(`not well-formed at ${html.slice(at)}`)
    if (tag === undefined) texts += whole.startsWith('<') ? '' : whole
    else if (closing) expect(open.pop()).toBe(tag)
    else if (!empty) open.push(tag)
  }
  expect(open).toEqual([])
  return texts
}

describe.each(languages)('a mail in %s', (language) => {
  test('holds the code as the only run of six digits of its text, on a line of its own', () => {
    fc.assert(
      fc.property(fc.oneof(odd, lawful), code, validity, (name, code, validMinutes) => {
        const { text } = mailWording({ ...message, name, code, validMinutes }, language)
        expect(runsOfSixDigits(text)).toEqual([code])
        expect(text.split('\n')).toContain(code)
        expect(text).toContain(String(validMinutes))
      }),
    )
  })

  test('greets a contact by a lawful name, and by no other', () => {
    fc.assert(
      fc.property(lawful, (name) => {
        const { text, html } = mailWording({ ...message, name }, language)
        expect(text.split('\n', 1)[0]).toContain(name)
        expect(textsOf(html)).toContain(name)
      }),
    )
    const nameless = mailWording({ ...message, name: '' }, language)
    fc.assert(
      fc.property(odd, (name) => {
        fc.pre(!/^[A-Za-z\p{Unified_Ideograph}々〇]{2,12}$/u.test(name))
        expect(mailWording({ ...message, name }, language)).toEqual(nameless)
      }),
    )
  })

  test.each(['T', 'TomTomTomTomT', 'Tom!', 'Tom\n', '小明1', 'Tóm', ''])('leaves out the name %j', (name) => {
    expect(mailWording({ ...message, name }, language)).toEqual(mailWording({ ...message, name: '' }, language))
  })

  test('is a well-formed document of its language, whatever is in it', () => {
    fc.assert(
      fc.property(odd, odd, (name, code) => {
        const { html } = mailWording({ ...message, name, code }, language)
        expect(html).toMatch(new RegExp(`^<!DOCTYPE html>\n<html lang="${language}"><head><meta charset="utf-8"/>`))
        textsOf(html)
      }),
    )
  })

  test('is five paragraphs, with or without a name', () => {
    for (const name of ['Tom', '']) {
      const paragraphs = mailWording({ ...message, name }, language)
        .text.trimEnd()
        .split('\n\n')
      expect(paragraphs.filter((paragraph) => /^\S[^\n]+$/.test(paragraph)).length).toBe(5)
      expect(paragraphs[0]).toMatch(name ? /Tom/ : /^(Hello,|您好：)$/)
    }
  })

  test('has no markup but its own', () => {
    const { html } = mailWording({ ...message, code: '<b>&"' }, language)
    expect(html).toContain('<strong>&lt;b&gt;&amp;&quot;</strong>')
  })

  test('says the same in both parts', () => {
    const { text, html, subject } = mailWording(message, language)
    const [, body = ''] = textsOf(html).split(subject)
    expect(body.split('\n').filter(Boolean)).toEqual(text.split('\n').filter(Boolean))
  })

  test('has a subject of one line, without the code', () => {
    expect(mailWording(message, language).subject).toMatch(/^\P{Cc}{4,60}$/u)
    expect(mailWording(message, language).subject).not.toContain(message.code)
  })
})

/** What one SMS takes of: GSM 03.38's basic alphabet, one septet each. */
const gsm = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]{1,160}$/

describe('a text message', () => {
  test.each(languages)('in %s holds the code as its only run of six digits, and no name', (language) => {
    fc.assert(
      fc.property(fc.oneof(odd, lawful), code, validity, (name, code, validMinutes) => {
        const text = textMessageWording({ ...message, name, code, validMinutes }, language)
        expect(runsOfSixDigits(text)).toEqual([code])
        expect(text).toContain(String(validMinutes))
        expect(text).toBe(textMessageWording({ ...message, name: '', code, validMinutes }, language))
      }),
    )
  })

  test('in English is one SMS', () => {
    expect(textMessageWording({ ...message, validMinutes: 1440 }, 'en')).toMatch(gsm)
  })

  test.each(['zh-Hans', 'zh-Hant'] as const)('in %s is one SMS, and leaves room for a signature', (language) => {
    const text = textMessageWording({ ...message, validMinutes: 1440 }, language)
    expect(text.length).toBeLessThanOrEqual(60)
    expect(text).toMatch(/^[\u0020-\uffff]+$/)
  })
})

test('one minute is not two', () => {
  expect(mailWording({ ...message, validMinutes: 1 }, 'en').text).toContain('valid for 1 minute.')
  expect(mailWording({ ...message, validMinutes: 2 }, 'en').text).toContain('valid for 2 minutes.')
  expect(textMessageWording({ ...message, validMinutes: 1 }, 'en')).toContain('Valid for 1 minute.')
  expect(textMessageWording({ ...message, validMinutes: 30 }, 'en')).toContain('Valid for 30 minutes.')
})
