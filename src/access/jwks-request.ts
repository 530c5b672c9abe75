import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'

/** From the connection to the end of the answer, in milliseconds. */
const maxRequestMs = 3000
const maxBytes = 262_144

/** Why a JWKS could not be read. Contains nothing of the answer. */
class JwksRequestError extends Error {
  override readonly name = 'JwksRequestError'
  readonly code: string | number

  constructor(code: string | number) {
    super('the JWKS could not be read')
    this.code = code
  }
}

/** Reads the text of a JWKS. Follows no redirect: the address of the setting is the one that is trusted. */
export async function requestJwks(url: string): Promise<string> {
  const signal = AbortSignal.timeout(maxRequestMs)
  const sent = request(url, { headers: { accept: 'application/jwk-set+json, application/json' }, signal })
  // An answer that is cut off is an error of the request too, which nobody else would handle.
  sent.on('error', () => {})
  sent.end()
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new JwksRequestError(response.statusCode ?? 0)
    return await textOf(response)
  } catch (error) {
    throw signal.aborted ? new JwksRequestError('ETIMEDOUT') : error
  } finally {
    sent.destroy()
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new JwksRequestError('TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
