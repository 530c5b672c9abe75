import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SendResult } from '../../../src/messaging/message.js'
import type { SendTimeouts } from '../../../src/messaging/sender.js'
import { languages, smsText } from '../../../src/messaging/wording.js'
import { describeError } from '../../../src/telemetry/log.js'
import { startGateway } from '../../support/gateway-server.js'
import { now, smsMessage, startSmsSender } from '../../support/senders.js'

const shortTimeouts: SendTimeouts = { connectTimeoutMs: 1, idleTimeoutMs: 1, emailTimeoutMs: 1, smsTimeoutMs: 300 }

/** The cause as the log shows it. Fails if it contains anything of the message, the settings or the gateway. */
function loggedCause(result: SendResult): string {
  const line = JSON.stringify(describeError(result.kind === 'sent' ? undefined : result.cause))
  expect(line).not.toMatch(/139000|012345|v-4fGq|secret|messages\?|127\.0/)
  return line
}

describe('sending a text message', async () => {
  const { port, requests } = await startGateway((response) => response.writeHead(202).end('{"id":"1"}'))

  test('makes a POST request with the headers and the body of the settings', async () => {
    expect(await startSmsSender(port).send(smsMessage)).toEqual({ kind: 'sent' })
    const { method, url, headers, body } = requests.at(-1) ?? expect.fail('no request arrived')
    expect([method, url]).toEqual(['POST', '/messages?from=us'])
    expect(headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' })
    expect(JSON.parse(body)).toEqual({
      to: '+8613900001234',
      text: smsText(smsMessage, 'en', now),
      ref: smsMessage.reference,
    })
  })

  test.each(languages)('uses the language of the settings: %s', async (language) => {
    expect(await startSmsSender(port, { MESSAGE_LANGUAGE: language }).send(smsMessage)).toEqual({ kind: 'sent' })
    const { text } = JSON.parse(requests.at(-1)?.body ?? '')
    expect(text).toBe(smsText(smsMessage, language, now))
  })

  test('uses the content type of the settings', async () => {
    await startSmsSender(port, { SMS_HEADERS: { 'Content-Type': 'application/vnd.api+json' } }).send(smsMessage)
    expect(requests.at(-1)?.headers['content-type']).toBe('application/vnd.api+json')
  })

  test('fills in the template correctly for any name and reference', async () => {
    const unusual = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('","to":"+1', '{{text}}', '\\', '$&'))
    const sender = startSmsSender(port)
    await fc.assert(
      fc.asyncProperty(unusual, unusual, async (name, reference) => {
        expect(await sender.send({ ...smsMessage, name, reference })).toEqual({ kind: 'sent' })
        const body = JSON.parse(requests.at(-1)?.body ?? '')
        expect(body).toEqual({
          to: '+8613900001234',
          text: smsText(smsMessage, 'en', now),
          ref: reference,
        })
      }),
      { numRuns: 60 },
    )
  })

  test.each(['13900001234', '+8613900001234', '86-', '86-1390000123a', '86-1","to":"+1', '86-1\n', '8613-1-1', ''])(
    'fails without a request if the recipient is not a phone number: %j',
    async (to) => {
      const before = requests.length
      const result = await startSmsSender(port).send({ ...smsMessage, to })
      expect(result).toMatchObject({ kind: 'failed', cause: { code: 'NUMBER' } })
      expect(requests.length).toBe(before)
    },
  )
})

describe('the response of the gateway', () => {
  test.each([200, 201, 202, 204, 299])('%i means sent', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end())
    expect(await startSmsSender(port).send(smsMessage)).toEqual({ kind: 'sent' })
  })

  test.each([408, 429, 500, 502, 503, 504, 599])('%i means retry', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end('secret'))
    const result = await startSmsSender(port).send(smsMessage)
    expect(result).toEqual({ kind: 'retry', cause: expect.objectContaining({ code: status }) })
    expect(loggedCause(result)).toContain(`"type":"SendError","code":${status}`)
  })

  test.each([400, 401, 403, 404, 405, 409, 410, 422, 499])('%i means failed', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status, { 'Retry-After': '1' }).end('secret'))
    const result = await startSmsSender(port).send(smsMessage)
    expect(result).toEqual({ kind: 'failed', cause: expect.objectContaining({ code: status }) })
    loggedCause(result)
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

describe('a gateway without a response means retry', () => {
  test('if it is silent until the timeout', async () => {
    const { port } = await startGateway(() => {})
    const result = await startSmsSender(port, {}, { timeouts: shortTimeouts }).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 'ETIMEDOUT' } })
    loggedCause(result)
  })

  test('if it closes the connection', async () => {
    const { port, requests } = await startGateway((_, { socket }) => socket.destroy())
    const result = await startSmsSender(port).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 'UND_ERR_SOCKET' } })
    // The HTTP client must not repeat the request by itself.
    expect(requests.length).toBe(1)
    loggedCause(result)
  })

  test('if nothing listens on its port', async () => {
    const result = await startSmsSender(2).send(smsMessage)
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 'ECONNREFUSED' } })
    loggedCause(result)
  })

  test('if it does not speak HTTP', async () => {
    const { port } = await startGateway((_, { socket }) => socket.end('220 hello\r\n'))
    const result = await startSmsSender(port).send(smsMessage)
    expect(result.kind).toBe('retry')
    loggedCause(result)
  })
})
