import { create, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { type Any, anyPack, anyUnpack } from '@bufbuild/protobuf/wkt'
import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { errorCatalog } from '../errors/catalog.js'
import { detailsOf } from '../errors/details.js'
import type { Failure } from '../errors/failure.js'
import { file_google_rpc_error_details } from '../gen/google/rpc/error_details_pb.js'
import { StatusSchema } from '../gen/google/rpc/status_pb.js'

/** The trailer with the serialized `google.rpc.Status`. */
const detailsKey = 'grpc-status-details-bin'
/** The trailer with the request id, in every answer. */
export const requestIdKey = 'x-request-id'

/** The trailers of an answer that is not a refusal. */
export function answerTrailers(requestId: string): Metadata {
  const metadata = new Metadata()
  metadata.set(requestIdKey, requestId)
  return metadata
}

/**
 * A failure as a status for grpc-js. Code and message inside the details equal those of the call: clients in other languages throw
 * if they differ. `docsUrl` is PUBLIC_DOCS_URL.
 */
export function toStatus(failure: Failure, requestId: string, docsUrl?: string): StatusObject {
  const definition = errorCatalog[failure.reason]
  const { message } = definition
  const code = status[definition.status]
  const metadata = answerTrailers(requestId)
  const details = detailsOf(failure, requestId, docsUrl).map(({ desc, value }) => anyPack(desc, create(desc, value)))
  const body = create(StatusSchema, { code, message, details })
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
