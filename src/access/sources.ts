import { ConfigurationError } from '../config/read-settings.js'
import { WatchedFiles } from '../config/watched-files.js'
import { type Authenticate, createAuthentication } from './authenticate.js'
import { noCallers, parseCallers } from './callers-file.js'
import { requestJwks } from './jwks-request.js'
import type { AccessSettings } from './settings.js'
import { parseJwks, RemoteKeys, type SigningKeys } from './signing-keys.js'

export interface AuthenticationOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
  /** Called when a new version cannot be used, with what is wrong; the last good one stays in use. */
  readonly onRejected: (name: 'callers file' | 'JWKS', problems: readonly string[]) => void
}

export interface OpenAuthentication {
  readonly authenticate: Authenticate
  /** Ends the reading of files and keys. */
  stop(): void
}

/**
 * Opens CALLERS_FILE and JWT_JWKS, follows their changes, and authenticates calls with them. Rejects with ConfigurationError if a file
 * cannot be used.
 */
export async function openAuthentication(
  settings: AccessSettings,
  options: AuthenticationOptions,
): Promise<OpenAuthentication> {
  const callers = await openCallers(settings, options)
  const keys = await openKeys(settings, options)
  const sources = { callers: () => callers?.content ?? noCallers, keys, now: options.now }
  return {
    authenticate: createAuthentication(settings, sources),
    stop() {
      callers?.stop()
      keys.stop()
    },
  }
}

async function openCallers({ CALLERS_FILE }: AccessSettings, { onRejected }: AuthenticationOptions) {
  if (CALLERS_FILE === undefined) return undefined
  const parse = ([bytes = Buffer.alloc(0)]: readonly Buffer[]) => parseCallers(bytes)
  const rejected = (problems: readonly string[]) => onRejected('callers file', problems)
  const files = await WatchedFiles.open({ paths: [CALLERS_FILE], parse, onRejected: rejected }).catch((error) =>
    refuseStart(error, 'CALLERS_FILE'),
  )
  files.start()
  return files
}

async function openKeys(
  { AUTHENTICATION, JWT_JWKS }: AccessSettings,
  { monotonicNow, onRejected }: AuthenticationOptions,
): Promise<SigningKeys & { stop(): void }> {
  const rejected = (problems: readonly string[]) => onRejected('JWKS', problems)
  if (JWT_JWKS === undefined || !AUTHENTICATION.includes('jwt')) return noKeys
  if (/^https:/i.test(JWT_JWKS)) {
    const keys = new RemoteKeys({ request: () => requestJwks(JWT_JWKS), monotonicNow, onRejected: rejected })
    // Not awaited: a provider that is away must not stop a start.
    void keys.start()
    return keys
  }
  const parse = ([bytes = Buffer.alloc(0)]: readonly Buffer[]) => parseJwks(bytes.toString())
  const files = await WatchedFiles.open({ paths: [JWT_JWKS], parse, onRejected: rejected }).catch((error) =>
    refuseStart(error, 'JWT_JWKS'),
  )
  files.start()
  return {
    get current() {
      return files.content
    },
    refreshForUnknownKey: async () => {},
    stop: () => files.stop(),
  }
}

const noKeys = { current: undefined, refreshForUnknownKey: async () => {}, stop() {} }

function refuseStart(error: unknown, setting: string): never {
  throw error instanceof ConfigurationError
    ? error
    : new ConfigurationError([`${setting} must name a file that can be read`])
}
