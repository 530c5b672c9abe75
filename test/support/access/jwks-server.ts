import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer, globalAgent, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificate } from '../../../dev/certificates.js'
import { temporaryFolder } from './temporary-folder.js'

/** The certificates that this process trusts. */
const trusted = new Set<Buffer>()

function trust(cert: Buffer, isTrusted: boolean): void {
  if (isTrusted) trusted.add(cert)
  else trusted.delete(cert)
  globalAgent.options.ca = trusted.size > 0 ? [...trusted] : undefined
}

/** The HTTPS server of an identity provider. */
export class JwksServer {
  /** How requests are answered from now on. */
  answer: RequestListener
  #requests = 0
  readonly #server: Server
  readonly #cert: Buffer

  private constructor(key: Buffer, cert: Buffer, answer: RequestListener) {
    this.answer = answer
    this.#cert = cert
    this.#server = createServer({ key, cert }, (request, response) => {
      this.#requests += 1
      this.answer(request, response)
    })
  }

  /** By default this process trusts its certificate until `close`. */
  static async start(answer: RequestListener, { isTrusted = true } = {}): Promise<JwksServer> {
    const { certFile, keyFile } = await createCertificate(await temporaryFolder())
    const cert = await readFile(certFile)
    const server = new JwksServer(await readFile(keyFile), cert, answer)
    trust(cert, isTrusted)
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
    trust(this.#cert, false)
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }
}

export const answerWith =
  (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response: ServerResponse) =>
    response.writeHead(status, headers).end(body)
