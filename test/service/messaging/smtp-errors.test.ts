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
  startUnreachableServer,
} from '../../support/mail-server.js'
import { emailMessage, startSmtpSender } from '../../support/senders.js'

const timeouts: SendTimeouts = {
  connectTimeoutMs: 400,
  greetingTimeoutMs: 400,
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

describe.each(stages)('the reply to %s', (stage, rejecting) => {
  test.each([421, 450, 451, 452])('%i means retry', async (code) => {
    const { port } = await startMailServer(rejecting(code))
    const result = await startSmtpSender(port).send(emailMessage)
    const isOperatorProblem = stage === 'MAIL'
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause: { code, isOperatorProblem } })
    loggedCause(result)
  })

  test.each([503, 530])('%i means retry: the server rejects the client', async (code) => {
    const { port } = await startMailServer(rejecting(code))
    const result = await startSmtpSender(port).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause: { code, isOperatorProblem: true } })
    loggedCause(result)
  })
})

describe('a permanent rejection', () => {
  test.each([501, 504, 550, 552, 553, 554])('of MAIL with %i means retry: it concerns the sender', async (code) => {
    const { port } = await startMailServer({ onMailFrom: (_, __, done) => done(reply(code)) })
    const result = await startSmtpSender(port).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause: { code, isOperatorProblem: true } })
    expect(loggedCause(result)).toContain(`"type":"SendError","code":${code}`)
  })

  describe.each(stages.slice(1))('of %s', (_, rejecting) => {
    test.each([501, 504, 550, 552, 553, 554])('with %i means failed', async (code) => {
      const { port } = await startMailServer(rejecting(code))
      const result = await startSmtpSender(port).send(emailMessage)
      expect(result).toMatchObject({ kind: 'failed', cause: { code, isOperatorProblem: false } })
      expect(loggedCause(result)).toContain(`"type":"SendError","code":${code}`)
    })
  })

  test('of the command DATA means failed', async () => {
    const port = await startScriptedServer({ DATA: '554 no' })
    expect(await startSmtpSender(port).send(emailMessage)).toMatchObject({ kind: 'failed', cause: { code: 554 } })
  })
})

describe('a line that is no reply means retry', () => {
  test.each(['MAIL', 'RCPT', 'DATA', '.'])('after %s', async (stage) => {
    for (const line of ['what?', '55', '999 what?', '5500 what?']) {
      const port = await startScriptedServer({ [stage]: line })
      const result = await startSmtpSender(port).send(emailMessage)
      expect([line, result]).toMatchObject([line, { kind: 'retry', mayHaveArrived: stage === '.' }])
      loggedCause(result)
    }
  })

  test('after RCPT, from a server that accepts all commands at once', async () => {
    const port = await startScriptedServer({ EHLO: '250-hello\r\n250 PIPELINING', RCPT: 'what?' })
    expect(await startSmtpSender(port).send(emailMessage)).toMatchObject({ kind: 'retry', mayHaveArrived: false })
  })
})

describe('an error before the server has accepted the sender is a problem of the operator and means retry', () => {
  test.each([
    ['a server that rejects the connection', { connect: '554 go away' }, 554],
    ['a server that shuts down', { EHLO: '421 later' }, 421],
    ['a server that rejects the name', { EHLO: '550 no', HELO: '504 no' }, 504],
    ['a server that rejects STARTTLS', { EHLO: '250-hello\r\n250 STARTTLS', STARTTLS: '554 no' }, 554],
    ['a server that speaks another protocol', { connect: 'HTTP/1.1 400 Bad Request' }, 'EPROTOCOL'],
    ['a server for smaller emails', { EHLO: '250-hello\r\n250 SIZE 10', MAIL: '552 too large' }, 552],
  ] as const)('%s', async (_, script: Script, code) => {
    const result = await startSmtpSender(await startScriptedServer(script)).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause: { code, isOperatorProblem: true } })
    loggedCause(result)
  })

  test('a port on which nothing listens', async () => {
    const result = await startSmtpSender(1).send(emailMessage)
    const cause = { code: 'ECONNREFUSED', isOperatorProblem: true }
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
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
    const cause = { code: 535, isOperatorProblem: true, cause: { code: 'EAUTH' } }
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
    loggedCause(result)
    const right = startSmtpSender(port, { SMTP_URL: { ...server, login } })
    expect(await right.send(emailMessage)).toEqual({ kind: 'sent' })
    expect(received.map(({ user }) => user)).toEqual(['us'])
  })

  test('a server without logins, if the settings have one', async () => {
    const port = await startScriptedServer({ AUTH: '502 no' })
    const sender = startSmtpSender(port, { SMTP_URL: { host: '127.0.0.1', port, tls: false, login } })
    expect(await sender.send(emailMessage)).toMatchObject({
      kind: 'retry',
      cause: { code: 502, isOperatorProblem: true },
    })
  })
})

test('a temporary rejection of DATA means retry', async () => {
  const result = await startSmtpSender(await startScriptedServer({ DATA: '451 later' })).send(emailMessage)
  const cause = { code: 451, isOperatorProblem: false }
  expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
  loggedCause(result)
})

describe('STARTTLS', () => {
  test('is used if offered; a server with an untrusted certificate gets nothing', async () => {
    const { port, received } = await startMailServer({ disabledCommands: [] })
    const result = await startSmtpSender(port).send(emailMessage)
    const cause = { code: expect.stringContaining('CERT'), isOperatorProblem: true }
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
    expect(received).toEqual([])
    loggedCause(result)
  })

  test('is not offered: the server gets nothing if TLS is required', async () => {
    const { port, received } = await startMailServer()
    const result = await startSmtpSender(port, { SMTP_REQUIRE_TLS: true }).send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { isOperatorProblem: true, cause: { code: 'ETLS' } } })
    expect(received).toEqual([])
    expect(await startSmtpSender(port).send(emailMessage)).toEqual({ kind: 'sent' })
  })
})

describe('a timeout means retry', () => {
  test.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'])('if the server is silent after %s', async (stage) => {
    const port = await startScriptedServer({ [stage]: silence })
    const result = await startSmtpSender(port, {}, { timeouts }).send(emailMessage)
    const cause = { code: 'ETIMEDOUT', isOperatorProblem: ['connect', 'EHLO'].includes(stage) }
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: stage === '.', cause })
    loggedCause(result)
  })

  test('if no connection is established, although the greeting may take longer', async () => {
    const port = await startUnreachableServer()
    const sender = startSmtpSender(port, {}, { timeouts: { ...timeouts, greetingTimeoutMs: 60_000 } })
    const cause = { code: 'ETIMEDOUT', isOperatorProblem: true }
    const result = await sender.send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
    loggedCause(result)
  })

  test('if the email as a whole takes too long, although the idle timeout has not passed', async () => {
    const { port } = await startMailServer({ onMailFrom: () => {} })
    const sender = startSmtpSender(port, {}, { timeouts: { ...timeouts, idleTimeoutMs: 60_000, emailTimeoutMs: 300 } })
    const result = await sender.send(emailMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause: { code: 'ETIMEDOUT' } })
    loggedCause(result)
  })

  test('if the server is silent for too long after the email, which may have arrived', async () => {
    const port = await startScriptedServer({ '.': silence })
    const sender = startSmtpSender(port, {}, { timeouts: { ...timeouts, idleTimeoutMs: 60_000, emailTimeoutMs: 1000 } })
    expect(await sender.send(emailMessage)).toMatchObject({ kind: 'retry', mayHaveArrived: true })
  })
})

describe('a closed connection means retry', () => {
  test.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'])('after %s', async (stage) => {
    const port = await startScriptedServer({ [stage]: disconnect })
    const result = await startSmtpSender(port, {}, { timeouts }).send(emailMessage)
    const code = expect.stringMatching(/^(ECONN|ESOCKET|EPIPE)/)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: stage === '.', cause: { code } })
    loggedCause(result)
  })
})
