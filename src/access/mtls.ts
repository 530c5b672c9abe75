import { Failure } from '../errors/failure.js'
import type { Identity } from './caller.js'
import type { Callers } from './callers-file.js'

/** The names of a certificate that can identify a caller. */
interface CertificateNames {
  readonly uris: readonly string[]
  /** In lower case. */
  readonly dnsNames: readonly string[]
}

/**
 * Finds the caller of a client certificate: by its SPIFFE id if it has one, otherwise by a DNS name. The common name and other names never
 * count. `subjectAltName` is the text that Node gives.
 */
export function authenticateCertificate(subjectAltName: string, callers: Callers): Identity {
  const names = parseSubjectAltName(subjectAltName)
  const identities = names ? identitiesOf(names, callers) : []
  const [identity] = identities
  if (!identity || identities.length > 1) throw new Failure('UNAUTHENTICATED')
  return identity
}

function identitiesOf({ uris, dnsNames }: CertificateNames, callers: Callers): readonly Identity[] {
  // The standard of SPIFFE: a certificate with a SPIFFE id has no other URI.
  const isSpiffe = uris.some((uri) => /^spiffe:/i.test(uri))
  if (isSpiffe && uris.length > 1) return []
  const found = isSpiffe
    ? uris.map((uri) => callers.bySpiffeId.get(uri))
    : dnsNames.map((name) => callers.byDnsName.get(name))
  return [...new Set(found.filter((identity) => identity !== undefined))]
}

/** An entry: its kind, then its value, which Node writes as a JSON string if it contains a character that could look like another entry. */
const entryPattern = /([A-Za-z ]+):(?:("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|([^",]*))(?:, |$)/uy

/** Undefined if the text is not a list of entries as Node writes it. */
export function parseSubjectAltName(text: string): CertificateNames | undefined {
  const uris: string[] = []
  const dnsNames: string[] = []
  const pattern = new RegExp(entryPattern)
  while (pattern.lastIndex < text.length) {
    const [, kind, quoted, plain = ''] = pattern.exec(text) ?? []
    if (kind === undefined) return undefined
    const value = quoted === undefined ? plain : String(JSON.parse(quoted))
    if (kind === 'URI') uris.push(value)
    if (kind === 'DNS') dnsNames.push(value.toLowerCase())
  }
  return { uris, dnsNames }
}
