import type { IncomingMessage } from 'node:http'
import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf'
import type { Failure } from '../errors/failure.js'
import type { RpcSystem } from '../telemetry/tracing.js'
import type { HttpAnswer } from './answers.js'

/** What a protocol makes of the headers and the URL of a request. The message is looked at only in `decode`. */
export interface ProtocolCall {
  readonly rpcSystem: RpcSystem
  /** How long the client waits, in milliseconds; Infinity if it does not say. */
  readonly timeoutMs: number
  /** Throws if the body is not one message of the operation. */
  readonly decode: (body: Uint8Array) => Message
  readonly encode: (result: MessageInitShape<DescMessage>) => Uint8Array
  readonly answer: (encoded: Uint8Array, requestId: string) => HttpAnswer
  readonly refuse: (failure: Failure, requestId: string) => HttpAnswer
}

/** The value of a header, or null if the request does not have it. */
export function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name]
  return value === undefined ? null : String(value)
}

/** Bodies are small; decompressing one would let a stranger use more memory and time than it sends. */
export const isCompressed = (encoding: string | null): boolean => encoding !== null && !/^(identity)?$/.test(encoding)
