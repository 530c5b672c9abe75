import { describe, expect, test } from 'vitest'
import type { CodeMessage, SendResult } from '../../../src/messaging/message.js'
import type { SendTimeouts } from '../../../src/messaging/sender.js'
import { type MessagingSettings, messagingSettings } from '../../../src/messaging/settings.js'
import { describeError } from '../../../src/telemetry/log.js'
import { startGateway } from '../../support/gateway-server.js'
import { smsMessage, startSender, startSmsSender } from '../../support/senders.js'

const shortTimeouts: SendTimeouts = {
  connectTimeoutMs: 1,
  greetingTimeoutMs: 1,
  idleTimeoutMs: 1,
  emailTimeoutMs: 1,
  smsTimeoutMs: 300,
}

/** The cause as the log shows it. Fails if it contains anything of the message, the settings or the gateway. */
function loggedCause(result: SendResult): string {
  const line = JSON.stringify(describeError(result.kind === 'sent' ? undefined : result.cause))
  expect(line).not.toMatch(/139000|012345|v-4fGq|secret|messages\?|127\.0/)
  return line
}

describe('the response of the gateway', () => {
  test.each([200, 201, 202, 204, 299])('%i means sent', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end())
    expect(await startSmsSender(port).send(smsMessage)).toEqual({ kind: 'sent' })
  })

  test.each([408, 429, 500, 502, 503, 504, 599])('%i means retry', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end('secret'))
    const result = await startSmsSender(port).send(smsMessage)
    const cause = expect.objectContaining({ code: status, isOperatorProblem: false })
    expect(result).toEqual({ kind: 'retry', cause, mayHaveArrived: status >= 500 })
    expect(loggedCause(result)).toContain(`"type":"SendError","code":${status}`)
  })

  test.each([400, 402, 404, 405, 409, 410, 422, 499])('%i means failed', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status, { 'Retry-After': '1' }).end('secret'))
    const result = await startSmsSender(port).send(smsMessage)
    expect(result).toEqual({ kind: 'failed', cause: expect.objectContaining({ code: status }) })
    loggedCause(result)
  })

  test.each([401, 403])('%i means retry: the gateway rejects the service', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end('secret'))
    const result = await startSmsSender(port).send(smsMessage)
    const cause = expect.objectContaining({ code: status, isOperatorProblem: true })
    expect(result).toEqual({ kind: 'retry', cause, mayHaveArrived: false })
    loggedCause(result)
  })

  test('409 means sent if an earlier attempt may have arrived, and failed otherwise', async () => {
    const { port } = await startGateway((response) => response.writeHead(409).end())
    const sender = startSmsSender(port)
    expect(await sender.send({ ...smsMessage, mayHaveArrived: true })).toEqual({ kind: 'sent' })
    expect(await sender.send(smsMessage)).toMatchObject({ kind: 'failed', cause: { code: 409 } })
  })

  test.each([400, 404, 422])('%i means failed even if an earlier attempt may have arrived', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end())
    const result = await startSmsSender(port).send({ ...smsMessage, mayHaveArrived: true })
    expect(result).toMatchObject({ kind: 'failed', cause: { code: status } })
  })

  test.each([301, 302, 303, 307, 308])('%i means failed: the redirect is not followed', async (status) => {
    const target = await startGateway((response) => response.end())
    const location = `http://127.0.0.1:${target.port}/`
    const { port } = await startGateway((response) => response.writeHead(status, { location }).end())
    expect(await startSmsSender(port).send(smsMessage)).toMatchObject({ kind: 'failed', cause: { code: status } })
    expect(target.requests).toEqual([])
  })

  test.each([
    [429, '7', 7000],
    [429, 'Fri, 27 Mar 2026 17:20:21 GMT', 60_000],
    [429, 'Friday, 27-Mar-26 17:20:21 GMT', 60_000],
    [429, 'Fri Mar 27 17:20:21 2026', 60_000],
    [403, '60', 60_000],
    [503, '120', 120_000],
    [429, 'soon', undefined],
  ])('%i with Retry-After %s means retry after %s ms', async (status, header, afterMs) => {
    const { port } = await startGateway((response) => response.writeHead(status, { 'Retry-After': header }).end())
    const result = await startSmsSender(port).send(smsMessage)
    expect(result.kind === 'retry' && result.afterMs).toBe(afterMs)
  })

  test('with an endless body means what its status says', async () => {
    let chunks = 0
    const { port } = await startGateway((response) => {
      response.writeHead(200)
      const interval = setInterval(() => {
        response.write('x'.repeat(65_536))
        chunks += 1
      }, 1)
      response.on('close', () => clearInterval(interval))
    })
    expect(await startSmsSender(port).send(smsMessage)).toEqual({ kind: 'sent' })
    expect(chunks).toBeLessThan(100)
  })

  test('with a body that never ends before the timeout means what its status says', async () => {
    const { port } = await startGateway((response) => response.writeHead(202).write('{'))
    expect(await startSmsSender(port, {}, { timeouts: shortTimeouts }).send(smsMessage)).toEqual({ kind: 'sent' })
  })

  test('in two parts leaves the connection usable for the next message', async () => {
    const gateway = await startGateway((response) => {
      response.writeHead(202).flushHeaders()
      setTimeout(() => response.end('{"id":"1"}'), 5)
    })
    const sender = startSmsSender(gateway.port)
    for (let times = 0; times < 20; times += 1) expect(await sender.send(smsMessage)).toEqual({ kind: 'sent' })
    // Node may open a second connection.
    expect(gateway.connections()).toBeLessThanOrEqual(2)
  })

  test('with a body that is cut off means what its status says', async () => {
    const { port } = await startGateway((response, { socket }) => {
      response.writeHead(201, { 'Content-Length': '1000' })
      response.write('x', () => socket.destroy())
    })
    expect(await startSmsSender(port).send(smsMessage)).toEqual({ kind: 'sent' })
  })
})

describe('the answer of the gateway, with SMS_SUCCESS', () => {
  const { SMS_SUCCESS, SMS_RETRY_CODES } = messagingSettings.parse({
    SMS_SUCCESS: 'Set[0].Code=OK',
    SMS_RETRY_CODES: 'isv.BUSINESS_LIMIT_CONTROL,-1,重试',
  })
  const settings: Partial<MessagingSettings> = { SMS_SUCCESS, SMS_RETRY_CODES }

  async function resultOf(answer: string, { status = 200, mayHaveArrived = false, headers = {} } = {}) {
    const message: CodeMessage = { ...smsMessage, mayHaveArrived }
    const { port } = await startGateway((response) => response.writeHead(status, headers).end(answer))
    const result = await startSmsSender(port, settings).send(message)
    if (result.kind !== 'sent') loggedCause(result)
    return result
  }
  const withCode = (Code: unknown) => JSON.stringify({ Set: [{ Code }] })

  test('means sent if it has the value', async () => {
    expect(await resultOf(withCode('OK'))).toEqual({ kind: 'sent' })
    expect(await resultOf(`\ufeff ${withCode('OK')}\n`, { status: 202 })).toEqual({ kind: 'sent' })
  })

  test.each([
    [withCode('isv.MOBILE_NUMBER_ILLEGAL'), 'isv.MOBILE_NUMBER_ILLEGAL'],
    [withCode('ok'), 'ok'],
    [withCode(''), ''],
    [withCode(22), '22'],
    [withCode(false), 'false'],
    [withCode('no 13900001234, 012345: 无效'), 'no #, #: ??'],
    [withCode('x'.repeat(100)), 'x'.repeat(64)],
  ])('%s means failed', async (answer, code) => {
    for (const mayHaveArrived of [false, true])
      expect(await resultOf(answer, { mayHaveArrived })).toEqual({
        kind: 'failed',
        cause: expect.objectContaining({ code, isOperatorProblem: false }),
      })
  })

  test.each([
    ['isv.BUSINESS_LIMIT_CONTROL', 'isv.BUSINESS_LIMIT_CONTROL'],
    [-1, '-1'],
    ['重试', '??'],
  ])('with %j, one of SMS_RETRY_CODES, means retry', async (found, code) => {
    const cause = expect.objectContaining({ code })
    expect(await resultOf(withCode(found))).toEqual({ kind: 'retry', cause, mayHaveArrived: false })
    const result = await resultOf(withCode(found), { headers: { 'Retry-After': '7' } })
    expect(result).toEqual({ kind: 'retry', cause, mayHaveArrived: false, afterMs: 7000 })
  })

  test.each(['', 'OK', '{"Code":"OK"}', '{"Set":[]}', withCode(null), withCode({}), '{"Set":', '<Code>OK</Code>'])(
    '%j, which has no such value, means retry: the message may have arrived',
    async (answer) => {
      const cause = expect.objectContaining({ code: 'UNKNOWN_ANSWER' })
      expect(await resultOf(answer)).toEqual({ kind: 'retry', cause, mayHaveArrived: true })
    },
  )

  test('does not matter if the status is not 2xx, except for SMS_RETRY_CODES', async () => {
    expect(await resultOf(withCode('OK'), { status: 400 })).toMatchObject({ kind: 'failed', cause: { code: 400 } })
    const answer = withCode('isv.BUSINESS_LIMIT_CONTROL')
    const code = 'isv.BUSINESS_LIMIT_CONTROL'
    expect(await resultOf(answer, { status: 400 })).toMatchObject({
      kind: 'retry',
      mayHaveArrived: false,
      cause: { code },
    })
    expect(await resultOf(answer, { status: 500 })).toMatchObject({ kind: 'retry', mayHaveArrived: true })
    expect(await resultOf('', { status: 409, mayHaveArrived: true })).toEqual({ kind: 'sent' })
  })

  test('means retry if it is not complete', async () => {
    const cut = await startGateway((response, { socket }) => {
      response.writeHead(200, { 'Content-Length': '1000' })
      response.write(withCode('OK'), () => socket.destroy())
    })
    expect(await startSmsSender(cut.port, settings).send(smsMessage)).toMatchObject({
      kind: 'retry',
      mayHaveArrived: true,
    })
    const endless = await startGateway((response) => response.writeHead(200).write(withCode('OK')))
    const sender = startSmsSender(endless.port, settings, { timeouts: shortTimeouts })
    const cause = { code: 'ETIMEDOUT' }
    expect(await sender.send(smsMessage)).toMatchObject({ kind: 'retry', mayHaveArrived: true, cause })
  })

  test('is not read beyond 64 KiB', async () => {
    expect(await resultOf(`${' '.repeat(65_000)}${withCode('OK')}`)).toEqual({ kind: 'sent' })
    expect(await resultOf(`${' '.repeat(200_000)}${withCode('OK')}`)).toMatchObject({ kind: 'retry' })
  })
})

describe('a gateway without a response means retry', () => {
  test('if it is silent until the timeout', async () => {
    const { port } = await startGateway(() => {})
    const result = await startSmsSender(port, {}, { timeouts: shortTimeouts }).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: true, cause: { code: 'ETIMEDOUT' } })
    loggedCause(result)
  })

  test('if it closes the connection', async () => {
    const { port, requests } = await startGateway((_, { socket }) => socket.destroy())
    const result = await startSmsSender(port).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: true, cause: { code: 'UND_ERR_SOCKET' } })
    // The HTTP client must not repeat the request by itself.
    expect(requests.length).toBe(1)
    loggedCause(result)
  })

  test('if it closes the connection of a GET request', async () => {
    const { port, requests } = await startGateway((_, { socket }) => socket.destroy())
    const SMS_URL = `http://127.0.0.1:${port}/?to={{to}}&code={{code}}`
    const result = await startSender({ SMS_URL }).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: true })
    expect(requests.map(({ method }) => method)).toEqual(['GET'])
    loggedCause(result)
  })

  test('if nothing listens on its port', async () => {
    const result = await startSmsSender(2).send(smsMessage)
    const cause = { code: 'ECONNREFUSED', isOperatorProblem: true }
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
    loggedCause(result)
  })

  test.each([
    ['its certificate is not trusted', 'https', /CERT|^UNABLE_TO_VERIFY_/],
    ['it does not speak TLS', 'http', /^ERR_SSL_/],
  ] as const)('if %s: a problem of the operator, and the gateway has got nothing', async (_, protocol, code) => {
    const { port, requests } = await startGateway((response) => response.end(), protocol)
    const SMS_URL = `https://127.0.0.1:${port}/`
    const result = await startSmsSender(port, { SMS_URL }).send(smsMessage)
    const cause = { code: expect.stringMatching(code), isOperatorProblem: true }
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: false, cause })
    expect(requests).toEqual([])
    loggedCause(result)
  })

  test('if it does not speak HTTP', async () => {
    const { port } = await startGateway((_, { socket }) => socket.end('220 hello\r\n'))
    const result = await startSmsSender(port).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', mayHaveArrived: true })
    loggedCause(result)
  })
})
