import { create, fromBinary, type JsonObject, type Message, toBinary, toJson, toJsonString } from '@bufbuild/protobuf'
import { ConnectError } from '@connectrpc/connect'
import { errorFromJsonBytes } from '@connectrpc/connect/protocol-connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { trailerFlag, trailerParse } from '@connectrpc/connect/protocol-grpc-web'
import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { type BoundService, routesOf } from '../../src/calls/service.js'
import type { CallSettings } from '../../src/calls/settings.js'
import { errorCatalog, type Reason } from '../../src/errors/catalog.js'
import { type ErrorInfo, file_google_rpc_error_details } from '../../src/gen/google/rpc/error_details_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { startGrpcServer } from '../../src/grpc/server.js'
import { startHttpServer } from '../../src/http/server.js'
import { headerAuthentication } from './access/authentication.js'
import { Refused } from './client.js'
import { httpCall, jsonOf } from './http-call.js'
import { answered, frame, rawCall } from './raw-call.js'
import { requestIdPattern } from './refusal.js'
import { createToyPipeline, toySettings } from './toy-service.js'

const method = MessageContactService.method.getMessageContact
/** The path of GetMessageContact, with which the transports are compared. */
export const path = `/${MessageContactService.typeName}/${method.name}`

export const transports = ['gRPC', 'Connect JSON', 'Connect binary', 'Connect GET', 'gRPC-Web'] as const
export type Transport = (typeof transports)[number]

/** A GetMessageContact call. */
export interface GetRequest {
  readonly contactId: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** Sends bytes that are not a message. */
  readonly malformed?: boolean
}

/** What a client sees: the answer as JSON, or a refusal. */
type Seen = JsonObject | SeenRefusal

interface SeenRefusal {
  readonly requestId: unknown
  readonly refusal: Readonly<Record<'status' | 'reason' | 'code' | 'message' | 'httpStatus' | 'details', unknown>>
}

/** What a client sees of a refusal with this reason; by default with any further details. */
export function refusalOf(reason: Reason, details: unknown = expect.any(Array)): SeenRefusal {
  const { code, message, httpStatus, status } = errorCatalog[reason]
  const requestId = expect.stringMatching(requestIdPattern)
  return { requestId, refusal: { status, reason, code, message, httpStatus, details } }
}

/** Serves one service with one pipeline over gRPC and over HTTP. */
export async function startTransports(service: BoundService, settings: Partial<CallSettings> = {}) {
  const { pipeline, callerLimits, observer } = createToyPipeline({ settings })
  const options = { settings: { ...toySettings, ...settings }, tls: undefined, pipeline, observer }
  const routes = routesOf(service)
  const grpc = await startGrpcServer(routes, {
    ...options,
    callerLimits,
    authenticate: headerAuthentication,
    otherServices: [],
    newRequestId: () => crypto.randomUUID(),
  })
  const http = await startHttpServer({ host: '127.0.0.1', port: 0 }, routes, {
    ...options,
    pages: new Map(),
    now: Date.now,
  })
  return {
    pipeline,
    observer,
    grpcAddress: grpc.address,
    send: (transport: Transport, request: GetRequest): Promise<Seen> =>
      transport === 'gRPC' ? sendGrpc(grpc.address, request) : sendHttp(http.address, transport, request),
    async stop() {
      await Promise.all([grpc.stop(500), http.stop(500)])
    },
  }
}

const encoded = ({ contactId, malformed }: GetRequest): Buffer =>
  malformed ? Buffer.from([0xff]) : Buffer.from(toBinary(method.input, create(method.input, { contactId })))

/** The header has at most eight digits. */
const grpcTimeout = (timeoutMs: number) =>
  timeoutMs < 100_000_000 ? `${timeoutMs}m` : `${Math.floor(timeoutMs / 1000)}S`

async function sendGrpc(address: string, request: GetRequest): Promise<Seen> {
  const { headers, timeoutMs } = request
  const timeout = timeoutMs !== undefined && { 'grpc-timeout': grpcTimeout(timeoutMs) }
  try {
    const call = rawCall(address, { path, headers: { ...headers, ...timeout }, body: frame(encoded(request)) })
    return toJson(method.output, fromBinary(method.output, await answered(call))) as JsonObject
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { code, message, details } = error.refusal
    return seenRefusal(code, message, details)
  }
}

function sendHttp(address: string, transport: Transport, request: GetRequest): Promise<Seen> {
  if (transport === 'gRPC-Web') return sendGrpcWeb(address, request)
  return sendConnect(address, transport, request)
}

async function sendConnect(address: string, transport: Transport, request: GetRequest): Promise<Seen> {
  const { contactId, timeoutMs, malformed } = request
  const json = malformed ? '{' : toJsonString(method.input, create(method.input, { contactId }))
  const timeout = timeoutMs !== undefined && { 'connect-timeout-ms': String(timeoutMs) }
  const isBinary = transport === 'Connect binary'
  const type = { 'content-type': isBinary ? 'application/proto' : 'application/json' }
  const headers = { ...request.headers, ...timeout, ...(transport !== 'Connect GET' && type) }
  const answer = await (transport === 'Connect GET'
    ? httpCall(address, { method: 'GET', path: `${path}?encoding=json&message=${encodeURIComponent(json)}`, headers })
    : httpCall(address, { path, headers, body: isBinary ? encoded(request) : json }))
  if (answer.status === 200) {
    const message = isBinary ? toJson(method.output, fromBinary(method.output, answer.body)) : jsonOf(answer)
    return withRequestId(message as JsonObject, answer.headers['x-request-id'])
  }
  expect(answer.headers['content-type']).toBe('application/json')
  const error = errorFromJsonBytes(answer.body, undefined, new ConnectError('no error in JSON'))
  return withRequestId(ofConnectError(error), answer.headers['x-request-id'])
}

async function sendGrpcWeb(address: string, request: GetRequest): Promise<Seen> {
  const { timeoutMs } = request
  const timeout = timeoutMs !== undefined && { 'grpc-timeout': grpcTimeout(timeoutMs) }
  const headers = { ...request.headers, ...timeout, 'content-type': 'application/grpc-web+proto' }
  const { status, body } = await httpCall(address, { path, headers, body: frame(encoded(request)) })
  expect(status).toBe(200)
  const frames = framesOf(body)
  const trailers = trailerParse(frames.find(({ flag }) => flag === trailerFlag)?.data ?? Buffer.alloc(0))
  const requestId = trailers.get('x-request-id') ?? undefined
  const error = findTrailerError(trailers)
  if (error) return withRequestId(ofConnectError(error), requestId)
  const message = frames.find(({ flag }) => flag === 0)?.data ?? expect.fail('the answer has no message')
  return withRequestId(toJson(method.output, fromBinary(method.output, message)) as JsonObject, requestId)
}

function framesOf(body: Buffer): { readonly flag: number; readonly data: Buffer }[] {
  if (body.byteLength === 0) return []
  const end = 5 + body.readUInt32BE(1)
  return [{ flag: body.readUInt8(0), data: body.subarray(5, end) }, ...framesOf(body.subarray(end))]
}

const ofConnectError = (error: ConnectError): SeenRefusal => {
  const details = error.details.flatMap((detail) =>
    file_google_rpc_error_details.messages.flatMap((desc) =>
      'type' in detail && detail.type === desc.typeName ? [fromBinary(desc, detail.value)] : [],
    ),
  )
  return seenRefusal(error.code, error.rawMessage, details)
}

function seenRefusal(grpcCode: number, message: string, [info, ...others]: readonly Message[]): SeenRefusal {
  const { reason, metadata } = info as ErrorInfo
  const { code, httpStatus, requestId } = metadata
  return {
    requestId,
    refusal: { status: status[grpcCode], reason, code, message, httpStatus: Number(httpStatus), details: others },
  }
}

/** The answer, whose request id must be the one of the header. */
function withRequestId<Answer extends Seen>(answer: Answer, requestId: string | string[] | undefined): Answer {
  expect(requestId).toBe(answer['requestId'])
  return answer
}
