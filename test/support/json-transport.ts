import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { create, fromJsonString, toJsonString } from '@bufbuild/protobuf'
import type { Answer, CallPipeline } from '../../src/calls/pipeline.js'
import { type BoundService, routesOf } from '../../src/calls/service.js'
import { errorCatalog } from '../../src/errors/catalog.js'

export interface JsonTransport {
  /** `http://host:port` */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Serves the operations of a service as `POST /package.Service/Method` with JSON bodies; the header `x-timeout-ms` sets a deadline.
 * It exists to prove that `CallPipeline` knows no transport.
 */
export async function startJsonTransport(service: BoundService, pipeline: CallPipeline): Promise<JsonTransport> {
  const routes = routesOf(service)
  const server = createServer((request, response) => {
    const route = routes.find(({ path }) => request.url === path)
    if (!route) return response.writeHead(404).end()
    const { method } = route
    const header = (name: string) => request.headersDistinct[name] ?? []
    const clientDeadline = Date.now() + Number(header('x-timeout-ms')[0] ?? Number.POSITIVE_INFINITY)
    const handle = (body: string) =>
      pipeline.handle<string>(route, {
        header,
        certificate: () => undefined,
        clientDeadline,
        isCancelled: () => response.destroyed,
        decode: () => fromJsonString(method.input, body),
        encode: (result) => toJsonString(method.output, create(method.output, result)),
        answer: (answer) => send(answer, response),
      })
    text(request).then(handle, () => response.destroy())
  })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

function send({ requestId, encoded, failure }: Answer<string>, response: ServerResponse) {
  response.setHeader('content-type', 'application/json').setHeader('x-request-id', requestId)
  if (!failure) return response.end(encoded)
  const { httpStatus, code, message } = errorCatalog[failure.reason]
  response.writeHead(httpStatus).end(JSON.stringify({ reason: failure.reason, code, message, requestId }))
}
