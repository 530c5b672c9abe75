import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { binaryCodec, jsonCodec } from '../../../src/http/codecs.js'
import { type HttpCall, httpCall, jsonOf } from '../../support/http-call.js'
import { frame } from '../../support/raw-call.js'
import { startHttpToy, stopHttpToys } from '../../support/toy-http.js'
import { echo, toyPath, toySettings } from '../../support/toy-service.js'

afterEach(stopHttpToys)

const known = { 'x-resource-directory-id': 'toy' }
const json = { ...known, 'content-type': 'application/json' }
const { MAX_MESSAGE_BYTES } = toySettings
const tooLarge = JSON.stringify({ name: 'a'.repeat(MAX_MESSAGE_BYTES) })
const readPath = toyPath.replace('Add', 'Get')

describe('a request that reaches no operation is refused as JSON, and the observer sees no call:', () => {
  const unsupported = 'The content type must be application/json or application/proto.'
  test.each<readonly [string, number, string, string, HttpCall]>([
    [
      'unknown path',
      404,
      'unimplemented',
      'There is nothing at this path.',
      { path: '/x.Service/Method', headers: json },
    ],
    [
      'unknown operation',
      404,
      'unimplemented',
      'There is nothing at this path.',
      { path: `${toyPath}s`, headers: json },
    ],
    [
      'GET of an operation that writes',
      405,
      'unimplemented',
      'This operation must be called with POST.',
      { method: 'GET', path: `${toyPath}?encoding=json&message={}`, headers: known },
    ],
    [
      'PUT',
      405,
      'unimplemented',
      'An operation must be called with POST.',
      { method: 'PUT', path: toyPath, headers: json },
    ],
    ['no content type', 415, 'unimplemented', unsupported, { path: toyPath, headers: known, body: '{}' }],
    ...[
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=a',
      'application/connect+json',
    ].map((type): [string, number, string, string, HttpCall] => [
      `content type ${type}`,
      415,
      'unimplemented',
      unsupported,
      { path: toyPath, headers: { ...known, 'content-type': type }, body: '{}' },
    ]),
    [
      'gRPC-Web as text',
      415,
      'unimplemented',
      'The content type must be application/grpc-web+proto or application/grpc-web+json.',
      { path: toyPath, headers: { ...known, 'content-type': 'application/grpc-web-text' }, body: 'AAAAAAA=' },
    ],
    [
      'GET without an encoding',
      415,
      'unimplemented',
      'The query parameter encoding must be json or proto.',
      { method: 'GET', path: readPath, headers: known },
    ],
    [
      'a timeout that is no number',
      400,
      'invalid_argument',
      'The header connect-timeout-ms must be a number of milliseconds.',
      { path: toyPath, headers: { ...json, 'connect-timeout-ms': 'soon' }, body: '{}' },
    ],
    [
      'too large a body',
      413,
      'resource_exhausted',
      'The body is larger than this service accepts.',
      { path: toyPath, headers: json, body: tooLarge },
    ],
    [
      'too large a body of unknown size',
      413,
      'resource_exhausted',
      'The body is larger than this service accepts.',
      { path: toyPath, headers: { ...json, 'transfer-encoding': 'chunked' }, body: tooLarge },
    ],
    [
      'too large headers',
      431,
      'resource_exhausted',
      'The headers are larger than this service accepts.',
      { path: toyPath, headers: { ...json, 'x-large': 'a'.repeat(toySettings.MAX_HEADER_BYTES) }, body: '{}' },
    ],
  ])('%s', async (_, status, code, message, call) => {
    const { address, observer } = await startHttpToy(echo)
    const answer = await httpCall(address, call)
    expect([answer.status, jsonOf(answer)]).toEqual([status, { code, message }])
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    expect(observer.startedCalls).toEqual([])
    expect(observer.reachedLimits).toEqual(status === 413 ? ['MAX_MESSAGE_BYTES'] : [])
  })

  test('something that is not HTTP', async () => {
    const { address } = await startHttpToy(echo)
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
    socket.write('\x16\x03\x01\x00\x05hello\r\n\r\n')
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(JSON.parse(body)).toEqual({ code: 'invalid_argument', message: 'This is not an HTTP request.' })
  })
})

describe('a compressed message is refused without being decompressed:', () => {
  // 10 MB of spaces in some kilobytes.
  const spaces = Buffer.alloc(10_000_000, ' ')
  const webType = { ...known, 'content-type': 'application/grpc-web+proto' }
  test.each<readonly [string, HttpCall]>([
    ['gzip', { path: toyPath, headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(spaces) }],
    ['br', { path: toyPath, headers: { ...json, 'content-encoding': 'br' }, body: brotliCompressSync(spaces) }],
    ['gRPC-Web', { path: toyPath, headers: { ...webType, 'grpc-encoding': 'gzip' }, body: frame(gzipSync(spaces), 1) }],
    [
      'in a URL',
      { method: 'GET', path: `${readPath}?encoding=json&compression=gzip&base64=1&message=H4sI`, headers: known },
    ],
  ])('%s', async (_, call) => {
    const { address, observer } = await startHttpToy(echo)
    expect((await httpCall(address, call)).status).toBe(415)
    expect(observer.startedCalls).toEqual([])
  })

  test('a frame of gRPC-Web that says it is compressed is malformed', async () => {
    const { address, observer } = await startHttpToy(echo)
    await httpCall(address, { path: toyPath, headers: webType, body: frame(Buffer.alloc(0), 1) })
    expect(observer.endedCalls.map(({ reason }) => reason)).toEqual(['MALFORMED_REQUEST'])
  })
})

describe('MALFORMED_REQUEST is the refusal of', () => {
  test.each<readonly [string, HttpCall]>([
    ['no JSON', { path: toyPath, headers: json, body: '' }],
    ['broken JSON', { path: toyPath, headers: json, body: '{"name": "T' }],
    ['JSON that is no object', { path: toyPath, headers: json, body: '[]' }],
    ['a field with a mistyped name', { path: toyPath, headers: json, body: '{"nmae": "Tom"}' }],
    ['an enum value with a mistyped name', { path: toyPath, headers: json, body: '{"title": "TITLE_BOSS"}' }],
    ['text that is not UTF-8', { path: toyPath, headers: json, body: Buffer.from('{"name": "\xff"}', 'latin1') }],
    ['base64 that is none', { method: 'GET', path: `${readPath}?encoding=proto&base64=1&message=*`, headers: known }],
  ])('%s', async (_, call) => {
    const { address, observer } = await startHttpToy(echo)
    const answer = await httpCall(address, call)
    expect(jsonOf(answer)).toMatchObject({
      code: 'invalid_argument',
      message: 'The request is not a message of this operation.',
    })
    expect(observer.endedCalls.map(({ reason }) => reason)).toEqual(['MALFORMED_REQUEST'])
  })
})

describe('a caller that is not known learns nothing about its message, which is not parsed:', () => {
  afterEach(() => vi.restoreAllMocks())

  test.each<readonly [string, HttpCall]>([
    ['Connect JSON', { path: toyPath, headers: { 'content-type': 'application/json' }, body: '{' }],
    ['Connect binary', { path: toyPath, headers: { 'content-type': 'application/proto' }, body: '{' }],
    ['Connect GET', { method: 'GET', path: `${readPath}?encoding=json&message={` }],
    ['gRPC-Web', { path: toyPath, headers: { 'content-type': 'application/grpc-web' }, body: frame(Buffer.from('{')) }],
  ])('%s', async (_, call) => {
    const { address, observer } = await startHttpToy(echo)
    const decoders = [vi.spyOn(jsonCodec, 'decode'), vi.spyOn(binaryCodec, 'decode'), vi.spyOn(JSON, 'parse')]
    await httpCall(address, call)
    expect(decoders.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0])
    expect(observer.endedCalls.map(({ reason }) => reason)).toEqual(['UNAUTHENTICATED'])
  })
})
