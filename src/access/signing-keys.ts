import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose'
import { ConfigurationError } from '../config/read-settings.js'
import { minuteMs } from '../time.js'

/** Finds the public key of a token in one version of the JWKS. Rejects with JWKSNoMatchingKey if it is not there. */
export type KeySet = JWTVerifyGetKey

/** The public keys of the identity provider. */
export interface SigningKeys {
  /** The last good version, always the same object for the same keys. Undefined until the first one is there. */
  readonly current: KeySet | undefined
  /** For a key that `current` does not have: resolves when a newer version has been read, or is not read now. */
  refreshForUnknownKey(): Promise<void>
}

export interface RemoteKeysOptions {
  /** Gives the text of the JWKS. Must end by itself, also if the provider does not answer. */
  readonly request: () => Promise<string>
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
  /** Called with what is wrong when the JWKS cannot be read or used, and not again until it could be used. */
  readonly onRejected: (problems: readonly string[]) => void
}

const refreshIntervalMs = 5 * minuteMs
/** After a request that failed. */
const retryIntervalMs = minuteMs / 2
/** Between a request and the next one for an unknown key. */
const cooldownMs = 10_000
/** Calls that wait for the keys occupy memory and count as calls in flight; anyone can send unknown key ids. */
const maxWaiting = 100

/**
 * The keys behind an address. Unlike `createRemoteJWKSet` of jose, calls never wait for a provider that is slow or away if their key is
 * known: keys are read ahead of time, and the last ones stay in use. The time between requests also counts after failures.
 */
export class RemoteKeys implements SigningKeys {
  readonly #options: RemoteKeysOptions
  #current: KeySet | undefined
  #text = ''
  #isRejected = false
  #pending: Promise<void> | undefined
  #lastRequestTime = Number.NEGATIVE_INFINITY
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: RemoteKeysOptions) {
    this.#options = options
  }

  get current(): KeySet | undefined {
    return this.#current
  }

  /** Reads the keys now and then again and again, until `stop`. Resolves after the first time, whether it succeeded or not. */
  async start(): Promise<void> {
    await this.refresh()
    if (this.#isStopped) return
    const delayMs = this.#isRejected ? retryIntervalMs : refreshIntervalMs
    this.#timer = setTimeout(() => void this.start(), delayMs).unref()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async refreshForUnknownKey(): Promise<void> {
    const isCoolingDown = this.#options.monotonicNow() - this.#lastRequestTime < cooldownMs
    if ((!this.#pending && isCoolingDown) || this.#waiting >= maxWaiting) return
    this.#waiting += 1
    await this.refresh()
    this.#waiting -= 1
  }

  /** Reads the keys once; never rejects. Shared by all who ask while it runs. */
  refresh(): Promise<void> {
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #read(): Promise<void> {
    this.#lastRequestTime = this.#options.monotonicNow()
    try {
      const text = await this.#options.request()
      if (text !== this.#text || !this.#current) this.#current = parseJwks(text)
      this.#text = text
      this.#isRejected = false
    } catch (error) {
      if (!this.#isRejected) this.#options.onRejected(problemsOf(error))
      this.#isRejected = true
    }
  }
}

/** Throws ConfigurationError if the text is not a JWKS. */
export function parseJwks(text: string): KeySet {
  try {
    return createLocalJWKSet(JSON.parse(text))
  } catch {
    throw new ConfigurationError(['JWT_JWKS must be a JSON Web Key Set'])
  }
}

/** Codes are numbers or words such as ECONNREFUSED; the texts of errors may quote the answer. */
function problemsOf(error: unknown): readonly string[] {
  if (error instanceof ConfigurationError) return error.problems
  const { code } = error as { readonly code?: unknown }
  return [`JWT_JWKS cannot be read${/^\w{1,64}$/.test(String(code)) ? ` (${code})` : ''}`]
}
