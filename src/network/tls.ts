import { constants, type X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import { ConfigurationError } from '../config/read-settings.js'
import { WatchedFiles, type WatchedFilesOptions } from '../config/watched-files.js'
import type { Observer } from '../telemetry/observer.js'
import { type CertificatePair, parseClientCa, parsePair } from './certificates.js'
import { ClientCertificates } from './client-certificates.js'
import { connectTimeoutMs } from './connection.js'
import type { NetworkSettings } from './settings.js'

export interface TlsOptions {
  readonly settings: Pick<NetworkSettings, 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CLIENT_CA_FILE'>
  /** Whether a connection without a client certificate is refused. A certificate that is not trusted always is. */
  readonly requiresClientCertificate: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly observer: Pick<Observer, 'fileRejected'>
}

/** What clients speak on a connection, by its name in ALPN. */
export type Protocol = 'h2' | 'http/1.1'

/** The certificate of the service and the authorities of clients. Their files may be replaced while the process runs; open connections stay as they are. */
export class TlsFiles {
  readonly clients: ClientCertificates
  readonly #pair: WatchedFiles<CertificatePair>
  readonly #clientCa: WatchedFiles<readonly X509Certificate[]> | undefined
  readonly #requiresClientCertificate: boolean
  readonly #servers: Server[] = []

  private constructor(
    pair: WatchedFiles<CertificatePair>,
    clientCa: WatchedFiles<readonly X509Certificate[]> | undefined,
    clients: ClientCertificates,
    requiresClientCertificate: boolean,
  ) {
    this.#pair = pair
    this.#clientCa = clientCa
    this.clients = clients
    this.#requiresClientCertificate = requiresClientCertificate
    pair.start()
    clientCa?.start()
  }

  /** Gives undefined if no certificate is configured. Rejects with ConfigurationError if a file cannot be used. */
  static async open(options: TlsOptions): Promise<TlsFiles | undefined> {
    const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = options.settings
    if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return undefined
    const { now, observer, requiresClientCertificate } = options
    const clients = new ClientCertificates(now)
    let files: TlsFiles | undefined
    const update = () => {
      if (files) files.#update()
    }
    const pair = await openFiles('TLS_CERT_FILE and TLS_KEY_FILE', {
      paths: [TLS_CERT_FILE, TLS_KEY_FILE],
      parse: ([cert = noText, key = noText]) => parsePair(cert, key, now()),
      onChange: update,
      onRejected: (problems) => observer.fileRejected('certificate', problems),
    })
    const clientCa = await openClientCa(TLS_CLIENT_CA_FILE, options, (trusted) => {
      clients.trustOnly(trusted)
      update()
    })
    files = new TlsFiles(pair, clientCa, clients, requiresClientCertificate)
    return files
  }

  /**
   * Gives a function that turns a TCP connection into a TLS connection. `onSecure` is called when the client may use the protocol on it. Other
   * connections are destroyed.
   */
  accepting(protocol: Protocol, onSecure: (socket: TLSSocket) => void): (socket: Socket) => void {
    const server = createServer({
      ...this.#context,
      requestCert: this.#clientCa !== undefined,
      rejectUnauthorized: this.#requiresClientCertificate,
      ALPNProtocols: [protocol],
      handshakeTimeout: connectTimeoutMs,
    })
    this.#servers.push(server)
    server.on('secureConnection', (socket: TLSSocket) => {
      // Errors of the connection end it, which is seen there.
      socket.on('error', () => {})
      if (!isAcceptable(socket, protocol)) {
        socket.destroy()
        return
      }
      if (socket.authorized) this.clients.add(socket)
      onSecure(socket)
    })
    return (socket) => {
      this.clients.accept(socket)
      server.emit('connection', socket)
    }
  }

  /** Reads the files no more. */
  stop(): void {
    this.#pair.stop()
    this.#clientCa?.stop()
  }

  get #context(): SecureContextOptions {
    return contextOf(this.#pair.content, this.#clientCa?.content)
  }

  #update(): void {
    for (const server of this.#servers) server.setSecureContext(this.#context)
  }
}

/** Stands for a file that `WatchedFiles` did not give, which does not happen. */
const noText = Buffer.alloc(0)

function openClientCa(
  path: string | undefined,
  { now, observer }: TlsOptions,
  onChange: (trusted: readonly X509Certificate[]) => void,
) {
  if (path === undefined) return undefined
  return openFiles('TLS_CLIENT_CA_FILE', {
    paths: [path],
    parse: ([text = noText]) => parseClientCa(text, now()),
    onChange,
    onRejected: (problems) => observer.fileRejected('client CA', problems),
  })
}

async function openFiles<Content>(
  settings: string,
  options: WatchedFilesOptions<Content>,
): Promise<WatchedFiles<Content>> {
  try {
    return await WatchedFiles.open(options)
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw new ConfigurationError([`${settings} must name files that can be read`])
  }
}

function contextOf({ cert, key }: CertificatePair, clientCa: readonly X509Certificate[] = []): SecureContextOptions {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    // A connection that resumes an earlier one would have the client certificate and the trust of that time.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
    ...(clientCa.length > 0 && { ca: clientCa.map(String) }),
  }
}

/**
 * Whether the client speaks the protocol, and has no certificate or one that is trusted. With one that is not, it would be an unknown caller for
 * as long as the connection lives, even if its certificate becomes trusted a moment later.
 */
function isAcceptable(socket: TLSSocket, protocol: Protocol): boolean {
  // Clients that know no ALPN speak HTTP/1.1.
  const { alpnProtocol = false } = socket
  const isUsable = alpnProtocol === protocol || (protocol === 'http/1.1' && alpnProtocol === false)
  return isUsable && (socket.authorized || socket.getPeerX509Certificate() === undefined)
}
