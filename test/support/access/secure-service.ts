import { readFile } from 'node:fs/promises'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import type { JsonGeneralName } from '@peculiar/x509'
import { Authority, serverNames } from '../../../dev/authority.js'
import { type ApiToken, callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { CertificateFiles } from '../certificate-files.js'
import { ContactsClient } from '../client.js'
import { type RunningService, startService } from '../running-service.js'

/** A service with TLS, and what its callers need. */
export interface SecureService extends RunningService {
  readonly token: ApiToken
  readonly ca: Buffer
  /** A new certificate of the authority of clients, as files `client.crt` and `client.key` of `folder` too. */
  issue(names: readonly JsonGeneralName[]): Promise<{ readonly cert: Buffer; readonly key: Buffer }>
  /** A client over TLS. */
  connect(channelCredentials: ChannelCredentials): ContactsClient
  /** Has `ca.crt` and `token` too. */
  readonly files: CertificateFiles
}

/** Callers whom the callers file of a secure service lists beside that of the token. */
const callersWithCertificates = `
  - { id: notifier, spiffe: spiffe://example.org/notifier, directories: [rd-1], roles: [reader] }
  - { id: console, dns: console.example.org, directories: [rd-1], roles: [reader] }
`

/** Starts a service with TLS on localhost. `AUTHENTICATION` names `token`, `mtls` or both. */
export async function startSecureService(AUTHENTICATION: string): Promise<SecureService> {
  const authority = await Authority.create('Servers')
  const clients = await Authority.create('Clients')
  const { cert, key } = await authority.issue({ names: serverNames })
  const token = createApiToken(Buffer.alloc(32, 1))
  const caller = callersFileEntry(token, { id: 'script', directories: ['rd-1'], roles: ['reader'] })
  const files = await CertificateFiles.create({
    'ca.crt': authority.cert,
    'server.crt': cert,
    'server.key': key,
    'client-ca.crt': clients.cert,
    'callers.yaml': `callers:\n${caller}${callersWithCertificates}`,
    token: token.token,
  })
  const service = await startService({
    environment: {
      HTTP_LISTEN: '127.0.0.1:0',
      AUTHENTICATION,
      CALLERS_FILE: files.path('callers.yaml'),
      TLS_CERT_FILE: files.path('server.crt'),
      TLS_KEY_FILE: files.path('server.key'),
      ...(AUTHENTICATION.includes('mtls') && { TLS_CLIENT_CA_FILE: files.path('client-ca.crt') }),
    },
  })
  const open: ContactsClient[] = []
  const address = service.app.address.replace('127.0.0.1', 'localhost')
  return {
    ...service,
    token,
    files,
    ca: await readFile(files.path('ca.crt')),
    async issue(names) {
      const issued = await clients.issue({ name: 'console.example.org', names })
      await files.write({ 'client.crt': issued.cert, 'client.key': issued.key })
      return { cert: Buffer.from(issued.cert), key: Buffer.from(issued.key) }
    },
    connect(channelCredentials) {
      const client = new ContactsClient(address, {}, channelCredentials)
      open.push(client)
      return client
    },
    async stop() {
      for (const client of open) client.close()
      await service.stop()
      await files.remove()
    },
  }
}

export const tlsOnly = (ca: Buffer): ChannelCredentials => credentials.createSsl(ca)
