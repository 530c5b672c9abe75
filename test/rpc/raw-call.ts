import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { Metadata, status } from '@grpc/grpc-js'
import { fromStatus } from '../../src/rpc/status.js'
import { Refused } from '../client.js'

/** One call as bytes, for what no gRPC library can be brought to send. */
export interface RawCall {
  /** `/package.Service/Method` */
  readonly path: string
  /** Beside those that every call must have, or instead of them; `undefined` leaves one out. */
  readonly headers?: OutgoingHttpHeaders
  /** What is sent, as it is: see `frame`. By default nothing. */
  readonly body?: Buffer
  /** Sent after the body, once it is kept; until then the call has not arrived whole. */
  readonly rest?: Promise<Buffer>
}

/** What came back. */
export interface RawAnswer {
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The code of the RST_STREAM that ended the call; 0 where it ended well. */
  readonly resetCode: number
}

/** Longer than any answer takes. */
const patienceMs = 10_000

/** A message as gRPC puts it on the wire: one byte that says whether it is compressed, four of length, the message. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt8(flag, 0)
  prefix.writeUInt32BE(message.byteLength, 1)
  return Buffer.concat([prefix, message])
}

/** Makes one call on a connection of its own, which ends with it. */
export async function rawCall(address: string, call: RawCall): Promise<RawAnswer> {
  const session = connect(`http://${address}`)
  // What ends the connection ends the call as well, and is told there.
  session.on('error', () => {})
  try {
    return await callOn(session, call)
  } finally {
    session.destroy()
  }
}

/** Makes one call on a connection that lives on. Resolves however the call ended. */
export function callOn(session: ClientHttp2Session, { path, headers = {}, body, rest }: RawCall): Promise<RawAnswer> {
  const all = { ':method': 'POST', ':path': path, te: 'trailers', 'content-type': 'application/grpc', ...headers }
  const stream = session.request(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
  stream.setTimeout(patienceMs, () => stream.destroy(new Error('no answer')))
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

/** The answer's message; rejects with Refused, as a client does, where the call was refused. */
export async function answered(call: Promise<RawAnswer>): Promise<Buffer> {
  const { headers, body } = await call
  const code = Number(headers['grpc-status'] ?? status.UNKNOWN)
  if (code === status.OK) return body.subarray(5)
  const metadata = Metadata.fromHttp2Headers(headers)
  throw new Refused(fromStatus({ code, details: messageOf(headers), metadata }))
}

/** grpc-js puts some texts on the wire as they are, percent signs and all. */
export function messageOf(headers: IncomingHttpHeaders): string {
  const text = String(headers['grpc-message'] ?? '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
