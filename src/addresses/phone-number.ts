import { type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { invalid, type Parsed, valid } from '../errors/parsed.js'

export const mainlandCode = '86'
/** Country code and number. */
export const phoneNumberPattern = /^(\d{1,3})-(\d+)$/
/** How many country codes a refusal lists: its trailers must not exceed what clients accept, whatever COUNTRY_CODES is. */
const maxListedCountryCodes = 50

/**
 * A phone number that can receive text messages, `<country code>-<number>`, of one of the country codes (digits only). The number is the one
 * dialled from abroad, without the trunk prefix of its country.
 */
export function parsePhoneNumber(text: string, countryCodes: readonly string[]): Parsed<string> {
  const field = 'phone_number'
  const rule = ruleFor(countryCodes)
  if (text === '') return invalid(field, 'MISSING_PARAMETER_PHONE_NUMBER', rule)
  const [, countryCode = '', digits = ''] = phoneNumberPattern.exec(text) ?? []
  if (countryCode === '') return invalid(field, 'INVALID_PARAMETER_PHONE_NUMBER', rule)
  if (!countryCodes.includes(countryCode)) return invalid(field, 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE', rule)
  const national = countryCode === mainlandCode ? mainlandMobileNumber(digits) : nationalNumber(countryCode, digits)
  return national === undefined
    ? invalid(field, 'INVALID_PARAMETER_PHONE_NUMBER', rule)
    : valid(`${countryCode}-${national}`)
}

function ruleFor(countryCodes: readonly string[]): string {
  const listed = countryCodes.slice(0, maxListedCountryCodes)
  const others = countryCodes.length - listed.length
  const served = `Country codes served: ${listed.join(', ')}${others > 0 ? ` and ${others} more` : ''}.`
  if (countryCodes.join() === mainlandCode) return `Must be 86- and 11 digits beginning with 13 to 19. ${served}`
  return countryCodes.includes(mainlandCode)
    ? `Must be 86- and 11 digits beginning with 13 to 19, or another country code, a hyphen and a mobile number. ${served}`
    : `Must be a country code, a hyphen and a mobile number. ${served}`
}

/** A pattern is enough here: parsing with the library costs as much as the rest of the call. */
export const mainlandMobilePattern = /^1[3-9]\d{9}$/
const mainlandMobileNumber = (digits: string) => (mainlandMobilePattern.test(digits) ? digits : undefined)

/** Numbers of other types, such as fixed lines, cannot receive text messages. Every valid number has a type. */
const messageTypes: readonly NumberType[] = ['MOBILE', 'FIXED_LINE_OR_MOBILE', 'PERSONAL_NUMBER']

function nationalNumber(countryCode: string, digits: string): string | undefined {
  const parsed = parsePhoneNumberFromString(`+${countryCode}${digits}`, { extract: false })
  const isUsable =
    parsed?.countryCallingCode === countryCode && parsed.isValid() && messageTypes.includes(parsed.getType())
  return isUsable ? parsed.nationalNumber : undefined
}
