import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { startGateway } from './gateway-server.js'
import { silence, startMailServer, startScriptedServer } from './mail-server.js'
import { mailMessage, mailSender, sender, textMessage, textSender } from './senders.js'

const server = { host: '127.0.0.1', port: 1, tls: false }
const from = { name: '', address: 'no-reply@contacts.example' }
const url = 'http://127.0.0.1:1/'
const body = '{"to":"{{to}}","text":"{{text}}"}'

describe('a channel without its settings', () => {
  test.each([
    ['SMTP_URL', { server: undefined, from: undefined }],
    ['SMTP_URL', { server: undefined, from }],
    ['MAIL_FROM', { server, from: undefined }],
    [undefined, { server, from }],
  ])('mail: %s is missing', (missing, mail) => {
    expect(sender({ mail: { ...mail, requireTls: false } }).missing('EMAIL')).toBe(missing)
  })

  test.each([
    ['SMS_URL', { url: undefined, body: undefined }],
    ['SMS_URL', { url: undefined, body }],
    ['SMS_BODY', { url, body: undefined }],
    [undefined, { url, body }],
  ])('text messages: %s is missing', (missing, gateway) => {
    expect(sender({ gateway: { ...gateway, headers: {} } }).missing('PHONE')).toBe(missing)
  })

  test('keeps what it was given for when they are there', async () => {
    const without = sender()
    expect(await without.send(mailMessage)).toMatchObject({ kind: 'again', cause: { code: 'SMTP_URL' } })
    expect(await without.send(textMessage)).toMatchObject({ kind: 'again', cause: { code: 'SMS_URL' } })
  })
})

describe('where messages are printed', () => {
  test('a channel without its settings is usable, and shows address and code', async () => {
    const lines: string[] = []
    const printing = sender({ print: (line) => lines.push(line) })
    expect([printing.missing('EMAIL'), printing.missing('PHONE')]).toEqual([undefined, undefined])
    expect(await printing.send(textMessage)).toEqual({ kind: 'sent' })
    expect(lines).toEqual([
      '| To 86-13900001234',
      expect.stringMatching(/^\| Text message: 012345 is your code .* 30 minutes\./),
    ])
    lines.length = 0
    expect(await printing.send(mailMessage)).toEqual({ kind: 'sent' })
    expect(lines.slice(0, 4)).toEqual(['| To tom@example.com', '| Mail: Your verification code', '| ', '| Hello Tom,'])
    expect(lines).toContain('| 012345')
    for (const line of lines) expect(line).toMatch(/^\| \P{Cc}*$/u)
  })

  test('a channel with its settings is used all the same', async () => {
    const lines: string[] = []
    const { port, received } = await startMailServer()
    const printing = mailSender(port, {}, { print: (line) => lines.push(line) })
    expect(await printing.send(mailMessage)).toEqual({ kind: 'sent' })
    expect([received.length, lines]).toEqual([1, []])
  })
})

describe('closing', () => {
  test('cuts off what is under way, which is tried again', async () => {
    const silentMail = mailSender(await startScriptedServer({ '.': silence }))
    const { port, posted } = await startGateway(() => {})
    const silentGateway = textSender(port)
    const deliveries = [silentMail.send(mailMessage), silentGateway.send(textMessage)]
    while (posted.length === 0) await pause(5)
    await pause(50)
    const closed = Promise.all([silentMail.close(), silentGateway.close()]).then(() => 'closed')
    // Not before what is under way has been told.
    expect(await Promise.race([closed, Promise.all(deliveries)])).not.toBe('closed')
    await closed
    for (const delivery of deliveries)
      expect(await delivery).toMatchObject({ kind: 'again', cause: { code: 'CLOSED' } })
  })

  test('sends nothing afterwards', async () => {
    const { port, received } = await startMailServer()
    const closed = mailSender(port)
    await closed.close()
    expect(await closed.send(mailMessage)).toMatchObject({ kind: 'again', cause: { code: 'CLOSED' } })
    expect(received).toEqual([])
  })

  test('of one that does nothing is done at once', async () => {
    await sender().close()
  })
})
