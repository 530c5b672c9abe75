import { once } from 'node:events'
import { constants, type OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { expectRefusal } from '../refusal.js'
import { answered, frame, messageOf, type RawAnswer, rawCall } from './raw-call.js'
import { echo, type RunningToy, startToy, stopToys, toyLimits, toyPath } from './toy-service.js'

// What grpc-js answers before any code of this service hears of a call. This list is the whole of it:
// where a new version changes one of these lines, the README's list of exceptions is to be looked at.

let toy: RunningToy
beforeAll(async () => {
  toy = await startToy(echo)
})
afterAll(stopToys)

const message = Buffer.from(
  toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' })),
)
const good = frame(message)
const compressed = 1
const send = (headers: OutgoingHttpHeaders, body = good, path = toyPath): Promise<RawAnswer> =>
  rawCall(toy.address, { path, headers: { 'x-resource-directory-id': 'toy', ...headers }, body })

/** All that a caller learns. */
const learned = ({ headers }: RawAnswer) => ({
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

describe('grpc-js answers by itself, without details and without a request id,', () => {
  test('an unknown method', async () => {
    const path = '/messagecontacts.v1.MessageContactService/Unknown'
    expect(learned(await send({}, good, path))).toEqual(
      bare('UNIMPLEMENTED', `The server does not implement the method ${path}`),
    )
  })

  test('a path that is no path of a method', async () => {
    for (const path of ['/', '/%', '/\u00ff', `/${'a'.repeat(8000)}`])
      expect(learned(await send({}, good, path))).toMatchObject({ status: 'UNIMPLEMENTED', details: undefined })
  })

  test('a message over the limit', async () => {
    const { messageBytes } = toyLimits
    expect(learned(await send({}, frame(Buffer.alloc(messageBytes + 1))))).toEqual(
      bare('RESOURCE_EXHAUSTED', `Received message larger than max (${messageBytes + 1} vs ${messageBytes})`),
    )
  })

  test('a message that is over the limit once it is decompressed', async () => {
    const { messageBytes } = toyLimits
    const bomb = gzipSync(Buffer.alloc(1024 * 1024))
    expect(learned(await send({ 'grpc-encoding': 'gzip' }, frame(bomb, compressed)))).toEqual(
      bare('RESOURCE_EXHAUSTED', `Received message that decompresses to a size larger than ${messageBytes}`),
    )
  })

  test('a compression it does not know', async () => {
    expect(learned(await send({ 'grpc-encoding': 'br' }, frame(message, compressed)))).toEqual(
      bare('UNIMPLEMENTED', 'Received message compressed with unsupported encoding "br"'),
    )
  })

  test.each(['gzip', 'deflate'])('a broken %s', async (encoding) => {
    expect(learned(await send({ 'grpc-encoding': encoding }, frame(message, compressed)))).toEqual(
      bare('INTERNAL', 'Failed to decompress message'),
    )
  })

  test('a gzip cut short', async () => {
    expect(
      learned(await send({ 'grpc-encoding': 'gzip' }, frame(gzipSync(message).subarray(0, 12), compressed))),
    ).toEqual(bare('INTERNAL', 'Failed to decompress message'))
  })

  test.each(['abc', '', '5', 'S'])('the malformed grpc-timeout "%s"', async (timeout) => {
    expect(learned(await send({ 'grpc-timeout': timeout }))).toEqual(
      bare('INTERNAL', `Invalid grpc-timeout value "${timeout}"`),
    )
  })

  test('a content type that is not gRPC, in HTTP alone', async () => {
    expect(learned(await send({ 'content-type': 'application/json' }))).toEqual({
      http: 415,
      status: undefined,
      message: '',
      requestId: undefined,
      details: undefined,
    })
  })

  test('more than 128 headers, by a reset', async () => {
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`x-${index}`, 'a']))
    const { headers, resetCode } = await send(many)
    expect({ headers, resetCode }).toEqual({ headers: {}, resetCode: constants.NGHTTP2_ENHANCE_YOUR_CALM })
  })

  test('bytes that are no HTTP/2, by closing the connection', async () => {
    const socket = connect(Number(toy.address.split(':')[1]), '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'close')
  })
})

describe('grpc-js takes', () => {
  const served: readonly (readonly [string, OutgoingHttpHeaders, Buffer])[] = [
    ['a gzip message', { 'grpc-encoding': 'gzip' }, frame(gzipSync(message), compressed)],
    ['a deflate message', { 'grpc-encoding': 'deflate' }, frame(deflateSync(message), compressed)],
    ['a plain message where gzip was announced', { 'grpc-encoding': 'gzip' }, good],
    ['a compressed flag without an encoding, as a plain message', {}, frame(message, compressed)],
    ['a flag that does not exist, as a plain message', {}, frame(message, 7)],
    ['another kind of gRPC, as plain gRPC', { 'content-type': 'application/grpc-web+proto' }, good],
    ['a negative grpc-timeout, as a positive one', { 'grpc-timeout': '-5S' }, good],
    ['a grpc-timeout with a blank', { 'grpc-timeout': '5 S' }, good],
    ['a header of text that is not ASCII, as if it were not there', { 'x-odd': '\u00fc' }, good],
    ['a binary header that is no base64', { 'x-odd-bin': '***' }, good],
    ['a hundred headers', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'a'])), good],
  ]
  test.each(served)('%s', async (_, headers, body) => {
    const response = await answered(send(headers, body))
    expect(response.includes('Tom')).toBe(true)
  })
})

describe('ours are', () => {
  test('a deadline of 0', () => expectRefusal(answered(send({ 'grpc-timeout': '0n' })), 'OUT_OF_TIME'))

  // Beyond 24.86 days the milliseconds no longer fit where grpc-js keeps them.
  test.each(['2147484S', '597H'])('a deadline of %s, which is taken for one that has passed', (timeout) =>
    expectRefusal(answered(send({ 'grpc-timeout': timeout })), 'OUT_OF_TIME'),
  )

  test('a directory that is not ASCII: grpc-js drops the header', () =>
    expectRefusal(answered(send({ 'x-resource-directory-id': '\u00fc' })), 'CALLER_UNKNOWN'))
})

test('after all of them the service still answers', async () => {
  const response = await answered(send({}))
  expect(response.includes('Tom')).toBe(true)
})
