import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { ConfigurationError } from '../config/read-settings.js'

/** What the service presents to clients. */
export interface CertificatePair {
  /** PEM: the certificate, then those that issued it. */
  readonly cert: Buffer
  /** PEM. */
  readonly key: Buffer
}

/** Checks that clients would accept the pair at this time, in milliseconds since the epoch. Throws ConfigurationError. */
export function parsePair(cert: Buffer, key: Buffer, time: number): CertificatePair {
  const [leaf] = parseCertificates(cert, 'TLS_CERT_FILE')
  if (!leaf) throw new ConfigurationError(['TLS_CERT_FILE must have a certificate in PEM format'])
  if (!leaf.checkPrivateKey(parseKey(key)))
    throw new ConfigurationError(['TLS_KEY_FILE must have the key of the first certificate in TLS_CERT_FILE'])
  if (time < validFrom(leaf))
    throw new ConfigurationError(['TLS_CERT_FILE must have a certificate that is already valid'])
  if (time >= validTo(leaf))
    throw new ConfigurationError(['TLS_CERT_FILE must have a certificate that has not expired'])
  try {
    createSecureContext({ cert, key })
  } catch {
    throw new ConfigurationError([
      'TLS_CERT_FILE and TLS_KEY_FILE must have a certificate and a key that OpenSSL accepts',
    ])
  }
  return { cert, key }
}

/**
 * The certificates of authorities: those that client certificates must lead to are self-signed, others may stand between. Some may have
 * expired. Throws ConfigurationError.
 */
export function parseClientCa(text: Buffer, time: number): readonly X509Certificate[] {
  const certificates = parseCertificates(text, 'TLS_CLIENT_CA_FILE')
  if (!certificates.some((certificate) => isSelfSigned(certificate) && isValidAt(certificate, time)))
    throw new ConfigurationError(['TLS_CLIENT_CA_FILE must have a self-signed certificate that is valid now'])
  return certificates
}

function parseKey(key: Buffer): KeyObject {
  try {
    return createPrivateKey(key)
  } catch {
    throw new ConfigurationError(['TLS_KEY_FILE must have a private key in PEM format, without a passphrase'])
  }
}

function parseCertificates(text: Buffer, setting: string): X509Certificate[] {
  const pems = text.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    return pems.map((pem) => new X509Certificate(pem))
  } catch {
    throw new ConfigurationError([`${setting} must have only certificates in PEM format`])
  }
}

/**
 * Until when a certificate leads to a self-signed one of the trusted certificates, in milliseconds since the epoch; 0 if it does not. Between
 * them may stand certificates that the client has sent, and trusted ones. TLS has verified it before, with what was trusted then.
 */
export function trustedUntil(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  time: number,
): number {
  let certificate = leaf
  let until = validTo(leaf)
  // An issuer may be issued by one that stands before it; no path needs more certificates than there are.
  for (let length = 0; length <= sent.length + trusted.length && isValidAt(certificate, time); length += 1) {
    const issuersIn = (candidates: readonly X509Certificate[]) => candidates.filter(isIssuerOf(certificate, time))
    const ends = issuersIn(trusted.filter(isSelfSigned))
    if (ends.length > 0) return Math.min(until, Math.max(...ends.map(validTo)))
    const [next] = [...issuersIn(sent), ...issuersIn(trusted)]
    if (!next) return 0
    certificate = next
    until = Math.min(until, validTo(next))
  }
  return 0
}

const isSelfSigned = (certificate: X509Certificate): boolean => certificate.checkIssued(certificate)

/** Whether another certificate has issued this one, and is valid at this time. */
const isIssuerOf = (certificate: X509Certificate, time: number) => (issuer: X509Certificate) =>
  issuer.ca && certificate.checkIssued(issuer) && isValidAt(issuer, time) && certificate.verify(issuer.publicKey)

const isValidAt = (certificate: X509Certificate, time: number): boolean =>
  validFrom(certificate) <= time && time < validTo(certificate)

const validFrom = (certificate: X509Certificate): number => Date.parse(certificate.validFrom)
export const validTo = (certificate: X509Certificate): number => Date.parse(certificate.validTo)
