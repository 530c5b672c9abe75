import { createHmac, timingSafeEqual } from 'node:crypto'

/** How many digits a code has. */
const digits = 6

/**
 * HOTP (RFC 4226) with the eight bytes of a verification's random id in place of the counter: `id` is 16 hexadecimal digits.
 */
export function hotp(secret: string, id: string): string {
  const digest = createHmac('sha1', secret).update(Buffer.from(id, 'hex')).digest()
  // Dynamic truncation, RFC 4226, 5.3: the last four bits say where 31 bits are taken from.
  const offset = digest.readUInt8(digest.length - 1) & 0xf
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The codes of verifications. They are made anew whenever they are needed, so neither they nor hashes of them are kept anywhere. */
export class Codes {
  readonly #secrets: readonly string[]

  /** The first secret makes new codes, all of them are accepted: so they can be changed while codes are under way. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
  }

  of(verificationId: string): string {
    const [newest = ''] = this.#secrets
    return hotp(newest, verificationId)
  }

  /** Takes as long whichever secret it is, and however much of the code is right. `code` is six digits. */
  matches(verificationId: string, code: string): boolean {
    const given = Buffer.from(code)
    const matches = this.#secrets.map((secret) => timingSafeEqual(Buffer.from(hotp(secret, verificationId)), given))
    return matches.includes(true)
  }
}
