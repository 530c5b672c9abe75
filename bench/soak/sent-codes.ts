import type { SmsMessage } from '../sms-gateway.js'

const countryCode = '86-'

/** The codes that the gateway got for numbers whose contacts are to be confirmed. It keeps no others, so that it stays small. */
export class SentCodes {
  /** By phone number; undefined until the message arrives. */
  readonly #codes = new Map<string, string | undefined>()
  #lastNumber = 0

  /** A number that no other contact has. */
  newPhoneNumber(): string {
    this.#lastNumber += 1
    return `${countryCode}13${String(this.#lastNumber).padStart(9, '0')}`
  }

  /** A code is about to be requested for this number. */
  expect(phoneNumber: string): void {
    this.#codes.set(phoneNumber, undefined)
  }

  receive({ number, code }: SmsMessage): void {
    const phoneNumber = `${countryCode}${number}`
    if (this.#codes.has(phoneNumber)) this.#codes.set(phoneNumber, code)
  }

  codeFor(phoneNumber: string): string | undefined {
    return this.#codes.get(phoneNumber)
  }

  forget(phoneNumber: string): void {
    this.#codes.delete(phoneNumber)
  }
}
