import { once } from 'node:events'
import { constants, type OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { answered, frame, messageOf, type RawAnswer, rawCall } from '../../support/raw-call.js'
import { expectRefusal } from '../../support/refusal.js'
import { echo, type RunningToy, startToy, stopToys, toyPath, toySettings } from '../../support/toy-service.js'

// What grpc-js answers itself, before code of this service sees the call. The list is complete: if a new version of grpc-js
// changes one of these cases, check the list of exceptions in the documentation of errors.

let toy: RunningToy
beforeAll(async () => {
  toy = await startToy(echo)
})
afterAll(stopToys)

const message = Buffer.from(
  toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' })),
)
const valid = frame(message)
const compressed = 1
const send = (headers: OutgoingHttpHeaders, body = valid, path = toyPath): Promise<RawAnswer> =>
  rawCall(toy.address, { path, headers: { 'x-resource-directory-id': 'toy', ...headers }, body })

/** Everything that a client sees of a refusal. */
const seen = ({ headers }: RawAnswer) => ({
  http: headers[':status'],
  status: headers['grpc-status'] && status[Number(headers['grpc-status'])],
  message: messageOf(headers),
  requestId: headers['x-request-id'],
  details: headers['grpc-status-details-bin'],
})
const bare = (name: keyof typeof status, text: string) => ({
  http: 200,
  status: name,
  message: text,
  requestId: undefined,
  details: undefined,
})

describe('grpc-js itself answers, without details and without a request id,', () => {
  test('an unknown method', async () => {
    const path = '/messagecontacts.v1.MessageContactService/Unknown'
    expect(seen(await send({}, valid, path))).toEqual(
      bare('UNIMPLEMENTED', `The server does not implement the method ${path}`),
    )
  })

  test('a path that is not the path of a method', async () => {
    for (const path of ['/', '/%', '/\u00ff', `/${'a'.repeat(8000)}`])
      expect(seen(await send({}, valid, path))).toMatchObject({ status: 'UNIMPLEMENTED', details: undefined })
  })

  test('a message over the limit', async () => {
    const { MAX_MESSAGE_BYTES } = toySettings
    expect(seen(await send({}, frame(Buffer.alloc(MAX_MESSAGE_BYTES + 1))))).toEqual(
      bare('RESOURCE_EXHAUSTED', `Received message larger than max (${MAX_MESSAGE_BYTES + 1} vs ${MAX_MESSAGE_BYTES})`),
    )
  })

  test('a message that is over the limit after decompression', async () => {
    const { MAX_MESSAGE_BYTES } = toySettings
    const bomb = gzipSync(Buffer.alloc(1024 * 1024))
    expect(seen(await send({ 'grpc-encoding': 'gzip' }, frame(bomb, compressed)))).toEqual(
      bare('RESOURCE_EXHAUSTED', `Received message that decompresses to a size larger than ${MAX_MESSAGE_BYTES}`),
    )
  })

  test('an unknown compression', async () => {
    expect(seen(await send({ 'grpc-encoding': 'br' }, frame(message, compressed)))).toEqual(
      bare('UNIMPLEMENTED', 'Received message compressed with unsupported encoding "br"'),
    )
  })

  test.each(['gzip', 'deflate'])('a broken %s', async (encoding) => {
    expect(seen(await send({ 'grpc-encoding': encoding }, frame(message, compressed)))).toEqual(
      bare('INTERNAL', 'Failed to decompress message'),
    )
  })

  test('an incomplete gzip', async () => {
    expect(seen(await send({ 'grpc-encoding': 'gzip' }, frame(gzipSync(message).subarray(0, 12), compressed)))).toEqual(
      bare('INTERNAL', 'Failed to decompress message'),
    )
  })

  test.each(['abc', '', '5', 'S'])('the malformed grpc-timeout "%s"', async (timeout) => {
    expect(seen(await send({ 'grpc-timeout': timeout }))).toEqual(
      bare('INTERNAL', `Invalid grpc-timeout value "${timeout}"`),
    )
  })

  const otherContentTypes = [
    'application/json',
    'application/grpc-web',
    'application/grpc-web+proto',
    'application/grpc-web-text',
    'application/grpcx',
    'application/grpc ',
    '',
    undefined,
  ]
  test.each(otherContentTypes)(
    'the content type %j, which is not gRPC, with an HTTP status only',
    async (contentType) => {
      expect(seen(await send({ 'content-type': contentType }))).toEqual({
        http: 415,
        status: undefined,
        message: '',
        requestId: undefined,
        details: undefined,
      })
    },
  )

  test('more than 128 headers, by resetting the stream', async () => {
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`x-${index}`, 'a']))
    const { headers, resetCode } = await send(many)
    expect({ headers, resetCode }).toEqual({ headers: {}, resetCode: constants.NGHTTP2_ENHANCE_YOUR_CALM })
  })

  test('bytes that are not HTTP/2, by closing the connection', async () => {
    const socket = connect(Number(toy.address.split(':')[1]), '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'close')
  })
})

describe('grpc-js accepts', () => {
  const served: readonly (readonly [string, OutgoingHttpHeaders, Buffer])[] = [
    ['a gzip message', { 'grpc-encoding': 'gzip' }, frame(gzipSync(message), compressed)],
    ['a deflate message', { 'grpc-encoding': 'deflate' }, frame(deflateSync(message), compressed)],
    ['a plain message although gzip was announced', { 'grpc-encoding': 'gzip' }, valid],
    ['a compressed flag without an encoding, as a plain message', {}, frame(message, compressed)],
    ['a flag that does not exist, as a plain message', {}, frame(message, 7)],
    ['a content type with a format', { 'content-type': 'application/grpc+proto' }, valid],
    ['a content type with a parameter', { 'content-type': 'application/grpc;charset=utf-8' }, valid],
    ...['2147484S', '35792M', '597H', '1193H', '9999999H', '99999999H'].map(
      (timeout) => [`a grpc-timeout of ${timeout}, as none`, { 'grpc-timeout': timeout }, valid] as const,
    ),
    ['a grpc-timeout of just less than 24.9 days', { 'grpc-timeout': '596H' }, valid],
    ['a negative grpc-timeout, as a positive one', { 'grpc-timeout': '-5S' }, valid],
    ['a grpc-timeout with a blank', { 'grpc-timeout': '5 S' }, valid],
    ['a header that is not ASCII, as absent', { 'x-odd': '\u00fc' }, valid],
    ['a binary header that is not base64', { 'x-odd-bin': '***' }, valid],
    ['a hundred headers', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'a'])), valid],
  ]
  test.each(served)('%s', async (_, headers, body) => {
    const response = await answered(send(headers, body))
    expect(response.includes('Tom')).toBe(true)
  })
})

describe('the service answers, with details,', () => {
  test('a deadline of 0', () => expectRefusal(answered(send({ 'grpc-timeout': '0n' })), 'DEADLINE_EXCEEDED'))

  test('a directory that is not ASCII, because grpc-js drops the header', () =>
    expectRefusal(answered(send({ 'x-resource-directory-id': '\u00fc' })), 'UNAUTHENTICATED'))
})

test('after all of them the service still serves calls', async () => {
  const response = await answered(send({}))
  expect(response.includes('Tom')).toBe(true)
})
