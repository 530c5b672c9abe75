import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Pages, readPages } from '../../../src/http/pages.js'
import { httpCall, jsonOf } from '../../support/http-call.js'
import { startHttpToy, stopHttpToys } from '../../support/toy-http.js'
import { echo, toyPath } from '../../support/toy-service.js'

const page = `<!doctype html><title>Explorer</title>${'<p>text</p>'.repeat(50)}`
const script = 'export const answer = 42'

let folder: string
let pages: Pages
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'message-contacts-pages-'))
  mkdirSync(join(folder, 'explorer', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.html'), 'secret')
  writeFileSync(join(folder, 'explorer', 'index.html'), page)
  writeFileSync(join(folder, 'explorer', 'openapi.json'), '{}')
  writeFileSync(join(folder, 'explorer', 'assets', 'index-4f2a.js'), script)
  pages = readPages(join(folder, 'explorer'))
  // What is served was read at the start.
  writeFileSync(join(folder, 'explorer', 'later.html'), 'later')
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(stopHttpToys)

async function get(path: string, headers = {}, method = 'GET') {
  const { address } = await startHttpToy(echo, { pages })
  return await httpCall(address, { method, path, headers })
}

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

describe('a page', () => {
  test.each([
    '/',
    '/index.html',
    '/errors',
    '/errors/InvalidParameter.Name',
    '/operations/AddMessageContact',
    '/changes',
  ])('is served at %s', async (path) => {
    const { status, headers, body } = await get(path)
    expect([status, headers['content-type'], body.toString()]).toEqual([200, 'text/html; charset=utf-8', page])
  })

  test.each([
    ['/', 'no-cache'],
    ['/openapi.json', 'no-cache'],
    ['/assets/index-4f2a.js', 'public, max-age=31536000, immutable'],
  ])('at %s can be cached: %s', async (path, cacheControl) => {
    expect((await get(path)).headers).toMatchObject({ 'cache-control': cacheControl, vary: 'accept-encoding' })
  })

  test('that has not changed is not sent again', async () => {
    const { headers } = await get('/')
    const again = await get('/', { 'if-none-match': headers.etag })
    expect([again.status, again.body.byteLength, again.headers.etag]).toEqual([304, 0, headers.etag])
  })

  test('is compressed for browsers that accept it', async () => {
    const { headers, body } = await get('/', { 'accept-encoding': 'gzip, deflate, br' })
    expect([headers['content-encoding'], gunzipSync(body).toString()]).toEqual(['gzip', page])
  })

  test('is not sent with the answer to HEAD', async () => {
    const { status, headers, body } = await get('/', {}, 'HEAD')
    expect([status, headers['content-length'], body.byteLength]).toEqual([200, String(page.length), 0])
  })

  test('cannot be posted to', async () => {
    const answer = await get('/', {}, 'POST')
    expect([answer.status, answer.headers.allow, jsonOf(answer)]).toEqual([
      405,
      'GET, HEAD',
      { code: 'unimplemented', message: 'This path must be read with GET.' },
    ])
  })
})

test.each([
  '/../secret.html',
  '/..%2fsecret.html',
  '/%2e%2e/secret.html',
  '/assets/../../secret.html',
  '/assets/..%5c..%5csecret.html',
  '//etc/passwd',
  '/index.html%00.js',
  '/errors/../../secret.html',
  '/later.html',
  'http://127.0.0.1/secret.html',
  '/__proto__',
])('no file outside the folder, and none that came later, is served at %s', async (path) => {
  const answer = await get(path)
  expect([answer.status, jsonOf(answer)]).toEqual([
    404,
    { code: 'unimplemented', message: 'There is nothing at this path.' },
  ])
})

test.each([
  ['/', 'GET', 200, pagePolicy],
  ['/errors/INTERNAL', 'GET', 200, pagePolicy],
  ['/assets/index-4f2a.js', 'GET', 200, pagePolicy],
  ['/openapi.json', 'GET', 200, pagePolicy],
  ['/nothing', 'GET', 404, apiPolicy],
  [toyPath, 'POST', 200, apiPolicy],
])('the security headers are on %s (%s)', async (path, method, status, policy) => {
  const { address } = await startHttpToy(echo, { pages })
  const call = { 'x-resource-directory-id': 'toy', 'content-type': 'application/json' }
  const answer = await httpCall(address, { method, path, headers: call, ...(method === 'POST' && { body: '{}' }) })
  expect(answer.status).toBe(status)
  expect(answer.headers).toMatchObject({
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
})

test('no answer of an operation is stored by browsers and proxies', async () => {
  const { address } = await startHttpToy(echo)
  const readPath = `${toyPath.replace('Add', 'Get')}?encoding=json&message={}`
  const known = { 'x-resource-directory-id': 'toy' }
  for (const headers of [known, {}]) {
    const answer = await httpCall(address, { method: 'GET', path: readPath, headers })
    expect([answer.status, answer.headers['cache-control']]).toEqual([headers === known ? 200 : 401, 'no-store'])
  }
})
