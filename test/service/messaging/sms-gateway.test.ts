import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MessagingSettings, messagingSettings } from '../../../src/messaging/settings.js'
import { languages, smsText } from '../../../src/messaging/wording.js'
import { startGateway } from '../../support/gateway-server.js'
import { now, smsMessage, startSender, startSmsSender } from '../../support/senders.js'

describe('sending a text message', async () => {
  const { port, requests } = await startGateway((response) => response.writeHead(202).end('{"id":"1"}'))

  /** Sends a message and gives the request that arrived. */
  async function requestFor(settings: Partial<MessagingSettings>, message = smsMessage) {
    expect(await startSmsSender(port, settings).send(message)).toEqual({ kind: 'sent' })
    return requests.at(-1) ?? expect.fail('no request arrived')
  }

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

  test('sends the code as a parameter of an approved template', async () => {
    const SMS_BODY = String.raw`{"PhoneNumbers":"{{national}}","TemplateCode":"SMS_1","TemplateParam":"{\"code\":\"{{code}}\"}"}`
    const { body } = await requestFor({ SMS_BODY })
    const parsed = JSON.parse(body)
    expect(parsed).toEqual({ PhoneNumbers: '13900001234', TemplateCode: 'SMS_1', TemplateParam: expect.any(String) })
    expect(JSON.parse(parsed.TemplateParam)).toEqual({ code: '012345' })
  })

  test('sends a form', async () => {
    const { body, headers } = await requestFor({
      SMS_HEADERS: { 'Content-Type': 'application/x-www-form-urlencoded' },
      SMS_BODY: 'to={{to}}&text={{text}}&sign=%E4%BA%91&lang={{language}}',
      MESSAGE_LANGUAGE: 'zh-Hans',
    })
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect([...new URLSearchParams(body)]).toEqual([
      ['to', '+8613900001234'],
      ['text', smsText(smsMessage, 'zh-Hans', now)],
      ['sign', '云'],
      ['lang', 'zh-Hans'],
    ])
  })

  test.each(['text/xml', 'application/xml; charset=utf-8', 'application/soap+xml'])('sends XML: %s', async (type) => {
    const { body, headers } = await requestFor(
      {
        SMS_HEADERS: { 'content-type': type },
        SMS_BODY: '<sms ref="{{reference}}"><to>{{country_code}}-{{national}}</to><code>{{code}}</code></sms>',
      },
      { ...smsMessage, reference: '"><&' },
    )
    expect(headers['content-type']).toBe(type)
    expect(body).toBe('<sms ref="&#34;&#62;&#60;&#38;"><to>86-13900001234</to><code>012345</code></sms>')
  })

  test('without body makes a GET request with the values in the URL', async () => {
    const { SMS_BODY: _, ...settings } = messagingSettings.parse({
      SMS_URL: `http://127.0.0.1:${port}/v1/{{national}}?key=a%20b&text={{text}}&to={{to}}`,
    })
    const sender = startSender({ ...settings, MESSAGE_LANGUAGE: 'zh-Hant' })
    expect([sender.missingSetting('sms'), await sender.send(smsMessage)]).toEqual([undefined, { kind: 'sent' }])
    const { method, url, body, headers } = requests.at(-1) ?? expect.fail('no request arrived')
    expect([method, body, headers['content-type']]).toEqual(['GET', '', undefined])
    const { pathname, searchParams } = new URL(url ?? '', 'http://gateway.example')
    expect(pathname).toBe('/v1/13900001234')
    expect([...searchParams]).toEqual([
      ['key', 'a b'],
      ['text', smsText(smsMessage, 'zh-Hant', now)],
      ['to', '+8613900001234'],
    ])
  })

  test('fills in URL and body of one POST request', async () => {
    const SMS_URL = `http://127.0.0.1:${port}/{{country_code}}/messages?id={{reference}}`
    const { method, url } = await requestFor({ SMS_URL })
    expect([method, url]).toEqual(['POST', '/86/messages?id=v-4fGq_9'])
  })

  test('fills in headers, in which control characters are impossible', async () => {
    const { headers } = await requestFor(
      {
        SMS_HEADERS: { 'x-id': 'id-{{reference}}', 'x-text': '[{{text}}]', 'x-minutes': '{{minutes}}' },
        MESSAGE_LANGUAGE: 'zh-Hans',
      },
      { ...smsMessage, reference: 'a\r\nb: c\0' },
    )
    expect(headers).toMatchObject({ 'x-id': 'id-a  b: c', 'x-minutes': '30' })
    const text = Buffer.from(String(headers['x-text']), 'latin1').toString()
    expect(text).toBe(`[${smsText(smsMessage, 'zh-Hans', now)}]`)
  })

  test('to a gateway that is slow holds up no other message', async () => {
    const gateway = await startGateway((response, { url }) => (url === '/fast' ? response.end() : undefined))
    const sender = startSmsSender(port, { SMS_URL: `http://127.0.0.1:${gateway.port}/{{reference}}` })
    const slow = Array.from({ length: 100 }, () => sender.send(smsMessage))
    expect(await sender.send({ ...smsMessage, reference: 'fast' })).toEqual({ kind: 'sent' })
    await sender.close()
    for (const result of await Promise.all(slow)) expect(result.kind).toBe('retry')
  })
})
