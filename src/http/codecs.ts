import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJsonString,
  type Message,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf'

/** How messages stand in a body. */
export interface Codec {
  /** Throws if the bytes are not such a message. */
  readonly decode: (method: DescMethod, bytes: Uint8Array) => Message
  readonly encode: (method: DescMethod, result: MessageInitShape<DescMessage>) => Uint8Array
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON mapping of protobuf. Unknown fields are refused: people write JSON by hand, and with a mistyped `etag` a change would not be
 * guarded.
 */
export const jsonCodec: Codec = {
  decode: ({ input }, bytes) => fromJsonString(input, utf8.decode(bytes)),
  encode: ({ output }, result) => Buffer.from(toJsonString(output, create(output, result))),
}

/** Unknown fields are dropped: their size in memory would be up to the client. */
export const binaryCodec: Codec = {
  decode: ({ input }, bytes) => fromBinary(input, bytes, { readUnknownFields: false }),
  encode: ({ output }, result) => toBinary(output, create(output, result)),
}
