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
import { file_google_rpc_error_details } from '../../../src/gen/google/rpc/error_details_pb.js'
import { requestIdKey } from '../../../src/grpc/status.js'
import { type Answer, type CallOptions, Refused } from '../client.js'

/** Calls an operation through any client. Rejects with Refused if the call is refused. */
export type CallOperation = <Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  options?: Pick<CallOptions, 'directoryId'>,
) => Promise<Answer<MessageShape<Output>>>

/** The result of a call, as a program has printed it. Messages are Proto JSON. */
export interface Outcome {
  readonly code: status
  readonly message: string
  /** Absent if the call was refused. */
  readonly response?: JsonValue
  readonly details?: readonly JsonValue[]
  readonly trailers: Readonly<Record<string, readonly string[]>>
}

export type Headers = Readonly<Record<string, string>>

/** A client that calls operations through another program. */
export function outsideClient(
  call: (method: string, request: JsonObject, headers: Headers) => Promise<Outcome>,
): CallOperation {
  return async (method, request, { directoryId } = {}) => {
    const json = toJson(method.input, create(method.input, request)) as JsonObject
    const headers = directoryId === undefined ? {} : { 'x-resource-directory-id': directoryId }
    const { code, message, response, details = [], trailers } = await call(method.name, json, headers)
    // All values: a repeated id must not look like a request id.
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

/** The result of a program. */
export interface ProgramResult {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

export interface ProgramOptions {
  /** The text on standard input. By default none. */
  readonly input?: string
  /** The working directory. By default that of this process. */
  readonly folder?: string
}

/** Runs a program to its end, with any exit code. Rejects if it cannot be started, or takes more than a minute. */
export function runProgram(
  path: string,
  args: readonly string[],
  { input = '', folder }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(path, args, { timeout: 60_000, cwd: folder }, (error, out, err) => {
      const exitCode = error ? error.code : 0
      if (typeof exitCode === 'number') resolve({ exitCode, out, err })
      else reject(error)
    })
    child.stdin?.end(input)
  })
}
