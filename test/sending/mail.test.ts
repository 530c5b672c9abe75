import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CodeMessage } from '../../src/sending/code-message.js'
import { languages, mailWording } from '../../src/sending/wording.js'
import { startMailServer } from './mail-server.js'
import { mailMessage, mailSender } from './senders.js'

/** The header lines, unfolded, by their names in lower case. Fails where one comes twice. */
function headersOf(raw: string): Record<string, string> {
  const [head = ''] = raw.split('\r\n\r\n', 1)
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  expect(new Set(headers.map(([name]) => name)).size).toBe(headers.length)
  return Object.fromEntries(headers)
}

const headerNames = ['auto-submitted', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to']

describe('a mail', async () => {
  const { port, received } = await startMailServer()

  /** Sends it and gives what the server got. */
  async function delivered(message: CodeMessage, sender = mailSender(port)) {
    expect(await sender.send(message)).toEqual({ kind: 'sent' })
    return received.at(-1) ?? expect.fail('nothing arrived')
  }

  test.each(languages)('in %s arrives with both parts as they were worded', async (language) => {
    const message = { ...mailMessage, name: '小明' }
    const { mail } = await delivered(message, mailSender(port, {}, { language }))
    const { subject, text, html } = mailWording(message, language)
    expect(mail.subject).toBe(subject)
    expect(mail.text).toBe(text)
    expect(mail.html).toBe(html)
    expect(mail.attachments).toEqual([])
  })

  test('is from the setting’s mailbox to the contact alone, in header and envelope', async () => {
    const from = { name: 'Kontakte, "Ä"', address: 'no-reply@contacts.example' }
    const got = await delivered(mailMessage, mailSender(port, { from }))
    expect([got.from, got.to]).toEqual(['no-reply@contacts.example', ['tom@example.com']])
    expect(got.mail.from?.value).toEqual([from])
    expect([got.mail.to].flat().map((to) => to?.value)).toEqual([[{ name: '', address: 'tom@example.com' }]])
  })

  test('says that a machine sent it, and when, and nothing of the software', async () => {
    const headers = headersOf((await delivered(mailMessage)).raw)
    expect(Object.keys(headers).sort()).toEqual(headerNames)
    expect(headers).toMatchObject({
      'auto-submitted': 'auto-generated',
      'content-type': expect.stringMatching(/^multipart\/alternative;/),
      date: 'Fri, 27 Mar 2026 17:19:21 +0000',
    })
  })

  test('has the same Message-ID each time the same is sent, and another for another', async () => {
    const ids = []
    for (const reference of ['v-1', 'v-1', 'v-2'])
      ids.push((await delivered({ ...mailMessage, reference })).mail.messageId)
    expect(ids).toEqual(['<v-1@contacts.example>', '<v-1@contacts.example>', '<v-2@contacts.example>'])
  })

  test('goes to the address to the letter', async () => {
    const local = fc.stringMatching(/^[\w!#$%&'*+/=?^`{|}~-]{1,20}(\.[\w!#$%&'*+/=?^`{|}~-]{1,20})?$/)
    await fc.assert(
      fc.asyncProperty(local, async (local) => {
        const got = await delivered({ ...mailMessage, to: `${local}@example.com` })
        expect(got.to).toEqual([`${local}@example.com`])
        expect(headersOf(got.raw)['to']).toBe(`${local}@example.com`)
      }),
      { numRuns: 20 },
    )
  })

  test('has the same headers and one recipient, whatever name and reference are', async () => {
    const odd = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        'a\r\nBcc: b@example.com',
        'a>\r\n\r\nbody',
        '<b@example.com>',
        'a\nb',
        '=?utf-8?q?=0d=0a?=',
        '\0',
      ),
    )
    await fc.assert(
      fc.asyncProperty(odd, odd, async (name, reference) => {
        const got = await delivered({ ...mailMessage, name, reference })
        expect(got.to).toEqual(['tom@example.com'])
        expect(Object.keys(headersOf(got.raw)).sort()).toEqual(headerNames)
        expect(headersOf(got.raw)['message-id']).toMatch(/^<[\w-]*@contacts\.example>$/)
        expect(got.mail.text?.match(/\d{6,}/g)).toEqual(['012345'])
      }),
      { numRuns: 30 },
    )
  })

  test('to what is no address is never tried', async () => {
    const sender = mailSender(port)
    const before = received.length
    for (const to of [
      'tom@example.com\r\nBcc: b@example.com',
      'tom@example.com, b@example.com',
      'tom@example.com>',
      'Tom <tom@example.com>',
      '"tom"@example.com',
      'tom@example.com\n',
      'tom@b@example.com',
      'tom@[127.0.0.1]',
      'tom',
      '',
      `${'a'.repeat(65)}@example.com`,
    ])
      expect(await sender.send({ ...mailMessage, to })).toMatchObject({ kind: 'failed', cause: { code: 'ADDRESS' } })
    expect(received.length).toBe(before)
  })

  test('goes out beside others at once', async () => {
    const sender = mailSender(port)
    const before = received.length
    const references = Array.from({ length: 20 }, (_, index) => `many-${index}`)
    await Promise.all(references.map((reference) => sender.send({ ...mailMessage, reference })))
    const ids = received.slice(before).map(({ mail }) => mail.messageId)
    expect(ids.sort()).toEqual(references.map((reference) => `<${reference}@contacts.example>`).sort())
  })
})
