import { create, type DescMessage, fromBinary, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type Any, anyPack, anyUnpack, durationFromMs } from '@bufbuild/protobuf/wkt'
import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type DetailKind, type ErrorDefinition, errorCatalog } from '../errors/catalog.js'
import type { Failure, FailureContext, Violation } from '../errors/failure.js'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  file_google_rpc_error_details,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.js'
import { StatusSchema } from '../gen/google/rpc/status_pb.js'

/** The trailer with the serialized `google.rpc.Status`. */
const detailsKey = 'grpc-status-details-bin'
/** The trailer with the request id, in every answer. */
export const requestIdKey = 'x-request-id'
/** The domain of every ErrorInfo; reasons are unique within it. */
export const errorDomain = 'messagecontacts'
/** The maximum number of violations in a status: up to about 6 KiB. Clients in Python, Ruby and Java accept 8 KiB of trailers. */
export const maxViolations = 20

const pack = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any =>
  anyPack(schema, create(schema, init))

/** A rule is stated once: many violations of the same one would exceed the trailers that clients accept. */
function fieldViolations(violations: readonly Violation[]) {
  const stated = new Set<string>()
  return violations.slice(0, maxViolations).map(({ field, reason, rule }) => {
    const { message } = errorCatalog[reason]
    const description = rule === undefined || stated.has(rule) ? message : rule
    stated.add(description)
    return { field, reason, description }
  })
}

const detailPackers: Readonly<Record<DetailKind, (context: FailureContext, definition: ErrorDefinition) => Any>> = {
  BadRequest: ({ violations = [] }) => pack(BadRequestSchema, { fieldViolations: fieldViolations(violations) }),
  ResourceInfo: ({ resource }, { message }) =>
    pack(ResourceInfoSchema, {
      resourceType: resource?.type ?? '',
      resourceName: resource?.name ?? '',
      description: message,
    }),
  QuotaFailure: ({ quota }, { message }) =>
    pack(QuotaFailureSchema, {
      violations: [
        {
          subject: quota?.subject ?? '',
          description: message,
          quotaId: quota?.setting ?? '',
          quotaValue: BigInt(quota?.limit ?? 0),
        },
      ],
    }),
  PreconditionFailure: ({ precondition = '' }, { code, message }) =>
    pack(PreconditionFailureSchema, { violations: [{ type: code, subject: precondition, description: message }] }),
  RetryInfo: (context, definition) =>
    pack(RetryInfoSchema, { retryDelay: durationFromMs(context.retryAfterMs ?? definition.retryAfterMs ?? 0) }),
}

function errorInfo({ reason, context }: Failure, requestId: string): Any {
  const { code, httpStatus } = errorCatalog[reason]
  const { violations = [] } = context
  const leftOut = violations.length - maxViolations
  const [first] = violations
  return pack(ErrorInfoSchema, {
    reason,
    domain: errorDomain,
    metadata: {
      code,
      httpStatus: String(httpStatus),
      requestId,
      // Again here, because some client libraries do not pass on the reasons of a BadRequest.
      ...(first && {
        field: first.field,
        violations: violations
          .slice(0, maxViolations)
          .map((violation) => `${violation.field}=${violation.reason}`)
          .join(),
      }),
      ...(leftOut > 0 && { violationsLeftOut: String(leftOut) }),
      ...context.permission,
      ...(context.attemptsRemaining !== undefined && { attemptsRemaining: String(context.attemptsRemaining) }),
    },
  })
}

/** The trailers of an answer that is not a refusal. */
export function answerTrailers(requestId: string): Metadata {
  const metadata = new Metadata()
  metadata.set(requestIdKey, requestId)
  return metadata
}

/**
 * A failure as a status for grpc-js. Code and message inside the details equal those of the call: clients in other languages throw
 * if they differ.
 */
export function toStatus(failure: Failure, requestId: string): StatusObject {
  const definition = errorCatalog[failure.reason]
  const { message } = definition
  const code = status[definition.status]
  const metadata = answerTrailers(requestId)
  const info = errorInfo(failure, requestId)
  const others = definition.details.map((kind) => detailPackers[kind](failure.context, definition))
  const body = create(StatusSchema, { code, message, details: [info, ...others] })
  // grpc-js needs a Buffer here. `set` and not `add`: clients in Go ignore the trailer unless it has exactly one value.
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, body)))
  return { code, details: message, metadata }
}

/** True for the metadata of a status that `toStatus` made. */
export function isRefusal(metadata: Metadata | null | undefined): boolean {
  return metadata !== null && metadata !== undefined && metadata.get(detailsKey).length > 0
}

/** A refusal as a client sees it. */
export interface Refusal {
  readonly code: status
  readonly message: string
  /** Undefined if the status did not come from this service but from grpc-js. */
  readonly requestId: string | undefined
  /** The unpacked messages in the order sent; `$typeName` names the kind. */
  readonly details: readonly Message[]
}

const detailSchemas = file_google_rpc_error_details.messages

function unpack(any: Any): Message[] {
  const schema = detailSchemas.find(({ typeName }) => any.typeUrl.endsWith(`/${typeName}`))
  const message = schema && anyUnpack(any, schema)
  return message ? [message] : []
}

/**
 * The reverse of `toStatus`: a refusal from the status of a client's call. A status that grpc-js itself made has no details.
 * Throws if code or message inside the details differ from those of the call, which this service never sends.
 */
export function fromStatus({ code, details: message, metadata }: StatusObject): Refusal {
  const requestId = metadata.get(requestIdKey)[0]?.toString()
  const [bytes] = metadata.get(detailsKey)
  if (bytes === undefined) return { code, message, requestId, details: [] }
  const body = fromBinary(StatusSchema, Buffer.from(bytes))
  if (body.code !== code || body.message !== message)
    throw new Error('the details and the call have different statuses')
  return { code, message, requestId, details: body.details.flatMap(unpack) }
}
