import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'
import { Authority, serverNames } from '../../dev/authority.js'

/** A request that the gateway received. */
export interface GatewayRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Starts a real server that handles each request with `answer`. Over HTTPS nobody trusts its certificate. Stopped after the test file. */
export async function startGateway(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  protocol: 'http' | 'https' = 'http',
) {
  const requests: GatewayRequest[] = []
  let connections = 0
  const receive: RequestListener = async (request, response) => {
    const { method, url, headers } = request
    requests.push({ method, url, headers, body: await text(request) })
    answer(response, request)
  }
  const server = protocol === 'http' ? createServer(receive) : createTlsServer(await untrustedCertificate(), receive)
  server.on('connection', () => {
    connections += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, requests, connections: () => connections }
}

async function untrustedCertificate() {
  const authority = await Authority.create()
  return authority.issue({ names: serverNames })
}
