import { create, type DescMessage, fromBinary, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type Any, anyPack, anyUnpack, durationFromMs } from '@bufbuild/protobuf/wkt'
import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type DetailKind, type Facts, type Failure, type Meaning, meanings, type Violation } from '../failure.js'
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

/** The trailer that holds the serialized `google.rpc.Status`. */
const detailsKey = 'grpc-status-details-bin'
/** The trailer that names the call, on every answer. */
export const requestIdKey = 'x-request-id'
/** The domain of every ErrorInfo: reasons are unique in it. */
export const errorDomain = 'messagecontacts'
/** Python, Ruby and Java clients take 8 KiB of trailers at most: twenty violations are about 3 KiB in base64. */
export const mostViolations = 20

const pack = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any =>
  anyPack(schema, create(schema, init))

const fieldViolation = ({ field, reason }: Violation) => ({ field, reason, description: meanings[reason].message })

const details: Readonly<Record<DetailKind, (facts: Facts, meaning: Meaning) => Any>> = {
  BadRequest: ({ violations = [] }) =>
    pack(BadRequestSchema, { fieldViolations: violations.slice(0, mostViolations).map(fieldViolation) }),
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
  RetryInfo: ({ retryAfterMs }, meaning) =>
    pack(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs ?? meaning.retryAfterMs ?? 0) }),
}

function errorInfo({ reason, facts }: Failure, requestId: string): Any {
  const { code, httpStatus } = meanings[reason]
  const leftOut = (facts.violations?.length ?? 0) - mostViolations
  return pack(ErrorInfoSchema, {
    reason,
    domain: errorDomain,
    metadata: {
      code,
      httpStatus: String(httpStatus),
      requestId,
      ...(leftOut > 0 && { violationsLeftOut: String(leftOut) }),
      ...(facts.triesLeft !== undefined && { triesLeft: String(facts.triesLeft) }),
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
 * A failure as grpc-js sends it. Code and message inside the details are the call's own, both from the one meaning:
 * clients in other languages throw where they differ.
 */
export function toStatus(failure: Failure, requestId: string): StatusObject {
  const meaning = meanings[failure.reason]
  const code = status[meaning.status]
  const metadata = answerTrailers(requestId)
  const body = create(StatusSchema, {
    code,
    message: meaning.message,
    details: [errorInfo(failure, requestId), ...meaning.details.map((kind) => details[kind](failure.facts, meaning))],
  })
  // grpc-js takes a Buffer and nothing else here; `set`, since clients in Go ignore all but exactly one value.
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, body)))
  return { code, details: meaning.message, metadata }
}

/** True for the metadata of a refusal that `toStatus` made. */
export function isRefusal(metadata: Metadata | null | undefined): boolean {
  return metadata !== null && metadata !== undefined && metadata.get(detailsKey).length > 0
}

/** A refusal as a client sees it. `details` holds the unpacked messages in the order sent, `$typeName` telling the kind. */
export interface Refusal {
  readonly code: status
  readonly message: string
  readonly requestId: string | undefined
  readonly details: readonly Message[]
}

const detailSchemas = file_google_rpc_error_details.messages

function unpack(any: Any): Message[] {
  const schema = detailSchemas.find(({ typeName }) => any.typeUrl.endsWith(`/${typeName}`))
  const message = schema && anyUnpack(any, schema)
  return message ? [message] : []
}

/**
 * The other direction: what `toStatus` made, read from a client's error. A status that grpc-js sent by itself has no details.
 * Throws where the details disagree with the call, which no answer of this service may do.
 */
export function fromStatus({ code, details: message, metadata }: StatusObject): Refusal {
  const requestId = metadata.get(requestIdKey)[0]?.toString()
  const [bytes] = metadata.get(detailsKey)
  if (bytes === undefined) return { code, message, requestId, details: [] }
  const body = fromBinary(StatusSchema, Buffer.from(bytes))
  if (body.code !== code || body.message !== message)
    throw new Error('the details speak of another status than the call')
  return { code, message, requestId, details: body.details.flatMap(unpack) }
}
