import { domainToASCII, domainToUnicode } from 'node:url'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
// This file alone: all of the package is a hundred of them, which a start would wait for.
import validator from 'validator/lib/isEmail.js'
import { Failure, type Reason, type Violation } from '../failure.js'
import {
  MessageContactStatus,
  MessageType,
  MessageTypeSchema,
  Title,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import type { MessageTypeName, StatusName, TitleName } from './contact.js'

/** The field rules that an operator decides. */
export interface FieldRules {
  /** The country codes that are served, digits only. */
  readonly countryCodes: readonly string[]
  readonly phoneNumber: 'required' | 'optional'
}

/** A field's value, checked and normalized, or what is wrong with it. */
export type Parsed<Value> = { readonly value: Value } | { readonly violations: readonly Violation[] }

export const good = <Value>(value: Value): Parsed<Value> => ({ value })
export const bad = (field: string, reason: Reason): Parsed<never> => ({ violations: [{ field, reason }] })

/** The values of all fields, or one refusal with every violation, in the order of the keys. */
export function every<Fields extends Record<string, unknown>>(
  parsed: { [Key in keyof Fields]: Parsed<Fields[Key]> },
): Fields {
  const values: Partial<Fields> = {}
  const violations: Violation[] = []
  for (const key in parsed) {
    const field = parsed[key]
    if ('value' in field) values[key] = field.value
    else for (const violation of field.violations) violations.push(violation)
  }
  const [first] = violations
  if (first) throw new Failure(first.reason, { violations })
  return values as Fields
}

/** True where a text has more than `most` code points; cheap for the usual short ones. */
const longerThan = (text: string, most: number) => text.length > most && [...text].length > most

// Compatibility ideographs become unified ones under NFC; the two marks stand for repetition and for zero in names.
const nameCharacters = /^[A-Za-z\p{Unified_Ideograph}々〇]+$/u

const longestUnnormalized = 64

export function parseName(text: string): Parsed<string> {
  if (text === '') return bad('name', 'MISSING_PARAMETER_NAME')
  // Normalizing a long run of marks takes quadratic time, and no lawful name takes so much room in any form.
  if (text.length > longestUnnormalized) return bad('name', 'INVALID_PARAMETER_NAME_LENGTH')
  const name = text.normalize('NFC')
  const length = [...name].length
  if (length < 2 || length > 12) return bad('name', 'INVALID_PARAMETER_NAME_LENGTH')
  return nameCharacters.test(name) ? good(name) : bad('name', 'INVALID_PARAMETER_NAME')
}

/** RFC 5321, 4.5.3.1: 64 for the local part; 256 for a path, of which the angle brackets take two. */
const longestAddress = 254
const longestLocalPart = 64
/** RFC 1035, 2.3.4: 63. The validator looks at it only together with the other lengths, which are judged here. */
const tooLongLabel = /[^.]{64}/
const { default: isEmail } = validator
const asMailServersTakeIt = { allow_utf8_local_part: false, ignore_max_length: true }

export function parseEmailAddress(text: string): Parsed<string> {
  const field = 'email_address'
  if (text === '') return bad(field, 'MISSING_PARAMETER_EMAIL_ADDRESS')
  const at = text.lastIndexOf('@')
  const localPart = text.slice(0, Math.max(at, 0))
  if (longerThan(text, longestAddress) || longerThan(localPart, longestLocalPart))
    return bad(field, 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH')
  if (localPart.startsWith('"') || !isEmail(text, asMailServersTakeIt))
    return bad(field, 'INVALID_PARAMETER_EMAIL_ADDRESS')
  const domain = asciiDomain(text.slice(at + 1))
  const address = `${localPart}@${domain}`
  if (address.length > longestAddress) return bad(field, 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH')
  // The ASCII form is judged again: mapping may leave no domain, or a label that was not one before.
  return !tooLongLabel.test(domain) && (address === text || isEmail(address, asMailServersTakeIt))
    ? good(address)
    : bad(field, 'INVALID_PARAMETER_EMAIL_ADDRESS')
}

/** Lower case; an international domain in its ASCII form, which is empty where there is none. */
function asciiDomain(domain: string): string {
  const lower = domain.toLowerCase()
  if (/^[\x20-\x7e]*$/.test(lower) && !lower.includes('xn--')) return lower
  const ascii = domainToASCII(lower)
  // There and back: Node 24 hands on an ASCII form that stands for nothing, Node 20 does so with some.
  const readable = domainToUnicode(ascii)
  return /(^|\.)xn--/.test(readable) || domainToASCII(readable) !== ascii ? '' : ascii
}

export function parsePhoneNumber(text: string, { countryCodes, phoneNumber }: FieldRules): Parsed<string | undefined> {
  const field = 'phone_number'
  if (text === '') return phoneNumber === 'optional' ? good(undefined) : bad(field, 'MISSING_PARAMETER_PHONE_NUMBER')
  const [, countryCode = '', digits = ''] = /^(\d{1,3})-(\d+)$/.exec(text) ?? []
  if (countryCode === '') return bad(field, 'INVALID_PARAMETER_PHONE_NUMBER')
  if (!countryCodes.includes(countryCode)) return bad(field, 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE')
  const national = countryCode === '86' ? mainlandMobile(digits) : validAbroad(countryCode, digits)
  return national === undefined ? bad(field, 'INVALID_PARAMETER_PHONE_NUMBER') : good(`${countryCode}-${national}`)
}

/** A pattern alone: parsing with the library would cost as much as the rest of the call. */
const mainlandMobile = (digits: string) => (/^1[3-9]\d{9}$/.test(digits) ? digits : undefined)

/** The number as dialled from abroad, without the trunk prefix of its country. */
function validAbroad(countryCode: string, digits: string): string | undefined {
  const parsed = parsePhoneNumberFromString(`+${countryCode}${digits}`, { extract: false })
  return parsed?.countryCallingCode === countryCode && parsed.isValid() ? parsed.nationalNumber : undefined
}

// Protobuf enums are open: any number may arrive, so the enum is asked. 0 is absence.
const titleName = (value: Title) => Title[value] as TitleName | undefined
const messageTypeName = (value: MessageType) => (value === 0 ? undefined : (MessageType[value] as MessageTypeName))
const messageTypeNames = MessageTypeSchema.values.flatMap(({ number }) => messageTypeName(number) ?? [])

export function parseTitle(title: Title): Parsed<TitleName> {
  if (title === Title.UNSPECIFIED) return bad('title', 'MISSING_PARAMETER_TITLE')
  const name = titleName(title)
  return name ? good(name) : bad('title', 'INVALID_PARAMETER_TITLE')
}

export function parseMessageTypes(types: readonly MessageType[]): Parsed<readonly MessageTypeName[]> {
  if (types.length === 0) return bad('message_types', 'MISSING_PARAMETER_MESSAGE_TYPES')
  const violations: Violation[] = []
  types.forEach((type, index) => {
    if (messageTypeName(type) === undefined)
      violations.push({ field: `message_types[${index}]`, reason: 'INVALID_PARAMETER_MESSAGE_TYPES' })
  })
  return violations.length > 0
    ? { violations }
    : good(messageTypeNames.filter((name) => types.includes(MessageType[name])))
}

export function parseClientToken(text: string): Parsed<string | undefined> {
  if (text === '') return good(undefined)
  return /^[\x21-\x7e]{1,64}$/.test(text) ? good(text) : bad('client_token', 'INVALID_PARAMETER_CLIENT_TOKEN')
}

/** A title to look for; none where it is absent. */
export function parseTitleFilter(title: Title): Parsed<TitleName | undefined> {
  return title === Title.UNSPECIFIED ? good(undefined) : parseTitle(title)
}

/** A message type to look for; none where it is absent. */
export function parseMessageTypeFilter(type: MessageType): Parsed<MessageTypeName | undefined> {
  if (type === MessageType.UNSPECIFIED) return good(undefined)
  const name = messageTypeName(type)
  return name ? good(name) : bad('message_type', 'INVALID_PARAMETER_MESSAGE_TYPES')
}

/** A state to look for; none where it is absent. */
export function parseStatusFilter(status: MessageContactStatus): Parsed<StatusName | undefined> {
  if (status === MessageContactStatus.UNSPECIFIED) return good(undefined)
  const name = MessageContactStatus[status] as StatusName | undefined
  return name ? good(name) : bad('status', 'INVALID_PARAMETER_STATUS')
}

/** The beginning of a name as names are stored. What is too long to be one is left as it is, and none begins with it. */
export function parseNamePrefix(text: string): Parsed<string> {
  return good(text.length > longestUnnormalized ? text : text.normalize('NFC'))
}

export function parseContactId(text: string): Parsed<string> {
  if (text === '') return bad('contact_id', 'MISSING_PARAMETER_CONTACT_ID')
  return /^c-[A-Za-z0-9]{16}$/.test(text) ? good(text) : bad('contact_id', 'INVALID_PARAMETER_CONTACT_ID')
}

/** Six digits: what cannot be a code is refused before it costs a try. */
export function parseCode(text: string): Parsed<string> {
  if (text === '') return bad('code', 'MISSING_PARAMETER_CODE')
  return /^[0-9]{6}$/.test(text) ? good(text) : bad('code', 'INVALID_PARAMETER_CODE')
}

const pageSizes = { default: 20, most: 100 } as const

export function parsePageSize(size: number): Parsed<number> {
  if (size < 0) return bad('page_size', 'INVALID_PARAMETER_PAGE_SIZE')
  return good(size === 0 ? pageSizes.default : Math.min(size, pageSizes.most))
}
