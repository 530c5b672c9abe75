import { setTimeout as pause } from 'node:timers/promises'
import type { SMTPServerOptions } from 'smtp-server'
import { describe, expect, test } from 'vitest'
import { describe as describeError } from '../../src/log.js'
import type { Delivery } from '../../src/sending/code-message.js'
import { hangUp, reply, type Script, silence, startMailServer, startScriptedServer } from './mail-server.js'
import { mailMessage, mailSender } from './senders.js'

const limits = { greetingMs: 400, silenceMs: 400, mailMs: 60_000, textMessageMs: 5000 }
const login = { user: 'contacts', password: 'right' }

/** What the log would say of it: no word of the message or of the server. */
function logged(delivery: Delivery): string {
  const line = JSON.stringify(describeError(delivery.kind === 'sent' ? undefined : delivery.cause))
  expect(line).not.toMatch(/tom@|example|012345|v-4fGq|Tom|secret|contacts\b(?!\.)/)
  return line
}

const stages: readonly (readonly [string, (code: number) => SMTPServerOptions])[] = [
  ['MAIL', (code) => ({ onMailFrom: (_, __, done) => done(reply(code)) })],
  ['RCPT', (code) => ({ onRcptTo: (_, __, done) => done(reply(code)) })],
  [
    'DATA',
    (code) => ({
      onData(stream, _, done) {
        stream.resume()
        stream.on('end', () => done(reply(code)))
      },
    }),
  ],
]

describe.each(stages)('a server that refuses at %s', (_, refusing) => {
  test.each([421, 450, 451, 452, 503, 530])('with %i is tried again', async (code) => {
    const { port } = await startMailServer(refusing(code))
    const delivery = await mailSender(port).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code } })
    logged(delivery)
  })

  test.each([550, 552, 553, 554])('with %i is not', async (code) => {
    const { port } = await startMailServer(refusing(code))
    const delivery = await mailSender(port).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'failed', cause: { code } })
    expect(logged(delivery)).toContain(`"type":"Undelivered","code":${code}`)
  })
})

describe('what is not about the mail is tried again', () => {
  test.each([
    ['a server that wants nobody', { connect: '554 go away' }, 554],
    ['a server that is going', { EHLO: '421 later' }, 421],
    ['a server that speaks otherwise', { connect: 'HTTP/1.1 400 Bad Request' }, 'EPROTOCOL'],
    ['a refusal of DATA that will pass', { DATA: '451 later' }, 451],
  ] as const)('%s', async (_, script: Script, code) => {
    const delivery = await mailSender(await startScriptedServer(script)).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code } })
    logged(delivery)
  })

  test('a port where nobody listens', async () => {
    const delivery = await mailSender(1).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 'ECONNREFUSED' } })
    logged(delivery)
  })

  test('a wrong password', async () => {
    const { port, received } = await startMailServer({
      allowInsecureAuth: true,
      onAuth: ({ password }, _, done) =>
        password === 'right' ? done(null, { user: 'us' }) : done(new Error('secret')),
    })
    const server = { host: '127.0.0.1', port, tls: false }
    const wrong = mailSender(port, { server: { ...server, login: { ...login, password: 'wrong' } } })
    const delivery = await wrong.send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 535, cause: { code: 'EAUTH' } } })
    logged(delivery)
    expect(await mailSender(port, { server: { ...server, login } }).send(mailMessage)).toEqual({ kind: 'sent' })
    expect(received.map(({ user }) => user)).toEqual(['us'])
  })

  test('a server without logins, where we have one', async () => {
    const port = await startScriptedServer({ AUTH: '502 no' })
    const server = { host: '127.0.0.1', port, tls: false, login }
    expect(await mailSender(port, { server }).send(mailMessage)).toMatchObject({ kind: 'again', cause: { code: 502 } })
  })
})

describe('STARTTLS', () => {
  test('is used where it is offered, and a certificate nobody vouches for gets nothing', async () => {
    const { port, received } = await startMailServer({ disabledCommands: [] })
    const delivery = await mailSender(port).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: expect.stringContaining('CERT') } })
    expect(received).toEqual([])
    logged(delivery)
  })

  test('that is demanded and not offered gets nothing', async () => {
    const { port, received } = await startMailServer()
    const delivery = await mailSender(port, { requireTls: true }).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { cause: { code: 'ETLS' } } })
    expect(received).toEqual([])
    expect(await mailSender(port).send(mailMessage)).toEqual({ kind: 'sent' })
  })
})

describe('a server that falls silent', () => {
  test.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'])('at %s is left, and tried again', async (stage) => {
    const port = await startScriptedServer({ [stage]: silence })
    const delivery = await mailSender(port, {}, { limits }).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 'ETIMEDOUT' } })
    logged(delivery)
  })

  test('only for a while in every answer is left when the whole takes too long', async () => {
    const { port } = await startMailServer({ onMailFrom: (_, __, done) => void pause(2000).then(() => done()) })
    const sender = mailSender(port, {}, { limits: { ...limits, silenceMs: 60_000, mailMs: 300 } })
    const delivery = await sender.send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 'ETIMEDOUT' } })
    logged(delivery)
  })
})

test.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'])(
  'a server that hangs up at %s is tried again',
  async (stage) => {
    const port = await startScriptedServer({ [stage]: hangUp })
    const delivery = await mailSender(port, {}, { limits }).send(mailMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: expect.stringMatching(/^(ECONN|ESOCKET|EPIPE)/) } })
    logged(delivery)
  },
)
