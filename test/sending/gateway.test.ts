import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describe as describeError } from '../../src/log.js'
import type { Delivery } from '../../src/sending/code-message.js'
import { languages, textMessageWording } from '../../src/sending/wording.js'
import { startGateway } from './gateway-server.js'
import { textMessage, textSender } from './senders.js'

/** What the log would say of it: no word of the message, of the settings or of the gateway. */
function logged(delivery: Delivery): string {
  const line = JSON.stringify(describeError(delivery.kind === 'sent' ? undefined : delivery.cause))
  expect(line).not.toMatch(/139000|012345|v-4fGq|secret|messages\?|127\.0/)
  return line
}

describe('a text message', async () => {
  const { port, posted } = await startGateway((response) => response.writeHead(202).end('{"id":"1"}'))

  test('is a POST with headers and body as the settings say', async () => {
    expect(await textSender(port).send(textMessage)).toEqual({ kind: 'sent' })
    const { method, url, headers, body } = posted.at(-1) ?? expect.fail('nothing arrived')
    expect([method, url]).toEqual(['POST', '/messages?from=us'])
    expect(headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' })
    expect(JSON.parse(body)).toEqual({
      to: '+8613900001234',
      text: textMessageWording(textMessage, 'en'),
      ref: textMessage.reference,
    })
  })

  test.each(languages)('is in %s where the setting says so', async (language) => {
    expect(await textSender(port, {}, { language }).send(textMessage)).toEqual({ kind: 'sent' })
    const { text } = JSON.parse(posted.at(-1)?.body ?? '')
    expect(text).toBe(textMessageWording(textMessage, language))
  })

  test('may be JSON by another name', async () => {
    await textSender(port, { headers: { 'Content-Type': 'application/vnd.api+json' } }).send(textMessage)
    expect(posted.at(-1)?.headers['content-type']).toBe('application/vnd.api+json')
  })

  test('says what the template says, whatever name and reference are', async () => {
    const odd = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('","to":"+1', '{{text}}', '\\', '$&'))
    const sender = textSender(port)
    await fc.assert(
      fc.asyncProperty(odd, odd, async (name, reference) => {
        expect(await sender.send({ ...textMessage, name, reference })).toEqual({ kind: 'sent' })
        const body = JSON.parse(posted.at(-1)?.body ?? '')
        expect(body).toEqual({
          to: '+8613900001234',
          text: textMessageWording(textMessage, 'en'),
          ref: reference,
        })
      }),
      { numRuns: 60 },
    )
  })

  test.each(['13900001234', '+8613900001234', '86-', '86-1390000123a', '86-1","to":"+1', '86-1\n', '8613-1-1', ''])(
    'to what is no number is never tried: %j',
    async (to) => {
      const before = posted.length
      const delivery = await textSender(port).send({ ...textMessage, to })
      expect(delivery).toMatchObject({ kind: 'failed', cause: { code: 'NUMBER' } })
      expect(posted.length).toBe(before)
    },
  )
})

describe('a gateway that answers', () => {
  test.each([200, 201, 202, 204, 299])('%i has taken it', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end())
    expect(await textSender(port).send(textMessage)).toEqual({ kind: 'sent' })
  })

  test.each([408, 429, 500, 502, 503, 504, 599])('%i is asked again', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status).end('secret'))
    const delivery = await textSender(port).send(textMessage)
    expect(delivery).toEqual({ kind: 'again', cause: expect.objectContaining({ code: status }) })
    expect(logged(delivery)).toContain(`"type":"Undelivered","code":${status}`)
  })

  test.each([400, 401, 403, 404, 405, 409, 410, 422, 499])('%i is not', async (status) => {
    const { port } = await startGateway((response) => response.writeHead(status, { 'Retry-After': '1' }).end('secret'))
    const delivery = await textSender(port).send(textMessage)
    expect(delivery).toEqual({ kind: 'failed', cause: expect.objectContaining({ code: status }) })
    logged(delivery)
  })

  test.each([301, 302, 303, 307, 308])('%i is not followed: headers and code go nowhere else', async (status) => {
    const elsewhere = await startGateway((response) => response.end())
    const location = `http://127.0.0.1:${elsewhere.port}/`
    const { port } = await startGateway((response) => response.writeHead(status, { location }).end())
    expect(await textSender(port).send(textMessage)).toMatchObject({ kind: 'failed', cause: { code: status } })
    expect(elsewhere.posted).toEqual([])
  })

  test.each([
    [429, '7', 7000],
    [429, 'Fri, 27 Mar 2026 17:20:21 GMT', 60_000],
    [503, '120', 120_000],
    [429, 'soon', undefined],
  ])('%i with Retry-After %s is asked after %s ms', async (status, header, afterMs) => {
    const { port } = await startGateway((response) => response.writeHead(status, { 'Retry-After': header }).end())
    const delivery = await textSender(port).send(textMessage)
    expect(delivery.kind === 'again' && delivery.afterMs).toBe(afterMs)
  })

  test('without end has said enough with its status', async () => {
    let written = 0
    const { port } = await startGateway((response) => {
      response.writeHead(200)
      const more = setInterval(() => {
        response.write('x'.repeat(65_536))
        written += 1
      }, 1)
      response.on('close', () => clearInterval(more))
    })
    expect(await textSender(port).send(textMessage)).toEqual({ kind: 'sent' })
    expect(written).toBeLessThan(100)
  })

  test('and keeps the rest to itself has said enough', async () => {
    const { port } = await startGateway((response) => response.writeHead(202).write('{'))
    const limits = { greetingMs: 1, silenceMs: 1, mailMs: 1, textMessageMs: 300 }
    expect(await textSender(port, {}, { limits }).send(textMessage)).toEqual({ kind: 'sent' })
  })

  test('in two parts gets the next message over a connection that it has', async () => {
    const gateway = await startGateway((response) => {
      response.writeHead(202).flushHeaders()
      setTimeout(() => response.end('{"id":"1"}'), 5)
    })
    const sender = textSender(gateway.port)
    for (let times = 0; times < 20; times += 1) expect(await sender.send(textMessage)).toEqual({ kind: 'sent' })
    // Node may open a second one beside the first.
    expect(gateway.connections()).toBeLessThanOrEqual(2)
  })

  test('and hangs up in the middle of the rest has said enough too', async () => {
    const { port } = await startGateway((response, { socket }) => {
      response.writeHead(201, { 'Content-Length': '1000' })
      response.write('x', () => socket.destroy())
    })
    expect(await textSender(port).send(textMessage)).toEqual({ kind: 'sent' })
  })
})

describe('a gateway that does not answer is asked again', () => {
  test('when it says nothing for too long', async () => {
    const { port } = await startGateway(() => {})
    const limits = { greetingMs: 1, silenceMs: 1, mailMs: 1, textMessageMs: 300 }
    const delivery = await textSender(port, {}, { limits }).send(textMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 'ETIMEDOUT' } })
    logged(delivery)
  })

  test('when it hangs up', async () => {
    const { port, posted } = await startGateway((_, { socket }) => socket.destroy())
    const delivery = await textSender(port).send(textMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 'UND_ERR_SOCKET' } })
    // Once: whether to repeat is not for the HTTP client to decide.
    expect(posted.length).toBe(1)
    logged(delivery)
  })

  test('when nobody listens', async () => {
    const delivery = await textSender(2).send(textMessage)
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 'ECONNREFUSED' } })
    logged(delivery)
  })

  test('when it does not speak HTTP', async () => {
    const { port } = await startGateway((_, { socket }) => socket.end('220 hello\r\n'))
    const delivery = await textSender(port).send(textMessage)
    expect(delivery.kind).toBe('again')
    logged(delivery)
  })
})
