import { type IncomingHttpHeaders, type OutgoingHttpHeaders, type RequestOptions, request as sendHttp } from 'node:http'
import { request as sendHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { ConnectionOptions } from 'node:tls'
import type { JsonObject } from '@bufbuild/protobuf'

/** A request as bytes, for what no client library sends. */
export interface HttpCall {
  /** By default POST. */
  readonly method?: string
  readonly path: string
  /** Or names and values in turn, for headers that stand there twice. */
  readonly headers?: OutgoingHttpHeaders | readonly string[]
  readonly body?: string | Uint8Array
}

export interface HttpCallAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Makes one request on a connection of its own. `address` is `host:port`. Rejects if there is no answer. */
export const httpCall = (address: string, call: HttpCall): Promise<HttpCallAnswer> => send(sendHttp, address, call)

/** The same over TLS, with these options of the connection. */
export const httpsCall = (address: string, call: HttpCall, tls: ConnectionOptions): Promise<HttpCallAnswer> =>
  send((options) => sendHttps({ ...options, ...tls } as RequestOptions), address, call)

async function send(
  sendRequest: (options: RequestOptions) => ReturnType<typeof sendHttp>,
  address: string,
  { method = 'POST', path, headers = {}, body }: HttpCall,
): Promise<HttpCallAnswer> {
  const { hostname: host, port } = new URL(`http://${address}`)
  const request = sendRequest({ host, port, agent: false, method, path, headers })
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
