import { constants, type X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
  type TlsOptions as TlsServerOptions,
} from 'node:tls'
import { ConfigurationError } from '../config/read-settings.js'
import { WatchedFiles, type WatchedFilesOptions } from '../config/watched-files.js'
import type { Observer } from '../telemetry/observer.js'
import { type CertificatePair, parseClientCa, parsePair } from './certificates.js'
import { ClientCertificates } from './client-certificates.js'
import { connectTimeoutMs } from './listener.js'
import type { GrpcSettings } from './settings.js'

export interface TlsOptions {
  readonly settings: Pick<GrpcSettings, 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CLIENT_CA_FILE'>
  /** Whether a connection without a client certificate is refused. A certificate that is not trusted always is. */
  readonly requiresClientCertificate: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly observer: Pick<Observer, 'fileRejected'>
}

/** A set of watched files. */
interface Watched {
  start(): void
  stop(): void
}

/** Turns TCP connections into TLS connections. Its files may be replaced while it works; open connections stay as they are. */
export class TlsEndpoint {
  readonly clients: ClientCertificates
  readonly #server: Server
  readonly #files: readonly Watched[]

  private constructor(server: Server, clients: ClientCertificates, files: readonly Watched[]) {
    this.#server = server
    this.clients = clients
    this.#files = files
    for (const file of files) file.start()
  }

  /** Gives undefined if no certificate is configured. Rejects with ConfigurationError if a file cannot be used. */
  static async open(options: TlsOptions): Promise<TlsEndpoint | undefined> {
    const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = options.settings
    if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return undefined
    const { now, observer } = options
    const clients = new ClientCertificates(now)
    let server: Server | undefined
    const update = () => server?.setSecureContext(contextOf(pair.content, clientCa?.content))
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
    server = createTlsServer(contextOf(pair.content, clientCa?.content), {
      requestCert: clientCa !== undefined,
      rejectUnauthorized: options.requiresClientCertificate,
    })
    return new TlsEndpoint(server, clients, clientCa ? [pair, clientCa] : [pair])
  }

  /** `onSecure` is called when the client may use HTTP/2 on the connection. Other connections are destroyed. */
  onSecure(onSecure: (socket: TLSSocket) => void): void {
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      // Errors of the connection end it, which is seen there.
      socket.on('error', () => {})
      if (!isAcceptable(socket)) {
        socket.destroy()
        return
      }
      if (socket.authorized) this.clients.add(socket)
      onSecure(socket)
    })
  }

  accept(socket: Socket): void {
    this.clients.accept(socket)
    this.#server.emit('connection', socket)
  }

  /** Reads the files no more. */
  stop(): void {
    for (const file of this.#files) file.stop()
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

function createTlsServer(
  context: SecureContextOptions,
  clientCertificates: Pick<TlsServerOptions, 'requestCert' | 'rejectUnauthorized'>,
): Server {
  return createServer({ ...context, ...clientCertificates, ALPNProtocols: ['h2'], handshakeTimeout: connectTimeoutMs })
}

/**
 * Whether the client speaks HTTP/2, and has no certificate or one that is trusted. With one that is not, it would be an unknown caller for as
 * long as the connection lives, even if its certificate becomes trusted a moment later.
 */
function isAcceptable(socket: TLSSocket): boolean {
  return socket.alpnProtocol === 'h2' && (socket.authorized || socket.getPeerX509Certificate() === undefined)
}
