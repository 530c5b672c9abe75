// The library needs it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { dayMs } from '../src/time.js'

/** A certificate and its key, both in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** The CN. */
  readonly name?: string
  /** The subjectAltName. By default none. */
  readonly names?: readonly JsonGeneralName[]
  /** By default a day before now and a day after it. */
  readonly validFrom?: Date
  readonly validTo?: Date
}

/** Names of a server on this machine. */
export const serverNames: readonly JsonGeneralName[] = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
]

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const createKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

/** What issues certificates. */
export class Authority implements Certificate {
  readonly cert: string
  readonly key: string
  readonly #keys: webcrypto.CryptoKeyPair
  readonly #name: string

  private constructor({ cert, key }: Certificate, keys: webcrypto.CryptoKeyPair, name: string) {
    this.cert = cert
    this.key = key
    this.#keys = keys
    this.#name = name
  }

  /** With an `issuer` it is an intermediate one. */
  static async create(name = 'Test CA', issuer?: Authority, options: CertificateOptions = {}): Promise<Authority> {
    const keys = await createKeys()
    const signer = issuer ?? new Authority({ cert: '', key: '' }, keys, name)
    return new Authority(await signer.#sign({ ...options, name }, keys, true), keys, name)
  }

  async issue(options: CertificateOptions = {}): Promise<Certificate> {
    return this.#sign(options, await createKeys(), false)
  }

  async #sign(options: CertificateOptions, keys: webcrypto.CryptoKeyPair, isAuthority: boolean): Promise<Certificate> {
    const { name = 'test', names = [], validFrom, validTo } = options
    const certificate = await X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: `CN=${this.#name}`,
      notBefore: validFrom ?? new Date(Date.now() - dayMs),
      notAfter: validTo ?? new Date(Date.now() + dayMs),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(isAuthority, undefined, true),
        new KeyUsagesExtension(isAuthority ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension([...names])] : []),
      ],
    })
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return { cert: `${certificate.toString('pem')}\n`, key: `${PemConverter.encode(key, 'PRIVATE KEY')}\n` }
  }
}
