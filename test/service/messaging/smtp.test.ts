import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CodeMessage, maxSendMs } from '../../../src/messaging/message.js'
import { defaultTimeouts } from '../../../src/messaging/sender.js'
import { emailContent, languages } from '../../../src/messaging/wording.js'
import { type Script, startMailServer, startScriptedServer } from '../../support/mail-server.js'
import { emailMessage, now, startSmtpSender } from '../../support/senders.js'

/** The header fields, unfolded, by their names in lower case. Fails if a field occurs twice. */
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

const headerNames = [
  'auto-submitted',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
  'x-auto-response-suppress',
]

describe('sending an email', async () => {
  const { port, received } = await startMailServer()

  /** Sends a message and gives what the server received. */
  async function receivedFrom(message: CodeMessage, sender = startSmtpSender(port)) {
    expect(await sender.send(message)).toEqual({ kind: 'sent' })
    return received.at(-1) ?? expect.fail('no email arrived')
  }

  test.each(languages)('delivers subject and both parts unchanged: %s', async (language) => {
    const message = { ...emailMessage, name: '小明' }
    const { mail } = await receivedFrom(message, startSmtpSender(port, { MESSAGE_LANGUAGE: language }))
    const { subject, text, html } = emailContent(message, language, now)
    expect(mail.subject).toBe(subject)
    expect(mail.text).toBe(text)
    expect(mail.html).toBe(html)
    expect(mail.attachments).toEqual([])
  })

  test('uses MAIL_FROM as sender and the contact as only recipient, in header and envelope', async () => {
    const from = { name: 'Kontakte, "Ä"', address: 'no-reply@contacts.example' }
    const email = await receivedFrom(emailMessage, startSmtpSender(port, { MAIL_FROM: from }))
    expect([email.from, email.to]).toEqual(['no-reply@contacts.example', ['tom@example.com']])
    expect(email.mail.from?.value).toEqual([from])
    expect([email.mail.to].flat().map((to) => to?.value)).toEqual([[{ name: '', address: 'tom@example.com' }]])
  })

  test('marks the email as automatic, with its date and without the name of the software', async () => {
    const headers = headersOf((await receivedFrom(emailMessage)).raw)
    expect(Object.keys(headers).sort()).toEqual(headerNames)
    expect(headers).toMatchObject({
      'auto-submitted': 'auto-generated',
      'x-auto-response-suppress': 'All',
      'content-type': expect.stringMatching(/^multipart\/alternative;/),
      date: 'Fri, 27 Mar 2026 17:19:21 +0000',
    })
  })

  test('uses the same Message-ID for each attempt with one message, and different ones for different messages', async () => {
    const ids = []
    for (const reference of ['v-1', 'v-1', 'v-2'])
      ids.push((await receivedFrom({ ...emailMessage, reference })).mail.messageId)
    expect(ids).toEqual(['<v-1@contacts.example>', '<v-1@contacts.example>', '<v-2@contacts.example>'])
  })

  test('does not change the address of the recipient', async () => {
    const localPart = fc.stringMatching(/^[\w!#$%&'*+/=?^`{|}~-]{1,20}(\.[\w!#$%&'*+/=?^`{|}~-]{1,20})?$/)
    await fc.assert(
      fc.asyncProperty(localPart, async (localPart) => {
        const email = await receivedFrom({ ...emailMessage, to: `${localPart}@example.com` })
        expect(email.to).toEqual([`${localPart}@example.com`])
        expect(headersOf(email.raw)['to']).toBe(`${localPart}@example.com`)
      }),
      { numRuns: 20 },
    )
  })

  test('creates the same header fields and one recipient for any name and reference', async () => {
    const unusual = fc.oneof(
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
      fc.asyncProperty(unusual, unusual, async (name, reference) => {
        const email = await receivedFrom({ ...emailMessage, name, reference })
        expect(email.to).toEqual(['tom@example.com'])
        expect(Object.keys(headersOf(email.raw)).sort()).toEqual(headerNames)
        expect(headersOf(email.raw)['message-id']).toMatch(/^<[\w-]*@contacts\.example>$/)
        expect(email.mail.text?.match(/\d{6,}/g)).toEqual(['012345'])
      }),
      { numRuns: 30 },
    )
  })

  test('fails without a connection if the recipient is not a mail address', async () => {
    const sender = startSmtpSender(port)
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
      expect(await sender.send({ ...emailMessage, to })).toMatchObject({ kind: 'failed', cause: { code: 'ADDRESS' } })
    expect(received.length).toBe(before)
  })

  test('works for many messages at the same time', async () => {
    const sender = startSmtpSender(port)
    const before = received.length
    const references = Array.from({ length: 20 }, (_, index) => `many-${index}`)
    await Promise.all(references.map((reference) => sender.send({ ...emailMessage, reference })))
    const ids = received.slice(before).map(({ mail }) => mail.messageId)
    expect(ids.sort()).toEqual(references.map((reference) => `<${reference}@contacts.example>`).sort())
  })
})

describe('the name in the greeting of the client', () => {
  /** Sends one email. Gives the name that the server saw. */
  async function nameSeen(settings: Parameters<typeof startSmtpSender>[1]) {
    const names: string[] = []
    const { port } = await startMailServer({
      onMailFrom(_, session, done) {
        names.push(session.hostNameAppearsAs)
        done()
      },
    })
    expect(await startSmtpSender(port, settings).send(emailMessage)).toEqual({ kind: 'sent' })
    return names
  }

  test('is the domain of MAIL_FROM', async () => {
    expect(await nameSeen({ MAIL_FROM: { name: '', address: 'a.b@mail.contacts.example' } })).toEqual([
      'mail.contacts.example',
    ])
  })

  test.each(['contacts-1.example', '[192.0.2.1]', '[IPv6:2001:db8::1]'])('is SMTP_EHLO_NAME: %s', async (name) => {
    expect(await nameSeen({ SMTP_EHLO_NAME: name })).toEqual([name.toLowerCase()])
  })

  test.each(['EHLO', 'MAIL', 'RCPT'])('is accepted by a server that refuses other names after %s', async (stage) => {
    let name = ''
    const refusal = { EHLO: '501 no', MAIL: '504 no', RCPT: '550 no' }[stage] ?? ''
    const replyTo = (command: string) => (line: string) => {
      if (command === 'EHLO') name = line.slice('EHLO '.length)
      return command === stage && !name.includes('contacts.example') ? refusal : '250 ok'
    }
    const script: Script = { EHLO: replyTo('EHLO'), MAIL: replyTo('MAIL'), RCPT: replyTo('RCPT'), HELO: '501 no' }
    expect(await startSmtpSender(await startScriptedServer(script)).send(emailMessage)).toEqual({ kind: 'sent' })
  })
})

describe('a mail server that is slow', () => {
  test('may greet later than a connection must be established', async () => {
    const { port } = await startMailServer({ onConnect: (_, done) => void setTimeout(done, 400) })
    const timeouts = { ...defaultTimeouts, connectTimeoutMs: 200, greetingTimeoutMs: 10_000 }
    expect(await startSmtpSender(port, {}, { timeouts }).send(emailMessage)).toEqual({ kind: 'sent' })
  })

  test('may take 30 seconds for the greeting, and 45 for all', () => {
    const { connectTimeoutMs, greetingTimeoutMs, idleTimeoutMs, emailTimeoutMs } = defaultTimeouts
    expect(Math.min(greetingTimeoutMs, idleTimeoutMs)).toBeGreaterThan(30_000)
    expect(connectTimeoutMs + greetingTimeoutMs).toBeLessThan(emailTimeoutMs)
    expect([emailTimeoutMs, maxSendMs]).toEqual([45_000, 45_000])
  })

  test('with some recipients holds up no email to others', async () => {
    const { port, received } = await startMailServer({
      maxClients: 200,
      onRcptTo: ({ address }, _, done) => (address.endsWith('@slow.example') ? undefined : done()),
    })
    const sender = startSmtpSender(port)
    const slow = Array.from({ length: 100 }, () => sender.send({ ...emailMessage, to: 'tom@slow.example' }))
    expect(await sender.send(emailMessage)).toEqual({ kind: 'sent' })
    expect(received.map(({ to }) => to)).toEqual([['tom@example.com']])
    await sender.close()
    for (const result of await Promise.all(slow)) expect(result.kind).toBe('retry')
  })
})
