import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer, globalAgent, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Authority, type Certificate, serverNames } from '../../../dev/authority.js'

/** The authorities that this process trusts. */
const trusted = new Set<string>()

function trust(cert: string, isTrusted: boolean): void {
  if (isTrusted) trusted.add(cert)
  else trusted.delete(cert)
  if (trusted.size > 0) globalAgent.options.ca = [...trusted]
  // Not undefined: the options of the agent replace those of a request, also in other files of the run.
  else delete globalAgent.options.ca
}

/** The HTTPS server of an identity provider. */
export class JwksServer {
  /** How requests are answered from now on. */
  answer: RequestListener
  #requests = 0
  readonly #server: Server
  readonly #ca: string

  private constructor(certificate: Certificate, ca: string, answer: RequestListener) {
    this.answer = answer
    this.#ca = ca
    this.#server = createServer({ ...certificate }, (request, response) => {
      this.#requests += 1
      this.answer(request, response)
    })
  }

  /** By default this process trusts its authority until `close`. */
  static async start(answer: RequestListener, { isTrusted = true } = {}): Promise<JwksServer> {
    const authority = await Authority.create()
    const server = new JwksServer(await authority.issue({ names: serverNames }), authority.cert, answer)
    trust(authority.cert, isTrusted)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** How many requests there were. */
  get requests(): number {
    return this.#requests
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`
  }

  async close(): Promise<void> {
    trust(this.#ca, false)
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }
}

export const answerWith =
  (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response: ServerResponse) =>
    response.writeHead(status, headers).end(body)
