import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { Metadata, status } from '@grpc/grpc-js'
import { fromStatus } from '../../src/grpc/status.js'
import { Refused } from './client.js'

/** A call as bytes, for requests that no gRPC library sends. */
export interface RawCall {
  /** `/package.Service/Method` */
  readonly path: string
  /** In addition to the usual headers or instead of them; `undefined` removes one. */
  readonly headers?: OutgoingHttpHeaders
  /** Sent unchanged; see `frame`. By default nothing. */
  readonly body?: Buffer
  /** Sent after the body when it resolves; until then the request is incomplete. */
  readonly rest?: Promise<Buffer>
}

/** The answer as bytes. */
export interface RawAnswer {
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The code of the RST_STREAM that ended the call; 0 if it ended normally. */
  readonly resetCode: number
}

/** Longer than any answer takes, in milliseconds. */
const timeoutMs = 10_000

/** A message as gRPC sends it: a flag (1 byte, 1 if compressed), the length (4 bytes), the message. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt8(flag, 0)
  prefix.writeUInt32BE(message.byteLength, 1)
  return Buffer.concat([prefix, message])
}

/** Makes one call on a connection of its own. */
export async function rawCall(address: string, call: RawCall): Promise<RawAnswer> {
  const session = connect(`http://${address}`)
  // An error of the connection ends the call too, and is seen there.
  session.on('error', () => {})
  try {
    return await callOn(session, call)
  } finally {
    session.destroy()
  }
}

/** Makes one call on an existing connection, which stays open. Resolves however the call ends. */
export function callOn(session: ClientHttp2Session, { path, headers = {}, body, rest }: RawCall): Promise<RawAnswer> {
  const all = { ':method': 'POST', ':path': path, te: 'trailers', 'content-type': 'application/grpc', ...headers }
  const stream = session.request(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
  stream.setTimeout(timeoutMs, () => stream.destroy(new Error('no answer')))
  const received: IncomingHttpHeaders = {}
  const chunks: Buffer[] = []
  stream.on('response', (headers) => Object.assign(received, headers))
  stream.on('trailers', (headers) => Object.assign(received, headers))
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => {})
  if (rest !== undefined) {
    if (body) stream.write(body)
    void rest.then((last) => stream.end(last))
  } else stream.end(body)
  return new Promise((resolve) => {
    stream.on('close', () =>
      resolve({ headers: received, body: Buffer.concat(chunks), resetCode: stream.rstCode ?? 0 }),
    )
  })
}

/** The message of the answer. Rejects with Refused, as a client does, if the call was refused. */
export async function answered(call: Promise<RawAnswer>): Promise<Buffer> {
  const { headers, body } = await call
  const code = Number(headers['grpc-status'] ?? status.UNKNOWN)
  if (code === status.OK) return body.subarray(5)
  const metadata = Metadata.fromHttp2Headers(headers)
  throw new Refused(fromStatus({ code, details: messageOf(headers), metadata }))
}

/** The status message. grpc-js sends some texts without percent-encoding. */
export function messageOf(headers: IncomingHttpHeaders): string {
  const text = String(headers['grpc-message'] ?? '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
