import { afterEach, expect, test } from 'vitest'
import { httpCall, jsonOf } from '../../support/http-call.js'
import { startHttpToy, stopHttpToys } from '../../support/toy-http.js'
import { echo, toyPath } from '../../support/toy-service.js'

afterEach(stopHttpToys)

const allowed = 'https://console.example.com'
const headers = { 'x-resource-directory-id': 'toy', 'content-type': 'application/json' }
const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
const settings = { HTTP_ALLOWED_ORIGINS: [allowed] }

const corsHeaders = (answer: { readonly headers: object }) =>
  Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name.startsWith('access-control-')))

test('a script of an allowed origin may call, and read the request id and the trailers', async () => {
  const { address } = await startHttpToy(echo, { settings })
  const answer = await httpCall(address, { path: toyPath, headers: { ...headers, origin: allowed }, body: '{}' })
  expect(answer.status).toBe(200)
  expect(corsHeaders(answer)).toEqual({
    'access-control-allow-origin': allowed,
    'access-control-expose-headers': expect.stringMatching(/^Grpc-Status, Grpc-Message, .*, x-request-id$/),
  })
  expect(answer.headers.vary).toBe('origin')
})

test('it may read a refusal too', async () => {
  const { address } = await startHttpToy(echo, { settings })
  const answer = await httpCall(address, { path: toyPath, headers: { origin: allowed }, body: '{}' })
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([415, allowed])
})

test('a preflight request of an allowed origin is answered with what may be sent, never with credentials', async () => {
  const { address, observer } = await startHttpToy(echo, { settings })
  const answer = await httpCall(address, {
    method: 'OPTIONS',
    path: toyPath,
    headers: { origin: allowed, ...preflight },
  })
  expect([answer.status, answer.body.byteLength]).toEqual([204, 0])
  expect(corsHeaders(answer)).toEqual({
    'access-control-allow-origin': allowed,
    'access-control-allow-methods': 'POST, GET',
    'access-control-allow-headers': expect.stringMatching(/^Content-Type, .*authorization, x-resource-directory-id/),
    'access-control-expose-headers': expect.any(String),
    'access-control-max-age': '7200',
  })
  expect(observer.startedCalls).toEqual([])
})

test.each([
  ['another origin', 'https://evil.example.com'],
  ['a part of an allowed origin', 'https://console.example.co'],
  ['more than an allowed origin', 'https://console.example.com.evil.example'],
  ['the same host with another scheme', 'http://console.example.com'],
  ['an unnamed origin', 'null'],
  ['this host with another port', 'http://127.0.0.1:1'],
])('%s is refused, for a call and for a preflight request', async (_, origin) => {
  const { address, observer } = await startHttpToy(echo, { settings })
  const call = await httpCall(address, { path: toyPath, headers: { ...headers, origin }, body: '{}' })
  const asked = await httpCall(address, { method: 'OPTIONS', path: toyPath, headers: { origin, ...preflight } })
  for (const answer of [call, asked]) {
    const message = 'Pages of this origin may not call this service.'
    expect([answer.status, jsonOf(answer)]).toEqual([403, { code: 'permission_denied', message }])
    expect(corsHeaders(answer)).toEqual({})
  }
  expect(observer.startedCalls).toEqual([])
})

test('pages of this service itself may call, also behind a proxy that ends TLS', async () => {
  const { address } = await startHttpToy(echo)
  for (const origin of [`http://${address}`, `https://${address}`]) {
    const answer = await httpCall(address, { path: toyPath, headers: { ...headers, origin }, body: '{}' })
    expect([answer.status, corsHeaders(answer)]).toEqual([200, {}])
  }
})
