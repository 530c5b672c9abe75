import { create, fromBinary, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf'
import { expect } from 'vitest'
import { type BoundService, routesOf } from '../../src/calls/service.js'
import type { CallSettings } from '../../src/calls/settings.js'
import { errorCatalog, type Reason } from '../../src/errors/catalog.js'
import type { ErrorInfo } from '../../src/gen/google/rpc/error_details_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { startGrpcServer } from '../../src/grpc/server.js'
import { headerAuthentication } from './access/authentication.js'
import { Refused } from './client.js'
import { startJsonTransport } from './json-transport.js'
import { answered, frame, rawCall } from './raw-call.js'
import { requestIdPattern } from './refusal.js'
import { createToyPipeline, toySettings } from './toy-service.js'

const method = MessageContactService.method.getMessageContact
/** The path of GetMessageContact, with which the transports are compared. */
export const path = `/${MessageContactService.typeName}/${method.name}`

export const transports = ['gRPC', 'JSON'] as const
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
  readonly refusal: Readonly<Record<'reason' | 'code' | 'message' | 'httpStatus', unknown>>
}

/** What a client sees of a refusal with this reason. */
export function refusalOf(reason: Reason): SeenRefusal {
  const { code, message, httpStatus } = errorCatalog[reason]
  return { requestId: expect.stringMatching(requestIdPattern), refusal: { reason, code, message, httpStatus } }
}

/** Serves one service with one pipeline over gRPC, and over JSON on HTTP. */
export async function startTwoTransports(service: BoundService, settings: Partial<CallSettings> = {}) {
  const { pipeline, observer } = createToyPipeline({ settings })
  const newRequestId = () => crypto.randomUUID()
  const grpc = await startGrpcServer(routesOf(service), {
    settings: toySettings,
    pipeline,
    authenticate: headerAuthentication,
    otherServices: [],
    newRequestId,
    observer,
  })
  const json = await startJsonTransport(service, pipeline)
  return {
    pipeline,
    observer,
    grpcAddress: grpc.address,
    send: (transport: Transport, request: GetRequest) =>
      transport === 'gRPC' ? sendGrpc(grpc.address, request) : sendJson(json.url, request),
    async stop() {
      await Promise.all([grpc.stop(500), json.stop()])
    },
  }
}

async function sendGrpc(address: string, request: GetRequest): Promise<Seen> {
  const { contactId, headers, timeoutMs, malformed } = request
  const message = malformed ? Buffer.from([0xff]) : toBinary(method.input, create(method.input, { contactId }))
  const timeout = timeoutMs !== undefined && { 'grpc-timeout': `${timeoutMs}m` }
  try {
    const call = rawCall(address, { path, headers: { ...headers, ...timeout }, body: frame(message) })
    return toJson(method.output, fromBinary(method.output, await answered(call))) as JsonObject
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { message, details } = error.refusal
    const { reason, metadata } = details[0] as ErrorInfo
    const { code, httpStatus, requestId } = metadata
    return { requestId, refusal: { reason, code, message, httpStatus: Number(httpStatus) } }
  }
}

async function sendJson(url: string, request: GetRequest): Promise<Seen> {
  const { contactId, headers, timeoutMs, malformed } = request
  const timeout = timeoutMs !== undefined && { 'x-timeout-ms': String(timeoutMs) }
  const body = malformed ? '{' : JSON.stringify({ contactId })
  const response = await fetch(`${url}${path}`, { method: 'POST', headers: { ...headers, ...timeout }, body })
  const answer = (await response.json()) as JsonObject
  expect(response.headers.get('x-request-id')).toBe(answer['requestId'])
  if (response.ok) return answer
  const { requestId, reason, code, message } = answer
  return { requestId, refusal: { reason, code, message, httpStatus: response.status } }
}
