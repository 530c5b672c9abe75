import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { ChannelCredentials } from '@grpc/grpc-js'
import { Authority, type Certificate, serverNames } from '../../dev/authority.js'
import type { Authenticate } from '../../src/access/authenticate.js'
import { Failure } from '../../src/errors/failure.js'
import { CertificateFiles } from './certificate-files.js'
import type { ContactsClient } from './client.js'
import { known, type RunningToy, startToy, type Toy, type ToyOptions, type ToySettings } from './toy-service.js'

/** A service over TLS, in front of a toy. */
export interface SecureToy extends RunningToy {
  /** `cert.pem`, `key.pem`, and `client-ca.pem` if there is one. */
  readonly files: CertificateFiles
  /** Issues the certificates of the server. */
  readonly authority: Authority
  /** A gRPC client, with this certificate or with none. */
  secureClient(certificate?: Certificate): ContactsClient
  /** A TLS connection as a client of any kind opens it. */
  openTls(options?: ConnectionOptions): TLSSocket
}

export interface SecureToyOptions extends ToyOptions {
  /** The texts of these files instead of a certificate that works and no client CA. */
  readonly files?: Readonly<Record<string, string>>
}

/** A certificate of a new authority for a service on this machine, as files, and the settings that name them. */
export async function prepareTls({ files = {}, settings }: Pick<SecureToyOptions, 'files' | 'settings'>) {
  const authority = await Authority.create()
  const { cert, key } = await authority.issue({ names: serverNames })
  const written = await CertificateFiles.create({ 'cert.pem': cert, 'key.pem': key, ...files })
  const all: Partial<ToySettings> = {
    TLS_CERT_FILE: written.path('cert.pem'),
    TLS_KEY_FILE: written.path('key.pem'),
    ...('client-ca.pem' in files && { TLS_CLIENT_CA_FILE: written.path('client-ca.pem') }),
    // A test that waits for a new certificate connects again and again, and every connection counts for seconds.
    MAX_CONNECTIONS_PER_IP: 100_000,
    ...settings,
  }
  return { authority, files: written, settings: all }
}

export async function startSecureToy(
  toy: Toy,
  { files, settings, ...options }: SecureToyOptions = {},
): Promise<SecureToy> {
  const prepared = await prepareTls({ ...(files && { files }), ...(settings && { settings }) })
  const { authority, files: written } = prepared
  const running = await startToy(toy, { ...options, settings: prepared.settings })
  const ca = Buffer.from(authority.cert)
  return {
    ...running,
    files: written,
    authority,
    secureClient(certificate) {
      const own = certificate ? [Buffer.from(certificate.key), Buffer.from(certificate.cert)] : []
      const reconnect = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 100 }
      return running.connect(reconnect, ChannelCredentials.createSsl(ca, ...own))
    },
    openTls(tlsOptions) {
      const port = Number(running.address.split(':')[1])
      return connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['h2'], ...tlsOptions })
    },
  }
}

/** Takes the subjectAltName of the client's certificate as the caller's id. */
export const authenticateByCertificate: Authenticate = ({ certificate }) => {
  const subjectAltName = certificate()?.subjectAltName
  if (subjectAltName === undefined) throw new Failure('UNAUTHENTICATED')
  return { id: subjectAltName, via: 'mtls', directories: ['toy'], roles: ['administrator'] }
}

/** Answers with the caller's id. */
export const nameCaller: Toy = async (_, { requestId, caller }) => ({ requestId, contact: { name: caller.id } })

/** The caller's id as the service sees it. */
export async function callerOf(client: ContactsClient, deadlineMs?: number): Promise<string | undefined> {
  const { response } = await client.addMessageContact({}, { ...known, ...(deadlineMs && { deadlineMs }) })
  return response.contact?.name
}
