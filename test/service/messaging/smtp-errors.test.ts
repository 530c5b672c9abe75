import type { SMTPServerOptions } from 'smtp-server'
import { describe, expect, test } from 'vitest'
import type { SendResult } from '../../../src/messaging/message.js'
import type { SendTimeouts } from '../../../src/messaging/sender.js'
import { describeError } from '../../../src/telemetry/log.js'
import {
  disconnect,
  reply,
  type Script,
  silence,
  startMailServer,
  startScriptedServer,
} from '../../support/mail-server.js'
import { emailMessage, startSmtpSender } from '../../support/senders.js'

const timeouts: SendTimeouts = {
  connectTimeoutMs: 400,
  idleTimeoutMs: 400,
  emailTimeoutMs: 60_000,
  smsTimeoutMs: 5000,
}
const login = { user: 'contacts', password: 'right' }

/** The cause as the log shows it. Fails if it contains anything of the message, the settings or the server. */
function loggedCause(result: SendResult): string {
  const line = JSON.stringify(describeError(result.kind === 'sent' ? undefined : result.cause))
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

describe.each(stages)('the reply to %s', (_, rejecting) => {
  test.each([421, 450, 451, 452, 503, 530])('%i means retry', async (code) => {
    const { port } = await startMailServer(rejecting(code))
    const result = await startSmtpSender(port).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code } })
    loggedCause(result)
  })

  test.each([550, 552, 553, 554])('%i means failed', async (code) => {
    const { port } = await startMailServer(rejecting(code))
    const result = await startSmtpSender(port).send(emailMessage)
    expect(result).toMatchObject({ kind: 'failed', cause: { code } })
    expect(loggedCause(result)).toContain(`"type":"SendError","code":${code}`)
  })
})

describe('an error that is not about the email means retry', () => {
  test.each([
    ['a server that rejects the connection', { connect: '554 go away' }, 554],
    ['a server that shuts down', { EHLO: '421 later' }, 421],
    ['a server that speaks another protocol', { connect: 'HTTP/1.1 400 Bad Request' }, 'EPROTOCOL'],
    ['a temporary rejection of DATA', { DATA: '451 later' }, 451],
  ] as const)('%s', async (_, script: Script, code) => {
    const result = await startSmtpSender(await startScriptedServer(script)).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code } })
    loggedCause(result)
  })

  test('a port on which nothing listens', async () => {
    const result = await startSmtpSender(1).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 'ECONNREFUSED' } })
    loggedCause(result)
  })

  test('a wrong password', async () => {
    const { port, received } = await startMailServer({
      allowInsecureAuth: true,
      onAuth: ({ password }, _, done) =>
        password === 'right' ? done(null, { user: 'us' }) : done(new Error('secret')),
    })
    const server = { host: '127.0.0.1', port, tls: false }
    const wrong = startSmtpSender(port, { SMTP_URL: { ...server, login: { ...login, password: 'wrong' } } })
    const result = await wrong.send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 535, cause: { code: 'EAUTH' } } })
    loggedCause(result)
    const right = startSmtpSender(port, { SMTP_URL: { ...server, login } })
    expect(await right.send(emailMessage)).toEqual({ kind: 'sent' })
    expect(received.map(({ user }) => user)).toEqual(['us'])
  })

  test('a server without logins, if the settings have one', async () => {
    const port = await startScriptedServer({ AUTH: '502 no' })
    const sender = startSmtpSender(port, { SMTP_URL: { host: '127.0.0.1', port, tls: false, login } })
    expect(await sender.send(emailMessage)).toMatchObject({ kind: 'retry', cause: { code: 502 } })
  })
})

describe('STARTTLS', () => {
  test('is used if offered; a server with an untrusted certificate gets nothing', async () => {
    const { port, received } = await startMailServer({ disabledCommands: [] })
    const result = await startSmtpSender(port).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: expect.stringContaining('CERT') } })
    expect(received).toEqual([])
    loggedCause(result)
  })

  test('is not offered: the server gets nothing if TLS is required', async () => {
    const { port, received } = await startMailServer()
    const result = await startSmtpSender(port, { SMTP_REQUIRE_TLS: true }).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { cause: { code: 'ETLS' } } })
    expect(received).toEqual([])
    expect(await startSmtpSender(port).send(emailMessage)).toEqual({ kind: 'sent' })
  })
})

describe('a timeout means retry', () => {
  test.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'])('if the server is silent after %s', async (stage) => {
    const port = await startScriptedServer({ [stage]: silence })
    const result = await startSmtpSender(port, {}, { timeouts }).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 'ETIMEDOUT' } })
    loggedCause(result)
  })

  test('if the email as a whole takes too long, although the idle timeout has not passed', async () => {
    const { port } = await startMailServer({ onMailFrom: () => {} })
    const sender = startSmtpSender(port, {}, { timeouts: { ...timeouts, idleTimeoutMs: 60_000, emailTimeoutMs: 300 } })
    const result = await sender.send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 'ETIMEDOUT' } })
    loggedCause(result)
  })
})

describe('a closed connection means retry', () => {
  test.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'])('after %s', async (stage) => {
    const port = await startScriptedServer({ [stage]: disconnect })
    const result = await startSmtpSender(port, {}, { timeouts }).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: expect.stringMatching(/^(ECONN|ESOCKET|EPIPE)/) } })
    loggedCause(result)
  })
})
