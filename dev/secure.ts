import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { roles } from '../src/access/caller.js'
import { callersFileEntry, createApiToken } from '../src/access/token.js'
import { createCertificate } from './certificates.js'

/** What a client needs to call the service of `npm run dev:secure`. */
export interface SecureAccess {
  readonly certFile: string
  readonly token: string
}

/** The directory of the one caller. */
export const developmentDirectory = 'development'

/**
 * Prepares a start with TLS and one caller: makes a certificate and a token, and sets the settings that name them, except those that are set
 * already. Everything is new at each start.
 */
export async function prepareSecureStart(environment: NodeJS.ProcessEnv, dataFolder: string): Promise<SecureAccess> {
  const folder = join(dataFolder, 'secure')
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700)
  const { certFile, keyFile } = await createCertificate(folder)
  const apiToken = createApiToken(randomBytes(32))
  const callersFile = join(folder, 'callers.yaml')
  const caller = { id: developmentDirectory, directories: [developmentDirectory], roles }
  writeFileSync(callersFile, `callers:\n${callersFileEntry(apiToken, caller)}`)
  environment['AUTHENTICATION'] ||= 'token'
  environment['CALLERS_FILE'] ||= callersFile
  environment['TLS_CERT_FILE'] ||= certFile
  environment['TLS_KEY_FILE'] ||= keyFile
  return { certFile, token: apiToken.token }
}
