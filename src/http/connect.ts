import type { IncomingMessage } from 'node:http'
import type { DescMethod, Message } from '@bufbuild/protobuf'
import { base64Decode } from '@bufbuild/protobuf/wire'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  errorToJsonBytes,
  parseContentType,
  parseTimeout,
} from '@connectrpc/connect/protocol-connect'
import { HttpError } from './answers.js'
import { binaryCodec, type Codec, jsonCodec } from './codecs.js'
import { headerOf, isCompressed, type ProtocolCall } from './protocol.js'
import { connectError, requestIdKey } from './refusal.js'

/** The calls of the Connect protocol: one message in a POST request, or for operations that only read in the URL of a GET request. */
export function connectCall(method: DescMethod, request: IncomingMessage, docsUrl?: string): ProtocolCall {
  const query = request.method === 'GET' ? queryOf(method, request) : undefined
  const codec = query ? codecOfQuery(query) : codecOfBody(request)
  const decode = query ? () => messageInQuery(method, codec, query) : (body: Uint8Array) => codec.decode(method, body)
  const contentType = codec === jsonCodec ? contentTypeUnaryJson : contentTypeUnaryProto
  return {
    rpcSystem: 'connectrpc',
    timeoutMs: timeoutOf(request),
    decode,
    encode: (result) => codec.encode(method, result),
    answer: (body, requestId) => ({
      status: 200,
      headers: { 'content-type': contentType, [requestIdKey]: requestId },
      body,
    }),
    refuse(failure, requestId) {
      const error = connectError(failure, requestId, docsUrl)
      const headers = { 'content-type': contentTypeUnaryJson, [requestIdKey]: requestId }
      return { status: codeToHttpStatus(error.code), headers, body: errorToJsonBytes(error, undefined) }
    },
  }
}

function codecOfBody(request: IncomingMessage): Codec {
  const type = parseContentType(headerOf(request, 'content-type'))
  if (!type || type.stream) throw new HttpError(415, 'The content type must be application/json or application/proto.')
  if (isCompressed(headerOf(request, 'content-encoding')))
    throw new HttpError(415, 'The body must not be compressed.', { 'accept-encoding': 'identity' })
  return type.binary ? binaryCodec : jsonCodec
}

function queryOf({ idempotency }: DescMethod, { url = '' }: IncomingMessage): URLSearchParams {
  if (idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS)
    throw new HttpError(405, 'This operation must be called with POST.', { allow: 'POST' })
  return new URLSearchParams(url.slice(url.indexOf('?')))
}

function codecOfQuery(query: URLSearchParams): Codec {
  if (isCompressed(query.get('compression'))) throw new HttpError(415, 'The message must not be compressed.')
  switch (query.get('encoding')) {
    case 'json':
      return jsonCodec
    case 'proto':
      return binaryCodec
    default:
      throw new HttpError(415, 'The query parameter encoding must be json or proto.')
  }
}

function messageInQuery(method: DescMethod, codec: Codec, query: URLSearchParams): Message {
  const message = query.get('message') ?? ''
  return codec.decode(method, query.get('base64') === '1' ? base64Decode(message) : Buffer.from(message))
}

function timeoutOf(request: IncomingMessage): number {
  const { error, timeoutMs } = parseTimeout(headerOf(request, 'connect-timeout-ms'), Number.MAX_SAFE_INTEGER)
  if (error) throw new HttpError(400, 'The header connect-timeout-ms must be a number of milliseconds.')
  return timeoutMs ?? Number.POSITIVE_INFINITY
}
