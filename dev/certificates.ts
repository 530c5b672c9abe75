import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Makes a certificate for this machine that is its own authority, with a new key. Needs the program openssl. */
export async function createCertificate(folder: string, days = 30): Promise<CertificateFiles> {
  const certFile = join(folder, 'server.crt')
  const keyFile = join(folder, 'server.key')
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'],
    ...['-days', String(days), '-keyout', keyFile, '-out', certFile],
  ])
  return { certFile, keyFile }
}
