import { createHmac, timingSafeEqual } from 'node:crypto'

const codeLength = 6
/** What a code looks like. */
export const codePattern = new RegExp(`^[0-9]{${codeLength}}$`)

/**
 * HOTP (RFC 4226), with the eight bytes of a verification's random id instead of the counter. `id` is 16 hexadecimal digits.
 */
export function hotp(key: string | Buffer, id: string): string {
  const digest = createHmac('sha1', key).update(Buffer.from(id, 'hex')).digest()
  // Dynamic truncation, RFC 4226, 5.3: the last four bits say where the 31 bits begin.
  const offset = digest.readUInt8(digest.length - 1) & 0xf
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** codeLength).padStart(codeLength, '0')
}

/** What a code is derived from, beside a secret. */
export interface CodeSource {
  /** 16 random hexadecimal digits. */
  readonly id: string
  /** The address that the code verifies. */
  readonly address: string
}

/** Verification codes. They are derived whenever they are needed, so neither codes nor hashes of them are stored. */
export class VerificationCodes {
  readonly #secrets: readonly string[]

  /** The first secret makes new codes, all are accepted, so that secrets can be changed while codes are valid. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
  }

  codeOf(verification: CodeSource): string {
    const [newest = ''] = this.#secrets
    return derive(newest, verification)
  }

  /** Takes the same time whichever secret matches, and however many digits are right. `code` matches `codePattern`. */
  isCorrect(verification: CodeSource, code: string): boolean {
    const given = Buffer.from(code)
    const results = this.#secrets.map((secret) => timingSafeEqual(Buffer.from(derive(secret, verification)), given))
    return results.includes(true)
  }
}

/** A key for each address, so that a code for one address is worth nothing for another. */
const derive = (secret: string, { id, address }: CodeSource): string =>
  hotp(createHmac('sha256', secret).update(address).digest(), id)
