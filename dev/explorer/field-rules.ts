import { maxAddressLength, maxLocalPartLength } from '../../src/addresses/email-address.js'
import { mainlandCode, mainlandMobilePattern, phoneNumberPattern } from '../../src/addresses/phone-number.js'
import { contactIdPattern } from '../../src/contacts/contact.js'
import { clientTokenPattern, nameLength } from '../../src/contacts/fields.js'
import { codePattern } from '../../src/verification/codes.js'
import { ignoredInCodes } from '../../src/verification/requests.js'
import type { FieldRule } from './reference.js'

/** Letters, Chinese characters, and what the service replaces by them or, if its operator admits that, by a middle dot. */
const nameCharacters = '[A-Za-z\\p{Unified_Ideograph}々〇\\u2F00-\\u2FD5·\\u2022\\u30FB\\u2027]'

const unanchored = ({ source }: RegExp) => source.replaceAll(/^\^|\$$/g, '')
const mainlandNumber = `${mainlandCode}-${unanchored(mainlandMobilePattern)}`
const otherNumber = `(?!${mainlandCode}-)${unanchored(phoneNumberPattern)}`

/** An international domain needs no full stop that is ASCII. */
const domain = '(?:[!-~]+\\.[!-~]+|[^]*[^\\0-\\x7f][^]*)'

/**
 * What the service refuses about a text or a number, whatever its settings are: the rules of the parsers, as far as a form can check them.
 * By the names of fields, which mean the same in every request. A test compares them with the parsers.
 */
export const fieldRules: Readonly<Record<string, FieldRule>> = {
  contact_id: { pattern: contactIdPattern.source },
  name: { form: 'NFC', minLength: nameLength.min, maxLength: nameLength.max, pattern: `^${nameCharacters}+$` },
  email_address: { maxLength: maxAddressLength, pattern: `^[!-~]{1,${maxLocalPartLength}}@${domain}$` },
  phone_number: { pattern: `^(?:${mainlandNumber}|${otherNumber})$` },
  client_token: { pattern: clientTokenPattern.source },
  code: { form: 'NFKC', ignored: ignoredInCodes.source, pattern: codePattern.source },
  page_size: { min: 0 },
}
