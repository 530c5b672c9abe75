import { EventEmitter, once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { startGateway } from '../../support/gateway-server.js'
import { startMailServer } from '../../support/mail-server.js'
import { emailMessage, smsMessage, startSender, startSmsSender, startSmtpSender } from '../../support/senders.js'

const SMTP_URL = { host: '127.0.0.1', port: 1, tls: false }
const MAIL_FROM = { name: '', address: 'no-reply@contacts.example' }
const SMS_URL = 'http://127.0.0.1:1/'
const SMS_BODY = '{"to":"{{to}}","text":"{{text}}"}'

describe('the missing setting', () => {
  test.each([
    ['SMTP_URL', {}],
    ['SMTP_URL', { MAIL_FROM }],
    ['MAIL_FROM', { SMTP_URL }],
    [undefined, { SMTP_URL, MAIL_FROM }],
  ])('for emails is %s', (missing, settings) => {
    expect(startSender(settings).missingSetting('email')).toBe(missing)
  })

  test.each([
    ['SMS_URL', {}],
    ['SMS_URL', { SMS_BODY }],
    ['SMS_BODY', { SMS_URL }],
    ['SMS_BODY', { SMS_URL, SMS_HEADERS: { 'x-to': '{{to}}', 'x-code': '{{code}}' } }],
    [undefined, { SMS_URL, SMS_BODY }],
    [undefined, { SMS_URL: `${SMS_URL}?to={{to}}&text={{text}}` }],
  ])('for text messages is %s', (missing, settings) => {
    expect(startSender(settings).missingSetting('sms')).toBe(missing)
  })

  test('is the cause of the result, which is retry', async () => {
    const sender = startSender()
    const [email, sms] = [await sender.send(emailMessage), await sender.send(smsMessage)]
    const isOperatorProblem = true
    expect(email).toMatchObject({
      kind: 'retry',
      mayHaveArrived: false,
      cause: { code: 'SMTP_URL', isOperatorProblem },
    })
    expect(sms).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause: { code: 'SMS_URL', isOperatorProblem } })
  })
})

describe('with UNCONFIGURED_SENDER=print', () => {
  test('a channel that is not configured can be used: it prints the code, the address and the validity in a box', async () => {
    const lines: string[] = []
    const sender = startSender({ UNCONFIGURED_SENDER: 'print' }, { print: (line) => lines.push(line) })
    expect([sender.missingSetting('email'), sender.missingSetting('sms')]).toEqual([undefined, undefined])
    expect(await sender.send(smsMessage)).toEqual({ kind: 'sent' })
    expect(await sender.send(emailMessage)).toEqual({ kind: 'sent' })
    expect(lines).toEqual([
      '',
      '  ┌──────────────────────────────────────────────────────┐',
      '  │ Code 012345 for 86-13900001234, valid for 30 minutes │',
      '  │ Not sent: SMS_URL is not set                         │',
      '  └──────────────────────────────────────────────────────┘',
      '',
      '',
      '  ┌───────────────────────────────────────────────────────┐',
      '  │ Code 012345 for tom@example.com, valid for 30 minutes │',
      '  │ Not sent: SMTP_URL is not set                         │',
      '  └───────────────────────────────────────────────────────┘',
      '',
    ])
  })

  test('a channel that is configured sends and prints nothing', async () => {
    const lines: string[] = []
    const { port, received } = await startMailServer()
    const sender = startSmtpSender(port, { UNCONFIGURED_SENDER: 'print' }, { print: (line) => lines.push(line) })
    expect(await sender.send(emailMessage)).toEqual({ kind: 'sent' })
    expect([received.length, lines]).toEqual([1, []])
  })
})

describe('close', () => {
  test('aborts attempts in flight, whose result is retry, and waits for them', async () => {
    const arrivals = new EventEmitter()
    const arrived = Promise.all([once(arrivals, 'email'), once(arrivals, 'request')])
    const mailServer = await startMailServer({
      onData(stream) {
        stream.resume()
        stream.on('end', () => arrivals.emit('email'))
      },
    })
    const gateway = await startGateway(() => arrivals.emit('request'))
    const smtpSender = startSmtpSender(mailServer.port)
    const smsSender = startSmsSender(gateway.port)
    const results = [smtpSender.send(emailMessage), smsSender.send(smsMessage)]
    await arrived
    const closed = Promise.all([smtpSender.close(), smsSender.close()]).then(() => 'closed')
    // Not before the attempts have ended.
    expect(await Promise.race([closed, Promise.all(results)])).not.toBe('closed')
    await closed
    for (const result of results)
      expect(await result).toMatchObject({ kind: 'retry', mayHaveArrived: true, cause: { code: 'CLOSED' } })
  })

  test('makes every later result retry, and nothing is sent', async () => {
    const { port, received } = await startMailServer()
    const sender = startSmtpSender(port)
    await sender.close()
    const cause = { code: 'CLOSED', isOperatorProblem: false }
    expect(await sender.send(emailMessage)).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
    expect(received).toEqual([])
  })

  test('resolves at once if no attempt is in flight', async () => {
    await startSender().close()
  })
})
