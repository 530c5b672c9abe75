import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CodeMessage } from '../../../src/messaging/message.js'
import { emailContent, languages, smsText } from '../../../src/messaging/wording.js'

const now = Date.UTC(2026, 2, 27, 17, 19, 21)
const expireIn = (minutes: number) => new Date(now + minutes * 60_000)

const message: CodeMessage = {
  channel: 'email',
  to: 'tom@example.com',
  code: '012345',
  expireDate: expireIn(30),
  reference: 'r-1',
  mayHaveArrived: false,
  name: 'Tom',
}
const unusual = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('<b>Tom</b>', '"><script>', '&lt;', 'T\r\nBcc: a@b.co', '123456', '{{to}}', '$&', 'a@b.co'),
)
const acceptedName = fc.oneof(
  fc.stringMatching(/^[A-Za-z\u4e00-\u9fff々〇]{2,12}$/),
  fc.stringMatching(/^[\u4e00-\u9fff]{1,5}(·[\u4e00-\u9fff]{1,2}){1,2}$/),
)
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

describe.each(languages)('the email in %s', (language) => {
  test('contains the code as the only run of six digits of its text, on a separate line', () => {
    fc.assert(
      fc.property(fc.oneof(unusual, acceptedName), code, validity, (name, code, validMinutes) => {
        const { text } = emailContent({ ...message, name, code, expireDate: expireIn(validMinutes) }, language, now)
        expect(runsOfSixDigits(text)).toEqual([code])
        expect(text.split('\n')).toContain(code)
        expect(text).toContain(String(validMinutes))
      }),
    )
  })

  test('greets the contact by an accepted name only', () => {
    fc.assert(
      fc.property(acceptedName, (name) => {
        const { text, html } = emailContent({ ...message, name }, language, now)
        expect(text.split('\n', 1)[0]).toContain(name)
        expect(textsOf(html)).toContain(name)
      }),
    )
    const nameless = emailContent({ ...message, name: '' }, language, now)
    fc.assert(
      fc.property(unusual, (name) => {
        fc.pre(!/^[A-Za-z\p{Unified_Ideograph}々〇·]{2,12}$/u.test(name))
        expect(emailContent({ ...message, name }, language, now)).toEqual(nameless)
      }),
    )
  })

  test.each(['T', 'TomTomTomTomT', 'Tom!', 'Tom\n', '小明1', 'Tóm', ''])('does not contain the name %j', (name) => {
    expect(emailContent({ ...message, name }, language, now)).toEqual(
      emailContent({ ...message, name: '' }, language, now),
    )
  })

  test('is a well-formed document in its language for any name and code', () => {
    fc.assert(
      fc.property(unusual, unusual, (name, code) => {
        const { html } = emailContent({ ...message, name, code }, language, now)
        expect(html).toMatch(new RegExp(`^<!DOCTYPE html>\n<html lang="${language}"><head><meta charset="utf-8"/>`))
        textsOf(html)
      }),
    )
  })

  test('has five paragraphs, with or without a name', () => {
    for (const name of ['Tom', '']) {
      const paragraphs = emailContent({ ...message, name }, language, now)
        .text.trimEnd()
        .split('\n\n')
      expect(paragraphs.filter((paragraph) => /^\S[^\n]+$/.test(paragraph)).length).toBe(5)
      expect(paragraphs[0]).toMatch(name ? /Tom/ : /^(Hello,|您好：)$/)
    }
  })

  test('escapes markup', () => {
    const { html } = emailContent({ ...message, code: '<b>&"' }, language, now)
    expect(html).toContain('<strong>&lt;b&gt;&amp;&quot;</strong>')
  })

  test('has the same content in both parts', () => {
    const { text, html, subject } = emailContent(message, language, now)
    const [, body = ''] = textsOf(html).split(subject)
    expect(body.split('\n').filter(Boolean)).toEqual(text.split('\n').filter(Boolean))
  })

  test('has a subject of one line without the code', () => {
    expect(emailContent(message, language, now).subject).toMatch(/^\P{Cc}{4,60}$/u)
    expect(emailContent(message, language, now).subject).not.toContain(message.code)
  })
})

/** What fits into one SMS: up to 160 characters of the basic alphabet of GSM 03.38, one septet each. */
const gsm = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]{1,160}$/

describe('the text message', () => {
  test.each(languages)('in %s contains the code as its only run of six digits, and no name', (language) => {
    fc.assert(
      fc.property(fc.oneof(unusual, acceptedName), code, validity, (name, code, validMinutes) => {
        const text = smsText({ ...message, name, code, expireDate: expireIn(validMinutes) }, language, now)
        expect(runsOfSixDigits(text)).toEqual([code])
        expect(text).toContain(String(validMinutes))
        expect(text).toBe(smsText({ ...message, name: '', code, expireDate: expireIn(validMinutes) }, language, now))
      }),
    )
  })

  test('in English fits into one SMS', () => {
    expect(smsText({ ...message, expireDate: expireIn(1440) }, 'en', now)).toMatch(gsm)
  })

  test.each(['zh-Hans', 'zh-Hant'] as const)('in %s fits into one SMS together with a signature', (language) => {
    const text = smsText({ ...message, expireDate: expireIn(1440) }, language, now)
    expect(text.length).toBeLessThanOrEqual(60)
    expect(text).toMatch(/^[\u0020-\uffff]+$/)
  })
})

describe('the validity of a code', () => {
  test('of one minute is in the singular', () => {
    expect(emailContent({ ...message, expireDate: expireIn(1) }, 'en', now).text).toContain('valid for 1 minute.')
    expect(emailContent({ ...message, expireDate: expireIn(2) }, 'en', now).text).toContain('valid for 2 minutes.')
    expect(smsText({ ...message, expireDate: expireIn(1) }, 'en', now)).toContain('Valid for 1 minute.')
    expect(smsText({ ...message, expireDate: expireIn(30) }, 'en', now)).toContain('Valid for 30 minutes.')
  })

  test.each([
    [30.4, '30 minutes'],
    [29.5, '30 minutes'],
    [1.49, '1 minute'],
    [0.1, '1 minute'],
    [0, '1 minute'],
    [-5, '1 minute'],
  ])('of %s minutes is rounded to %s', (minutes, words) => {
    const expiring = { ...message, expireDate: expireIn(minutes) }
    expect(emailContent(expiring, 'en', now).text).toContain(`valid for ${words}.`)
    expect(smsText(expiring, 'en', now)).toContain(`Valid for ${words}.`)
  })
})
