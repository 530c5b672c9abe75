import type { IncomingMessage } from 'node:http'
import type { DescMethod } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { encodeEnvelopes } from '@connectrpc/connect/protocol'
import {
  contentTypeJson,
  contentTypeProto,
  parseContentType,
  parseTimeout,
  setTrailerStatus,
  trailerFlag,
  trailerSerialize,
} from '@connectrpc/connect/protocol-grpc-web'
import { Failure } from '../errors/failure.js'
import { HttpError } from './answers.js'
import { binaryCodec, jsonCodec } from './codecs.js'
import { headerOf, isCompressed, type ProtocolCall } from './protocol.js'
import { connectError, requestIdKey } from './refusal.js'

/** What content types of gRPC-Web begin with. */
export const grpcWebPrefix = 'application/grpc-web'

/** The calls of gRPC-Web: like gRPC, with the trailers at the end of the body, so that browsers can read them. */
export function grpcWebCall(method: DescMethod, request: IncomingMessage, docsUrl?: string): ProtocolCall {
  const type = parseContentType(headerOf(request, 'content-type'))
  if (!type || type.text)
    throw new HttpError(415, `The content type must be ${contentTypeProto} or ${contentTypeJson}.`)
  if (isCompressed(headerOf(request, 'grpc-encoding'))) throw new HttpError(415, 'The message must not be compressed.')
  const codec = type.binary ? binaryCodec : jsonCodec
  const contentType = type.binary ? contentTypeProto : contentTypeJson
  const answer = (messages: readonly Uint8Array[], requestId: string, error?: ConnectError) => {
    const trailers = setTrailerStatus(new Headers({ [requestIdKey]: requestId }), error)
    return {
      status: 200,
      // Not the request id: clients would add up header and trailer.
      headers: { 'content-type': contentType },
      body: encodeEnvelopes(...messages.map((data) => ({ flags: 0, data })), {
        flags: trailerFlag,
        data: trailerSerialize(trailers),
      }),
    }
  }
  return {
    rpcSystem: 'grpc',
    timeoutMs: timeoutOf(request),
    decode: (body) => codec.decode(method, onlyMessage(body)),
    encode: (result) => codec.encode(method, result),
    answer: (encoded, requestId) => answer([encoded], requestId),
    refuse: (failure, requestId) => answer([], requestId, connectError(failure, requestId, docsUrl)),
  }
}

/** The bytes before a message: one for flags, which are all 0, and four for the length. */
const prefixLength = 5

/** The message of a body that is exactly one, not compressed. */
function onlyMessage(body: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = body
  const isWhole = byteLength >= prefixLength && body[0] === 0
  if (!isWhole || new DataView(buffer, byteOffset).getUint32(1) !== byteLength - prefixLength)
    throw new Failure('MALFORMED_REQUEST')
  return body.subarray(prefixLength)
}

function timeoutOf(request: IncomingMessage): number {
  const { error, timeoutMs } = parseTimeout(headerOf(request, 'grpc-timeout'), Number.MAX_SAFE_INTEGER)
  if (error) throw new HttpError(400, 'The header grpc-timeout must be digits and a unit, such as 10S.')
  return timeoutMs ?? Number.POSITIVE_INFINITY
}
