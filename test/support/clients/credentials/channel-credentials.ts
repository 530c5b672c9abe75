import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js'

/** The credentials of a caller with an API token, as docs/clients.md shows them. `ca` is the authority of the service's certificate. */
export function tokenCredentials(ca: Buffer, token: string): ChannelCredentials {
  const tls = credentials.createSsl(ca)
  const withToken = credentials.combineChannelCredentials(
    tls,
    credentials.createFromMetadataGenerator((_, done) => {
      const metadata = new Metadata()
      metadata.set('authorization', `Bearer ${token}`)
      done(null, metadata)
    }),
  )
  return withToken
}

/** The same of a caller with a client certificate. */
export function certificateCredentials(ca: Buffer, key: Buffer, cert: Buffer): ChannelCredentials {
  const withCertificate = credentials.createSsl(ca, key, cert)
  return withCertificate
}
