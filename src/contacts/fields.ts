import type { DescEnum } from '@bufbuild/protobuf'
import { parseEmailAddress } from '../addresses/email-address.js'
import { parsePhoneNumber } from '../addresses/phone-number.js'
import type { Violation } from '../errors/failure.js'
import { invalid, type Parsed, valid } from '../errors/parsed.js'
import {
  MessageContactStatus,
  MessageContactStatusSchema,
  MessageType,
  MessageTypeSchema,
  Title,
  TitleSchema,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import {
  type ContactStatus,
  contactIdFormat,
  contactIdPattern,
  type MessageTypeName,
  type TitleName,
  type WritableFields,
} from './contact.js'
import type { ContactSettings } from './settings.js'

/** The writable fields of a request, as AddMessageContact and UpdateMessageContact have them. */
export interface WritableRequest {
  readonly name: string
  readonly emailAddress: string
  readonly phoneNumber: string
  readonly title: Title
  readonly messageTypes: readonly MessageType[]
}

/** How each writable field is parsed. A field without a parser does not compile. */
export function writableFieldParsers(settings: ContactSettings) {
  return {
    name: ({ name }: WritableRequest) => parseName(name, settings),
    emailAddress: ({ emailAddress }: WritableRequest) => parseEmailAddress(emailAddress),
    phoneNumber: ({ phoneNumber }: WritableRequest) =>
      phoneNumber === '' && settings.PHONE_NUMBER === 'optional'
        ? valid(undefined)
        : parsePhoneNumber(phoneNumber, settings.COUNTRY_CODES),
    title: ({ title }: WritableRequest) => parseTitle(title),
    messageTypes: ({ messageTypes }: WritableRequest) => parseMessageTypes(messageTypes),
  } satisfies { [Name in keyof WritableFields]: (request: WritableRequest) => Parsed<WritableFields[Name]> }
}

/** In code points, after normalization. */
export const nameLength = { min: 2, max: 12 }
/** Normalizing a long run of combining marks takes quadratic time, and no valid name is this long in any form. */
const maxUnnormalizedLength = 64

// Under NFC, compatibility ideographs become unified ones. The two marks stand for repetition and for zero in names.
const nameCharacters = /^[A-Za-z\p{Unified_Ideograph}々〇]+$/u
// Names such as those of many Uyghurs have a middle dot between ideographs.
const nameCharactersWithDots =
  /^(?:[A-Za-z\p{Unified_Ideograph}々〇]|(?<=\p{Unified_Ideograph})·(?=\p{Unified_Ideograph}))+$/u

/** Text copied from PDF files often has radicals instead of the ideographs that look the same. */
const kangxiRadicals = /[\u2F00-\u2FD5]/g
/** Other characters that are typed as a middle dot: bullet, katakana middle dot, hyphenation point. */
const otherMiddleDots = /[\u2022\u30FB\u2027]/g

type NameSettings = Pick<ContactSettings, 'NAME_MIDDLE_DOT'>

/** A name in the form in which it is stored. */
function normalizeName(text: string, { NAME_MIDDLE_DOT }: NameSettings): string {
  const name = text.normalize('NFC').replaceAll(kangxiRadicals, (radical) => radical.normalize('NFKC'))
  return NAME_MIDDLE_DOT === 'allow' ? name.replaceAll(otherMiddleDots, '·') : name
}

function parseName(text: string, settings: NameSettings): Parsed<string> {
  const allowsDots = settings.NAME_MIDDLE_DOT === 'allow'
  const dots = allowsDots ? ', with middle dots only between Chinese characters' : ''
  const rule = `Must be ${nameLength.min} to ${nameLength.max} letters A-Z a-z or Chinese characters${dots}.`
  if (text === '') return invalid('name', 'MISSING_PARAMETER_NAME', rule)
  if (text.length > maxUnnormalizedLength) return invalid('name', 'INVALID_PARAMETER_NAME_LENGTH', rule)
  const name = normalizeName(text, settings)
  const length = [...name].length
  if (length < nameLength.min || length > nameLength.max) return invalid('name', 'INVALID_PARAMETER_NAME_LENGTH', rule)
  const characters = allowsDots ? nameCharactersWithDots : nameCharacters
  return characters.test(name) ? valid(name) : invalid('name', 'INVALID_PARAMETER_NAME', rule)
}

/** The beginning of a name in the form in which names are stored. A text that is too long for a name matches none. */
export function parseNamePrefix(text: string, settings: NameSettings): Parsed<string> {
  return valid(text.length > maxUnnormalizedLength ? text : normalizeName(text, settings))
}

// Protobuf enums are open: any number may arrive. 0 stands for absence.
const titleName = (value: Title) => Title[value] as TitleName | undefined
const messageTypeName = (value: MessageType) => (value === 0 ? undefined : (MessageType[value] as MessageTypeName))

/** The values of an enum that callers may send. */
const valuesOf = ({ values }: DescEnum) =>
  `Must be one of ${values.flatMap(({ number, name }) => (number === 0 ? [] : name)).join(', ')}.`
const titleRule = valuesOf(TitleSchema)
const messageTypeRule = valuesOf(MessageTypeSchema)

function parseTitle(title: Title): Parsed<TitleName> {
  if (title === Title.UNSPECIFIED) return invalid('title', 'MISSING_PARAMETER_TITLE', titleRule)
  const name = titleName(title)
  return name ? valid(name) : invalid('title', 'INVALID_PARAMETER_TITLE', titleRule)
}

/** Each type once, in the order of the request. */
function parseMessageTypes(types: readonly MessageType[]): Parsed<readonly MessageTypeName[]> {
  if (types.length === 0) return invalid('message_types', 'MISSING_PARAMETER_MESSAGE_TYPES', messageTypeRule)
  const names = new Set<MessageTypeName>()
  const violations: Violation[] = []
  types.forEach((type, index) => {
    const name = messageTypeName(type)
    const field = `message_types[${index}]`
    if (name) names.add(name)
    else violations.push({ field, reason: 'INVALID_PARAMETER_MESSAGE_TYPES', rule: messageTypeRule })
  })
  return violations.length > 0 ? { violations } : valid([...names])
}

/** Visible ASCII characters. */
export const clientTokenPattern = /^[\x21-\x7e]{1,64}$/

export function parseClientToken(text: string): Parsed<string | undefined> {
  if (text === '') return valid(undefined)
  return clientTokenPattern.test(text)
    ? valid(text)
    : invalid(
        'client_token',
        'INVALID_PARAMETER_CLIENT_TOKEN',
        'Must be 1 to 64 visible ASCII characters, best a UUID.',
      )
}

const contactIdRule = `Must be ${contactIdFormat.prefix} and ${contactIdFormat.length} letters or digits.`

export function parseContactId(text: string): Parsed<string> {
  if (text === '') return invalid('contact_id', 'MISSING_PARAMETER_CONTACT_ID', contactIdRule)
  return contactIdPattern.test(text)
    ? valid(text)
    : invalid('contact_id', 'INVALID_PARAMETER_CONTACT_ID', contactIdRule)
}

/** The title to filter by; undefined for none. */
export function parseTitleFilter(title: Title): Parsed<TitleName | undefined> {
  return title === Title.UNSPECIFIED ? valid(undefined) : parseTitle(title)
}

/** The message type to filter by; undefined for none. */
export function parseMessageTypeFilter(type: MessageType): Parsed<MessageTypeName | undefined> {
  if (type === MessageType.UNSPECIFIED) return valid(undefined)
  const name = messageTypeName(type)
  return name ? valid(name) : invalid('message_type', 'INVALID_PARAMETER_MESSAGE_TYPES', messageTypeRule)
}

/** The status to filter by; undefined for none. */
export function parseStatusFilter(status: MessageContactStatus): Parsed<ContactStatus | undefined> {
  if (status === MessageContactStatus.UNSPECIFIED) return valid(undefined)
  const name = MessageContactStatus[status] as ContactStatus | undefined
  return name ? valid(name) : invalid('status', 'INVALID_PARAMETER_STATUS', valuesOf(MessageContactStatusSchema))
}
