import { z } from 'zod'
import { filePath, isLoopback, oneOf, wholeNumber } from '../config/values.js'

/** What holds for every address that is served. */
export const networkSettings = z.object({
  TLS: oneOf('on', 'off').optional().meta({
    description:
      'Whether connections are encrypted: `on` requires TLS_CERT_FILE and TLS_KEY_FILE, `off` is for networks where something else encrypts. Unset: `on` if these are set; otherwise the service starts only on a loopback address.',
  }),
  TLS_CERT_FILE: filePath.optional().meta({
    description:
      'The path of the certificate of this service: a PEM file with the certificate and then those that issued it. A new version is in use within 2 seconds, without a restart; one that cannot be used is rejected.',
  }),
  TLS_KEY_FILE: filePath.optional().meta({
    description:
      'The path of the private key of the certificate: a PEM file without a passphrase. Read again like the certificate.',
  }),
  TLS_CLIENT_CA_FILE: filePath.optional().meta({
    description:
      'The path of the certificates that the certificates of clients must lead to, in one PEM file. Clients are then asked for a certificate; one that is not trusted is refused. Read again like the certificate, also for open connections.',
  }),
  MAX_MESSAGE_BYTES: wholeNumber(1024, 4_194_304).prefault('65536').meta({
    description: 'The maximum size of a request in bytes, after decompression, 1024 to 4194304.',
  }),
  MAX_HEADER_BYTES: wholeNumber(4096, 65_536).prefault('32768').meta({
    description:
      'The maximum size of the headers (metadata) of a call in bytes, 4096 to 65536, counted as HTTP/2 does: each header costs 32 bytes more than its name and value. Clients learn it when they connect.',
  }),
  MAX_CONNECTIONS: wholeNumber(1, 100_000).prefault('1000').meta({
    description:
      'The maximum number of connections to this process, 1 to 100000. Further connections are closed at once.',
  }),
  MAX_CONNECTIONS_PER_IP: wholeNumber(1, 100_000).prefault('250').meta({
    description:
      'The maximum number of connections from one IP address (IPv6: from addresses with the same first 64 bits), 1 to 100000. Further connections are closed at once. With TLS a connection counts for at least 10 seconds. The default is a quarter of the default of MAX_CONNECTIONS, so that one client cannot use up all. Raise it behind a proxy, which is one address.',
  }),
  MAX_STREAMS_PER_CONNECTION: wholeNumber(1, 10_000).prefault('250').meta({
    description:
      'The maximum number of simultaneous calls on one connection, 1 to 10000. Further calls wait in the client.',
  }),
  MAX_CONNECTION_IDLE_SECONDS: wholeNumber(1, 86_400).prefault('300').meta({
    description: 'A connection that has had no call for this time is closed, in seconds, 1 to 86400.',
  }),
  MAX_CONNECTION_AGE_SECONDS: wholeNumber(1, 86_400).prefault('1800').meta({
    description:
      'The age at which a connection is asked to close, so that clients connect to new processes too, in seconds (plus or minus 10 %), 1 to 86400.',
  }),
  CONNECTION_AGE_GRACE_SECONDS: wholeNumber(1, 3600).prefault('30').meta({
    description:
      'The time that calls on a connection may still take after it was asked to close because of its age, in seconds, 1 to 3600. Then it is cut.',
  }),
})

export type NetworkSettings = z.output<typeof networkSettings>

/** The addresses that are served. */
interface Addresses {
  readonly LISTEN: Address
  readonly HTTP_LISTEN?: Address | undefined
}

interface Address {
  readonly host: string
  readonly port: number
}

/** Reports problems of settings that depend on each other. For the refinement of a schema that contains all of them. */
export function checkTlsSettings(settings: NetworkSettings & Addresses, { addIssue, issues }: z.RefinementCtx): void {
  const report = (setting: keyof NetworkSettings, message: string) =>
    addIssue({ code: 'custom', path: [setting], message })
  const { TLS, TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = settings
  const pair = 'TLS_CERT_FILE and TLS_KEY_FILE'
  if (TLS_CERT_FILE && !TLS_KEY_FILE) report('TLS_KEY_FILE', 'must be set together with TLS_CERT_FILE')
  else if (TLS_KEY_FILE && !TLS_CERT_FILE) report('TLS_CERT_FILE', 'must be set together with TLS_KEY_FILE')
  else if (TLS === 'on' && !TLS_CERT_FILE) report('TLS', `must not be on without ${pair}`)
  else if (TLS === 'off' && TLS_CERT_FILE) report('TLS', `must not be off with ${pair}`)
  else if (TLS_CLIENT_CA_FILE && !TLS_CERT_FILE) report('TLS_CLIENT_CA_FILE', `must not be set without ${pair}`)
  else if (issues.length === 0 && !TLS && !TLS_CERT_FILE)
    for (const name of ['LISTEN', 'HTTP_LISTEN'] as const) {
      const address = settings[name]
      if (address && !isLoopback(address.host)) report('TLS', unencryptedProblem(name, address))
    }
}

const unencryptedProblem = (name: keyof Addresses, { port }: Address) =>
  `must be chosen, because ${name} is no loopback address: set TLS_CERT_FILE and TLS_KEY_FILE to encrypt connections; or TLS=off if something else encrypts them; or ${name} to an address such as 127.0.0.1:${port}`
