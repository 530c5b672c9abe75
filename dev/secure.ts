import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { roles } from '../src/access/caller.js'
import { callersFileEntry, createApiToken } from '../src/access/token.js'
import { addMs, dayMs } from '../src/time.js'
import { Authority, serverNames } from './authority.js'

/** What a client needs to call the service of `npm run dev:secure`. */
export interface SecureAccess {
  /** The authority of the service's certificate. */
  readonly caFile: string
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
  const { caFile, certFile, keyFile } = await createCertificate(folder)
  const apiToken = createApiToken(randomBytes(32))
  const callersFile = join(folder, 'callers.yaml')
  const caller = { id: developmentDirectory, directories: [developmentDirectory], roles }
  writeFileSync(callersFile, `callers:\n${callersFileEntry(apiToken, caller)}`)
  environment['AUTHENTICATION'] ||= 'token'
  environment['CALLERS_FILE'] ||= callersFile
  environment['TLS_CERT_FILE'] ||= certFile
  environment['TLS_KEY_FILE'] ||= keyFile
  return { caFile, token: apiToken.token }
}

const certificateDays = 30

/** Makes an authority and a certificate for this machine. */
async function createCertificate(folder: string) {
  const validTo = addMs(new Date(), certificateDays * dayMs)
  const authority = await Authority.create('Message Contacts for development', undefined, { validTo })
  const { cert, key } = await authority.issue({ name: 'localhost', names: serverNames, validTo })
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  return {
    caFile: write('ca.crt', authority.cert),
    certFile: write('server.crt', cert),
    keyFile: write('server.key', key),
  }
}
