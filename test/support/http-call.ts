import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as sendRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { JsonObject } from '@bufbuild/protobuf'

/** A request as bytes, for what no client library sends. */
export interface HttpCall {
  /** By default POST. */
  readonly method?: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

export interface HttpCallAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Makes one request on a connection of its own. `address` is `host:port`. Rejects if there is no answer. */
export async function httpCall(
  address: string,
  { method = 'POST', path, headers = {}, body }: HttpCall,
): Promise<HttpCallAnswer> {
  const url = new URL(`http://${address}`)
  const request = sendRequest({ host: url.hostname, port: url.port, agent: false, method, path, headers })
  const answer = new Promise<HttpCallAnswer>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      const { statusCode = 0, headers: received } = response
      buffer(response).then((bytes) => resolve({ status: statusCode, headers: received, body: bytes }), reject)
    })
  })
  request.end(body)
  return await answer
}

export const jsonOf = ({ body }: HttpCallAnswer) => JSON.parse(body.toString()) as JsonObject
