import type { IncomingMessage } from 'node:http'
import { HttpError } from './answers.js'

/** How much of a body that nobody reads is discarded before the connection is cut, in bytes. */
const maxDiscardedBytes = 1024 * 1024

/**
 * Reads the body of a request. Rejects with HttpError as soon as it is too large, without reading the rest. Rejects with another error if the
 * client goes away.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, onTooLarge: () => void): Promise<Buffer> {
  const check = (size: number) => {
    if (size <= maxBytes) return
    onTooLarge()
    throw new HttpError(413, 'The body is larger than this service accepts.')
  }
  check(Number(request.headers['content-length'] ?? 0))
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.byteLength
    check(size)
  }
  return Buffer.concat(chunks)
}

/**
 * Discards what was not read of a body: a client that still sends would otherwise lose the answer. Cuts the connection of one that sends too
 * much.
 */
export function discardBody(request: IncomingMessage): void {
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.byteLength
    if (size > maxDiscardedBytes) request.destroy()
  })
}
