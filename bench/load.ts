import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { performance } from 'node:perf_hooks'

/** What a load has measured. Latencies in milliseconds. */
export interface LoadResult {
  readonly calls: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  /** How many of the calls were refused. */
  readonly refused: number
}

/** A call: its directory, and its message as gRPC frames it. */
export interface Request {
  readonly directoryId: string
  /** The header, for a service that authenticates its callers. */
  readonly authorization?: string
  readonly message: Uint8Array
}

/** The calls of a load. */
export interface Operation {
  readonly path: string
  readonly nextRequest: () => Request
  /** By default false: a refused call ends the load. */
  readonly canBeRefused?: boolean
}

export interface LoadOptions extends Operation {
  readonly address: string
  /** The authority of the service's certificate in PEM; absent if the service does not encrypt. */
  readonly ca?: string | undefined
  /** How many calls are open at the same time, and over how many connections; by default over one. */
  readonly inFlight: number
  readonly connections?: number
  /** The load ends after this time, or after `maxCalls` calls. */
  readonly seconds: number
  readonly maxCalls?: number
  /** Ends the load early. */
  readonly signal?: AbortSignal
}

/**
 * Makes calls over HTTP/2 connections; when one is answered, the next one is sent. Rejects if a call is refused, unless it can be.
 * Uses HTTP/2 directly, because a gRPC client costs several times as much as the server.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const sessions = await Promise.all(
    Array.from({ length: options.connections ?? 1 }, () => openSession(options.address, options.ca)),
  )
  const makeCall = async (index: number) => {
    const status = await call(sessionOf(sessions, index), options.path, options.nextRequest())
    return status === okStatus ? undefined : status
  }
  try {
    return await measureCalls(makeCall, options)
  } finally {
    for (const session of sessions) session.destroy()
  }
}

/** Makes calls with any client; `makeCall` gets the number of the call, and gives the status of one that is refused. */
export async function measureCalls(
  makeCall: (index: number) => Promise<string | undefined>,
  {
    inFlight,
    seconds,
    maxCalls = Number.POSITIVE_INFINITY,
    canBeRefused = false,
    signal,
  }: Omit<LoadOptions, 'path' | 'nextRequest' | 'address' | 'ca'>,
): Promise<LoadResult> {
  const latencies: number[] = []
  const startTime = performance.now()
  const endTime = startTime + seconds * 1000
  let started = 0
  let refused = 0
  const makeCalls = async () => {
    while (performance.now() < endTime && started < maxCalls && !signal?.aborted) {
      started += 1
      const callTime = performance.now()
      const status = await makeCall(started)
      if (status !== undefined) refused += 1
      if (status !== undefined && !canBeRefused) throw new Error(`a call was refused with status ${status}`)
      latencies.push(performance.now() - callTime)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, makeCalls))
  return { ...summarize(latencies, (performance.now() - startTime) / 1000), refused }
}

function sessionOf(sessions: readonly ClientHttp2Session[], index: number): ClientHttp2Session {
  const session = sessions[index % sessions.length]
  if (!session) throw new Error('there is no connection')
  return session
}

/** Measures work that is done repeatedly, once at a time, for comparison with calls. */
export async function loadSequentially(work: () => Promise<unknown>, seconds: number): Promise<LoadResult> {
  const latencies: number[] = []
  const startTime = performance.now()
  const endTime = startTime + seconds * 1000
  while (performance.now() < endTime) {
    const workTime = performance.now()
    await work()
    latencies.push(performance.now() - workTime)
  }
  return summarize(latencies, (performance.now() - startTime) / 1000)
}

function summarize(latencies: number[], seconds: number): LoadResult {
  const sorted = latencies.sort((one, other) => one - other)
  const quantile = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { calls: sorted.length, seconds, p50: quantile(0.5), p99: quantile(0.99), refused: 0 }
}

/** A connection to the service, over TLS with a `ca`. Its owner destroys it. */
export async function openSession(address: string, ca?: string): Promise<ClientHttp2Session> {
  const session = ca === undefined ? connect(`http://${address}`) : connect(`https://${address}`, { ca })
  await once(session, 'connect')
  // When the service has ended, its calls fail. Without a listener the error would end the benchmark before it has cleaned up.
  session.on('error', () => {})
  return session
}

/** The status of a call that was not refused. */
export const okStatus = '0'

/** Makes one call, and gives its status, a number as text. */
export function call(
  session: ClientHttp2Session,
  path: string,
  { directoryId, authorization, message }: Request,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-resource-directory-id': directoryId,
      ...(authorization !== undefined && { authorization }),
    })
    let grpcStatus: unknown
    stream.on('response', (headers) => {
      grpcStatus ??= headers['grpc-status']
    })
    stream.on('trailers', (headers) => {
      grpcStatus = headers['grpc-status']
    })
    stream.on('error', reject)
    stream.on('close', () => resolve(String(grpcStatus)))
    stream.resume()
    stream.end(message)
  })
}

/** A message as gRPC frames it: one byte for "not compressed", four for the length, then the message. */
export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.byteLength, 1)
  return Buffer.concat([prefix, message])
}
