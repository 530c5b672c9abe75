import { parseEmailAddress } from '../addresses/email-address.js'
import { parsePhoneNumber } from '../addresses/phone-number.js'
import type { Violation } from '../errors/failure.js'
import { invalid, type Parsed, valid } from '../errors/parsed.js'
import {
  MessageContactStatus,
  MessageType,
  MessageTypeSchema,
  Title,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import {
  type ContactStatus,
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
    name: ({ name }: WritableRequest) => parseName(name),
    emailAddress: ({ emailAddress }: WritableRequest) => parseEmailAddress(emailAddress),
    phoneNumber: ({ phoneNumber }: WritableRequest) =>
      phoneNumber === '' && settings.PHONE_NUMBER === 'optional'
        ? valid(undefined)
        : parsePhoneNumber(phoneNumber, settings.COUNTRY_CODES),
    title: ({ title }: WritableRequest) => parseTitle(title),
    messageTypes: ({ messageTypes }: WritableRequest) => parseMessageTypes(messageTypes),
  } satisfies { [Name in keyof WritableFields]: (request: WritableRequest) => Parsed<WritableFields[Name]> }
}

// Under NFC, compatibility ideographs become unified ones. The two marks stand for repetition and for zero in names.
const nameCharacters = /^[A-Za-z\p{Unified_Ideograph}々〇]+$/u
const minNameLength = 2
const maxNameLength = 12
/** Normalizing a long run of combining marks takes quadratic time, and no valid name is this long in any form. */
const maxUnnormalizedLength = 64

function parseName(text: string): Parsed<string> {
  if (text === '') return invalid('name', 'MISSING_PARAMETER_NAME')
  if (text.length > maxUnnormalizedLength) return invalid('name', 'INVALID_PARAMETER_NAME_LENGTH')
  const name = text.normalize('NFC')
  const length = [...name].length
  if (length < minNameLength || length > maxNameLength) return invalid('name', 'INVALID_PARAMETER_NAME_LENGTH')
  return nameCharacters.test(name) ? valid(name) : invalid('name', 'INVALID_PARAMETER_NAME')
}

// Protobuf enums are open: any number may arrive. 0 stands for absence.
const titleName = (value: Title) => Title[value] as TitleName | undefined
const messageTypeName = (value: MessageType) => (value === 0 ? undefined : (MessageType[value] as MessageTypeName))
const messageTypeNames = MessageTypeSchema.values.flatMap(({ number }) => messageTypeName(number) ?? [])

function parseTitle(title: Title): Parsed<TitleName> {
  if (title === Title.UNSPECIFIED) return invalid('title', 'MISSING_PARAMETER_TITLE')
  const name = titleName(title)
  return name ? valid(name) : invalid('title', 'INVALID_PARAMETER_TITLE')
}

/** Each type once, in the order of the enum. */
function parseMessageTypes(types: readonly MessageType[]): Parsed<readonly MessageTypeName[]> {
  if (types.length === 0) return invalid('message_types', 'MISSING_PARAMETER_MESSAGE_TYPES')
  const violations: Violation[] = []
  types.forEach((type, index) => {
    if (messageTypeName(type) === undefined)
      violations.push({ field: `message_types[${index}]`, reason: 'INVALID_PARAMETER_MESSAGE_TYPES' })
  })
  return violations.length > 0
    ? { violations }
    : valid(messageTypeNames.filter((name) => types.includes(MessageType[name])))
}

export function parseClientToken(text: string): Parsed<string | undefined> {
  if (text === '') return valid(undefined)
  return /^[\x21-\x7e]{1,64}$/.test(text) ? valid(text) : invalid('client_token', 'INVALID_PARAMETER_CLIENT_TOKEN')
}

export function parseContactId(text: string): Parsed<string> {
  if (text === '') return invalid('contact_id', 'MISSING_PARAMETER_CONTACT_ID')
  return contactIdPattern.test(text) ? valid(text) : invalid('contact_id', 'INVALID_PARAMETER_CONTACT_ID')
}

/** The title to filter by; undefined for none. */
export function parseTitleFilter(title: Title): Parsed<TitleName | undefined> {
  return title === Title.UNSPECIFIED ? valid(undefined) : parseTitle(title)
}

/** The message type to filter by; undefined for none. */
export function parseMessageTypeFilter(type: MessageType): Parsed<MessageTypeName | undefined> {
  if (type === MessageType.UNSPECIFIED) return valid(undefined)
  const name = messageTypeName(type)
  return name ? valid(name) : invalid('message_type', 'INVALID_PARAMETER_MESSAGE_TYPES')
}

/** The status to filter by; undefined for none. */
export function parseStatusFilter(status: MessageContactStatus): Parsed<ContactStatus | undefined> {
  if (status === MessageContactStatus.UNSPECIFIED) return valid(undefined)
  const name = MessageContactStatus[status] as ContactStatus | undefined
  return name ? valid(name) : invalid('status', 'INVALID_PARAMETER_STATUS')
}

/** The beginning of a name in the form in which names are stored. A text that is too long for a name matches none. */
export function parseNamePrefix(text: string): Parsed<string> {
  return valid(text.length > maxUnnormalizedLength ? text : text.normalize('NFC'))
}
