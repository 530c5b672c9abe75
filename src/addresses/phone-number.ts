import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { invalid, type Parsed, valid } from '../errors/parsed.js'

/**
 * A phone number, `<country code>-<number>`, of one of the country codes (digits only). The number is the one dialled from abroad,
 * without the trunk prefix of its country.
 */
export function parsePhoneNumber(text: string, countryCodes: readonly string[]): Parsed<string> {
  const field = 'phone_number'
  if (text === '') return invalid(field, 'MISSING_PARAMETER_PHONE_NUMBER')
  const [, countryCode = '', digits = ''] = /^(\d{1,3})-(\d+)$/.exec(text) ?? []
  if (countryCode === '') return invalid(field, 'INVALID_PARAMETER_PHONE_NUMBER')
  if (!countryCodes.includes(countryCode)) return invalid(field, 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE')
  const national = countryCode === '86' ? mainlandMobileNumber(digits) : nationalNumber(countryCode, digits)
  return national === undefined ? invalid(field, 'INVALID_PARAMETER_PHONE_NUMBER') : valid(`${countryCode}-${national}`)
}

/** A pattern is enough here: parsing with the library costs as much as the rest of the call. */
const mainlandMobileNumber = (digits: string) => (/^1[3-9]\d{9}$/.test(digits) ? digits : undefined)

function nationalNumber(countryCode: string, digits: string): string | undefined {
  const parsed = parsePhoneNumberFromString(`+${countryCode}${digits}`, { extract: false })
  return parsed?.countryCallingCode === countryCode && parsed.isValid() ? parsed.nationalNumber : undefined
}
