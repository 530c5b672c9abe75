import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { Failure } from '../errors/failure.js'
import { trustedUntil, validTo } from './certificates.js'
import { connectionOf } from './connection.js'

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
 * How long a certificate still counts after the authorities have changed, if TLS has to verify it again because the certificates that stand
 * between are not known here, in milliseconds. In this time the client opens a new connection.
 */
const verifyAgainMs = 500

/** The authorities that are trusted now and were before, and since when, in milliseconds since the epoch. */
interface Trust {
  readonly current: readonly X509Certificate[]
  readonly previous: readonly X509Certificate[] | undefined
  readonly since: number
}

/**
 * The certificates of all open connections that have one. TLS verifies them when a connection opens; here they are looked at again, because
 * they expire, and the trusted certificates are replaced, while connections stay open.
 */
export class ClientCertificates {
  readonly #now: () => number
  /** With which authorities TLS verifies the certificate of a connection. */
  readonly #accepted = new Map<string, readonly X509Certificate[]>()
  readonly #connections = new Map<string, ConnectionCertificate>()
  #trust: Trust = { current: [], previous: undefined, since: 0 }

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** From now on only certificates that lead to these are trusted. Connections with others are asked to close. */
  trustOnly(trusted: readonly X509Certificate[]): void {
    this.#trust = { current: trusted, previous: this.#trust.current, since: this.#now() }
    void this.#closeUntrusted(trusted)
  }

  /** Call it when the handshake of TLS begins. */
  accept(socket: Socket): void {
    const connection = connectionOf(socket)
    this.#accepted.set(connection, this.#trust.current)
    socket.once('close', () => {
      this.#accepted.delete(connection)
      this.#connections.delete(connection)
    })
  }

  /** Call it if TLS has verified a client certificate. */
  add(socket: TLSSocket): void {
    const connection = connectionOf(socket)
    const verifiedWith = this.#accepted.get(connection)
    const leaf = socket.getPeerX509Certificate()
    if (!verifiedWith || !leaf) return
    this.#connections.set(connection, new ConnectionCertificate(leaf, verifiedWith, () => this.#trust, this.#now))
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
      if (this.#trust.current !== trusted) return
      certificate.trusted()
      await nextTurn()
    }
  }
}

class ConnectionCertificate implements ClientCertificate {
  readonly #leaf: X509Certificate
  readonly #sent: readonly X509Certificate[]
  readonly #trust: () => Trust
  readonly #now: () => number
  readonly #names: { readonly subjectAltName: string }
  /** The last authorities to which the certificate was known to lead. */
  #verifiedWith: readonly X509Certificate[]
  /** The authorities for which `#trustedUntil` was found. */
  #judgedFor: readonly X509Certificate[] | undefined
  #trustedUntil = 0
  /** Asks the client to close the connection. */
  close: () => void = () => {}

  constructor(leaf: X509Certificate, verifiedWith: readonly X509Certificate[], trust: () => Trust, now: () => number) {
    this.#leaf = leaf
    this.#sent = issuersOf(leaf)
    this.#verifiedWith = verifiedWith
    this.#trust = trust
    this.#now = now
    this.#names = { subjectAltName: leaf.subjectAltName ?? '' }
  }

  trusted(): { readonly subjectAltName: string } | undefined {
    const [time, trust] = [this.#now(), this.#trust()]
    if (this.#judgedFor !== trust.current) {
      this.#trustedUntil = this.#judge(trust, time)
      this.#judgedFor = trust.current
    }
    if (time >= this.#trustedUntil - renewalMs) this.close()
    return time < this.#trustedUntil ? this.#names : undefined
  }

  #judge({ current, previous, since }: Trust, time: number): number {
    const until = trustedUntil(this.#leaf, this.#sent, current, time)
    if (until > 0) {
      this.#verifiedWith = current
      return until
    }
    if (this.#verifiedWith === current) return validTo(this.#leaf)
    return this.#verifiedWith === previous ? Math.min(validTo(this.#leaf), since + verifyAgainMs) : 0
  }
}

/** More than any chain has. */
const maxIssuers = 10

/** The certificates that issued this one, as far as the client has sent them and Node shows them: Node 24 shows none. */
function issuersOf(leaf: X509Certificate): X509Certificate[] {
  const issuers: X509Certificate[] = []
  let next = leaf.issuerCertificate
  while (next && issuers.length < maxIssuers) {
    issuers.push(next)
    next = next.issuerCertificate
  }
  return issuers
}
