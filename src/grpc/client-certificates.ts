import type { X509Certificate } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { Failure } from '../errors/failure.js'
import { trustedUntil } from './certificates.js'
import { connectionOf } from './listener.js'

/** The certificate of a client whose connection is open. */
export interface ClientCertificate {
  /** The subjectAltName as Node gives it, while the certificate is trusted. */
  trusted(): { readonly subjectAltName: string } | undefined
}

/** The names of a client certificate; undefined if there is none. One that no longer counts is invalid and not absent: UNAUTHENTICATED. */
export function namesOf(certificate: ClientCertificate | undefined): { readonly subjectAltName: string } | undefined {
  const names = certificate?.trusted()
  if (certificate && !names) throw new Failure('UNAUTHENTICATED')
  return names
}

/** A connection that is closed so long before its certificate expires is replaced by its client in time, in milliseconds. */
const renewalMs = 10_000

/**
 * The certificates of all open connections that have one. TLS verifies them when a connection opens; here they are looked at again, because
 * they expire, and the trusted certificates are replaced, while connections stay open.
 */
export class ClientCertificates {
  readonly #now: () => number
  readonly #connections = new Map<string, ConnectionCertificate>()
  #trusted: readonly X509Certificate[] = []

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** From now on only certificates that lead to these are trusted. Connections with others are asked to close. */
  trustOnly(trusted: readonly X509Certificate[]): void {
    this.#trusted = trusted
    void this.#closeUntrusted(trusted)
  }

  /** Adds a connection whose client certificate TLS has verified, until it is closed. */
  add(socket: TLSSocket): void {
    const leaf = socket.getPeerX509Certificate()
    if (!leaf) return
    const connection = connectionOf(socket)
    const certificate = new ConnectionCertificate(leaf, () => this.#trusted, this.#now)
    this.#connections.set(connection, certificate)
    socket.once('close', () => this.#connections.delete(connection))
  }

  /** The certificate of an open connection, by the name that `connectionOf` gives it. */
  of(connection: string): ClientCertificate | undefined {
    return this.#connections.get(connection)
  }

  /** `close` lets the calls of the connection finish; the client then opens another one, with the certificate that it has then. */
  onOpened(connection: string, close: () => void): void {
    const certificate = this.#connections.get(connection)
    if (certificate) certificate.close = close
  }

  /** Looks at one connection per turn of the event loop, because verifying signatures takes time. */
  async #closeUntrusted(trusted: readonly X509Certificate[]): Promise<void> {
    for (const certificate of [...this.#connections.values()]) {
      if (this.#trusted !== trusted) return
      certificate.trusted()
      await nextTurn()
    }
  }
}

class ConnectionCertificate implements ClientCertificate {
  readonly #leaf: X509Certificate
  readonly #sent: readonly X509Certificate[]
  readonly #currentlyTrusted: () => readonly X509Certificate[]
  readonly #now: () => number
  readonly #names: { readonly subjectAltName: string }
  /** The certificates with which `#trustedUntil` was found. */
  #verifiedWith: readonly X509Certificate[] | undefined
  #trustedUntil = 0
  /** Asks the client to close the connection. */
  close: () => void = () => {}

  constructor(leaf: X509Certificate, currentlyTrusted: () => readonly X509Certificate[], now: () => number) {
    this.#leaf = leaf
    this.#sent = issuersOf(leaf)
    this.#currentlyTrusted = currentlyTrusted
    this.#now = now
    this.#names = { subjectAltName: leaf.subjectAltName ?? '' }
  }

  trusted(): { readonly subjectAltName: string } | undefined {
    const [time, trusted] = [this.#now(), this.#currentlyTrusted()]
    if (this.#verifiedWith !== trusted) {
      this.#trustedUntil = trustedUntil(this.#leaf, this.#sent, trusted, time)
      this.#verifiedWith = trusted
    }
    if (time >= this.#trustedUntil - renewalMs) this.close()
    return time < this.#trustedUntil ? this.#names : undefined
  }
}

/** More than any chain has. */
const maxIssuers = 10

/** The certificates that issued this one, as far as the client has sent them. */
function issuersOf(leaf: X509Certificate): X509Certificate[] {
  const issuers: X509Certificate[] = []
  let next = leaf.issuerCertificate
  while (next && issuers.length < maxIssuers) {
    issuers.push(next)
    next = next.issuerCertificate
  }
  return issuers
}
