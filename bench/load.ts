import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { performance } from 'node:perf_hooks'

/** How a load went. Latencies in milliseconds. */
export interface Load {
  readonly calls: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
}

/** One call: for which directory, and its message as gRPC frames it. */
export interface Request {
  readonly directoryId: string
  readonly message: Uint8Array
}

/** What is called, over and over. */
export interface Operation {
  readonly path: string
  readonly nextRequest: () => Request
}

export interface LoadOptions extends Operation {
  readonly address: string
  readonly inFlight: number
  /** Ends when either is reached. */
  readonly seconds: number
  readonly calls?: number
}

/**
 * Calls over one HTTP/2 connection, `inFlight` of them at a time: as soon as one is answered the next one leaves.
 * Written on HTTP/2 itself, since a gRPC client costs several times what the server does. Rejects when a call is refused.
 */
export async function load(options: LoadOptions): Promise<Load> {
  const session = connect(`http://${options.address}`)
  await once(session, 'connect')
  const latencies: number[] = []
  const begun = performance.now()
  let started = 0
  const more = () =>
    performance.now() - begun < options.seconds * 1000 && started < (options.calls ?? Number.POSITIVE_INFINITY)
  const caller = async () => {
    while (more()) {
      started += 1
      const at = performance.now()
      await call(session, options.path, options.nextRequest())
      latencies.push(performance.now() - at)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.inFlight }, caller))
  } finally {
    session.destroy()
  }
  return summary(latencies, (performance.now() - begun) / 1000)
}

/** Latencies of work done one after the other, for comparison. */
export async function oneAfterAnother(work: (call: number) => Promise<unknown>, seconds: number): Promise<Load> {
  const latencies: number[] = []
  const begun = performance.now()
  while (performance.now() - begun < seconds * 1000) {
    const at = performance.now()
    await work(latencies.length)
    latencies.push(performance.now() - at)
  }
  return summary(latencies, (performance.now() - begun) / 1000)
}

function summary(latencies: number[], seconds: number): Load {
  const sorted = latencies.sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { calls: sorted.length, seconds, p50: at(0.5), p99: at(0.99) }
}

function call(session: ClientHttp2Session, path: string, { directoryId, message }: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-resource-directory-id': directoryId,
    })
    let grpcStatus: unknown
    stream.on('response', (headers) => {
      grpcStatus ??= headers['grpc-status']
    })
    stream.on('trailers', (headers) => {
      grpcStatus = headers['grpc-status']
    })
    stream.on('error', reject)
    stream.on('close', () => {
      if (grpcStatus === '0') resolve()
      else reject(new Error(`a call under load was refused with status ${String(grpcStatus)}`))
    })
    stream.resume()
    stream.end(message)
  })
}

/** A message as gRPC frames it: not compressed, then its length, then its bytes. */
export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.byteLength, 1)
  return Buffer.concat([prefix, message])
}
