import { execFile } from 'node:child_process'
import {
  create,
  createRegistry,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import { AnySchema, anyUnpack } from '@bufbuild/protobuf/wkt'
import type { status } from '@grpc/grpc-js'
import { file_google_rpc_error_details } from '../../src/gen/google/rpc/error_details_pb.js'
import { requestIdKey } from '../../src/rpc/status.js'
import { type Answer, type CallFacts, Refused } from '../client.js'

/** How any client calls an operation, in the words of the tests' own client. Rejects with Refused where the call is refused. */
export type CallOperation = <Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  facts?: Pick<CallFacts, 'directoryId'>,
) => Promise<Answer<MessageShape<Output>>>

/** What a program has printed about a call, taken apart. */
export interface Outcome {
  readonly code: status
  readonly message: string
  /** Proto JSON, as the rest. Absent where the call is refused. */
  readonly response?: JsonValue
  readonly details?: readonly JsonValue[]
  readonly trailers: Readonly<Record<string, readonly string[]>>
}

export type Headers = Readonly<Record<string, string>>

/** A client that calls through another program. */
export function outsideClient(
  call: (method: string, request: JsonObject, headers: Headers) => Promise<Outcome>,
): CallOperation {
  return async (method, request, { directoryId } = {}) => {
    const json = toJson(method.input, create(method.input, request)) as JsonObject
    const headers = directoryId === undefined ? {} : { 'x-resource-directory-id': directoryId }
    const { code, message, response, details = [], trailers } = await call(method.name, json, headers)
    // All values, so that an id given twice is no request id any more.
    const requestId = trailers[requestIdKey]?.join(', ')
    if (response === undefined) throw new Refused({ code, message, requestId, details: details.map(unpack) })
    return { response: fromJson(method.output, response), requestId }
  }
}

const registry = createRegistry(file_google_rpc_error_details)

function unpack(detail: JsonValue): Message {
  const message = anyUnpack(fromJson(AnySchema, detail, { registry }), registry)
  if (!message) throw new Error(`an unknown detail: ${JSON.stringify(detail)}`)
  return message
}

/** What a program left behind. */
export interface Ended {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** Runs a program to its end, whatever its exit code. Rejects where it cannot be started or takes a minute. */
export function runProgram(path: string, args: readonly string[], input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(path, args, { timeout: 60_000 }, (error, out, err) => {
      const exitCode = error ? error.code : 0
      if (typeof exitCode === 'number') resolve({ exitCode, out, err })
      else reject(error)
    })
    child.stdin?.end(input)
  })
}
