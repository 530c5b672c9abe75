import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { callersFileEntry, createApiToken } from '../src/access/token.js'
import type { Cleanup } from './cleanup.js'

/** A service that authenticates its callers, and the values of `authorization` of two of them, who may act for all directories. */
export interface KnownCallers {
  /** Its settings. */
  readonly environment: Readonly<Record<string, string>>
  readonly token: string
  readonly jwt: string
}

const issuer = 'https://id.example.com'
const audience = 'bench'

/** Writes the files that the settings name. `cleanup` removes them. */
export async function createKnownCallers(cleanup: Cleanup): Promise<KnownCallers> {
  const folder = mkdtempSync(join(tmpdir(), 'message-contacts-bench-'))
  cleanup.push(async () => rmSync(folder, { recursive: true }))
  const [callersFile, keysFile] = [join(folder, 'callers.yaml'), join(folder, 'keys.json')]
  const apiToken = createApiToken(randomBytes(32))
  const caller = { id: 'bench', directories: '*', roles: ['administrator'] } as const
  writeFileSync(callersFile, `callers:\n${callersFileEntry(apiToken, caller)}`)

  const { publicKey, privateKey } = await generateKeyPair('ES256')
  writeFileSync(keysFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256' }] }))
  const jwt = await new SignJWT({ directory_id: '*', scope: 'messagecontacts.administrator' })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('bench')
    .setExpirationTime('1d')
    .sign(privateKey)
  return {
    environment: {
      AUTHENTICATION: 'jwt,token',
      CALLERS_FILE: callersFile,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS: keysFile,
    },
    token: `Bearer ${apiToken.token}`,
    jwt: `Bearer ${jwt}`,
  }
}
