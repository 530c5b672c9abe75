import type { Violation } from '../failure.js'
import { Title } from '../gen/messagecontacts/v1/message_contact_pb.js'
import type {
  AddMessageContactRequest,
  CancelMessageContactUpdateRequest,
  ConfirmMessageContactVerificationRequest,
  DeleteMessageContactRequest,
  GetMessageContactRequest,
  ListMessageContactsRequest,
  ListMessageContactVerificationsRequest,
  SendEmailVerificationForMessageContactRequest,
  SendPhoneVerificationForMessageContactRequest,
  UpdateMessageContactRequest,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import type { Change, ChannelName, Details } from './contact.js'
import {
  bad,
  every,
  type FieldRules,
  good,
  type Parsed,
  parseClientToken,
  parseCode,
  parseContactId,
  parseEmailAddress,
  parseMessageTypeFilter,
  parseMessageTypes,
  parseName,
  parseNamePrefix,
  parsePageSize,
  parsePhoneNumber,
  parseStatusFilter,
  parseTitle,
  parseTitleFilter,
} from './fields.js'
import { type Filters, lastInToken, type PageRequest } from './pages.js'
import type { Target } from './verification.js'

/** The door in: what each request means. Each parse throws one Failure with every violation, in the request's field order. */
// Long, because it is a list: one function for each operation.
export function createParsers(rules: FieldRules) {
  return {
    addMessageContact(request: AddMessageContactRequest): Details & { clientToken: string | undefined } {
      return every({
        name: parseName(request.name),
        emailAddress: parseEmailAddress(request.emailAddress),
        phoneNumber: parsePhoneNumber(request.phoneNumber, rules),
        title: parseTitle(request.title),
        messageTypes: parseMessageTypes(request.messageTypes),
        clientToken: parseClientToken(request.clientToken),
      })
    },

    getMessageContact({ contactId }: GetMessageContactRequest): { contactId: string } {
      return every({ contactId: parseContactId(contactId) })
    },

    listMessageContacts(request: ListMessageContactsRequest, directoryId: string): PageRequest {
      const filters = {
        title: parseTitleFilter(request.title),
        messageType: parseMessageTypeFilter(request.messageType),
        status: parseStatusFilter(request.status),
        namePrefix: parseNamePrefix(request.namePrefix),
      }
      const size = parsePageSize(request.pageSize)
      const after = parsePageToken(request.pageToken, directoryId, filters)
      return { directoryId, ...every({ size, after, ...filters }) }
    },

    updateMessageContact(request: UpdateMessageContactRequest): ContactUpdate {
      const paths = request.updateMask?.paths ?? []
      const asked = fieldsToChange(request, paths)
      const ifAsked = <Value>(field: WritableField, parse: () => Parsed<Value>) =>
        asked.has(field) ? parse() : good(undefined)
      const { contactId, etag, name, emailAddress, phoneNumber, title, messageTypes } = every({
        contactId: parseContactId(request.contactId),
        name: ifAsked('name', () => parseName(request.name)),
        emailAddress: ifAsked('email_address', () => parseEmailAddress(request.emailAddress)),
        phoneNumber: ifAsked('phone_number', () => orTakenAway(parsePhoneNumber(request.phoneNumber, rules))),
        title: ifAsked('title', () => parseTitle(request.title)),
        messageTypes: ifAsked('message_types', () => parseMessageTypes(request.messageTypes)),
        updateMask: parseUpdateMask(paths),
        etag: good(request.etag),
      })
      return { contactId, etag, change: { name, emailAddress, phoneNumber, title, messageTypes } }
    },

    sendEmailVerification(request: SendEmailVerificationForMessageContactRequest): TargetRequest {
      const target = targetOf('EMAIL', parseEmailAddress(request.emailAddress))
      return every({ contactId: parseContactId(request.contactId), target })
    },

    sendPhoneVerification(request: SendPhoneVerificationForMessageContactRequest): TargetRequest {
      const target = targetOf('PHONE', parseGivenNumber(request.phoneNumber, rules))
      return every({ contactId: parseContactId(request.contactId), target })
    },

    confirmVerification(request: ConfirmMessageContactVerificationRequest): TargetRequest & { code: string } {
      return every({
        contactId: parseContactId(request.contactId),
        target: parseTarget(request.target, rules),
        code: parseCode(request.code),
      })
    },

    cancelUpdate(request: CancelMessageContactUpdateRequest): { contactId: string; targets: readonly Target[] } {
      const { emailAddress, phoneNumber } = request
      const { contactId, email, phone } = every({
        contactId: parseContactId(request.contactId),
        email: emailAddress === '' ? neither(phoneNumber) : targetOf('EMAIL', parseEmailAddress(emailAddress)),
        phone: phoneNumber === '' ? good(undefined) : targetOf('PHONE', parseGivenNumber(phoneNumber, rules)),
      })
      return { contactId, targets: [email, phone].filter((target) => target !== undefined) }
    },

    listVerifications(request: ListMessageContactVerificationsRequest, directoryId: string): VerificationsRequest {
      const { contactId, pageToken } = request
      const after = lastInToken(pageToken, { directoryId, contactId })
      return {
        directoryId,
        ...every({
          contactId: parseContactId(contactId),
          size: parsePageSize(request.pageSize),
          after: pageToken !== '' && after === undefined ? badPageToken : good(after),
        }),
      }
    },

    deleteMessageContact({ contactId, etag }: DeleteMessageContactRequest): { contactId: string; etag: string } {
      return every({ contactId: parseContactId(contactId), etag: good(etag) })
    },
  }
}

/** What UpdateMessageContact asks for. */
export interface ContactUpdate {
  readonly contactId: string
  readonly change: Change
  /** Empty where the caller does not care what the contact is now. */
  readonly etag: string
}

/** A contact, and the one of its addresses that is meant. */
export interface TargetRequest {
  readonly contactId: string
  readonly target: Target
}

/** A page of what waits for proof of one contact. */
export interface VerificationsRequest {
  readonly directoryId: string
  readonly contactId: string
  readonly size: number
  /** What the page before ended with. */
  readonly after?: string | undefined
}

const targetOf = (channel: ChannelName, address: Parsed<string>): Parsed<Target> =>
  'value' in address ? good({ channel, address: address.value }) : address

/** A number that must be there, whether or not a contact must have one. */
const parseGivenNumber = (text: string, { countryCodes }: FieldRules) =>
  parsePhoneNumber(text, { countryCodes, phoneNumber: 'required' }) as Parsed<string>

function parseTarget(target: ConfirmMessageContactVerificationRequest['target'], rules: FieldRules): Parsed<Target> {
  if (target.case === 'emailAddress') return targetOf('EMAIL', parseEmailAddress(target.value))
  if (target.case === 'phoneNumber') return targetOf('PHONE', parseGivenNumber(target.value, rules))
  return bad('target', 'MISSING_PARAMETER_TARGET')
}

/** No mail address: that is a violation where there is no number beside it. */
const neither = (phoneNumber: string): Parsed<undefined> =>
  phoneNumber === '' ? bad('email_address', 'MISSING_PARAMETER_TARGET') : good(undefined)

const badPageToken = bad('page_token', 'INVALID_PARAMETER_PAGE_TOKEN')

/** Bound to the filters beside it: those that are unlawful belong to no token. */
function parsePageToken(
  token: string,
  directoryId: string,
  filters: { readonly [Name in keyof Filters]-?: Parsed<Filters[Name]> },
): Parsed<string | undefined> {
  if (token === '') return good(undefined)
  const { title, messageType, status, namePrefix } = filters
  const after =
    'value' in title && 'value' in messageType && 'value' in status && 'value' in namePrefix
      ? lastInToken(token, {
          directoryId,
          title: title.value,
          messageType: messageType.value,
          status: status.value,
          namePrefix: namePrefix.value,
        })
      : undefined
  return after === undefined ? badPageToken : good(after)
}

/** What callers may write, by its path in a mask. */
const writableFields = ['name', 'email_address', 'phone_number', 'title', 'message_types'] as const
type WritableField = (typeof writableFields)[number]
const everyField = '*'

/** The fields of the mask; without one, those that are filled in. */
function fieldsToChange(request: UpdateMessageContactRequest, paths: readonly string[]): ReadonlySet<WritableField> {
  const filledIn: Readonly<Record<WritableField, boolean>> = {
    name: request.name !== '',
    email_address: request.emailAddress !== '',
    phone_number: request.phoneNumber !== '',
    title: request.title !== Title.UNSPECIFIED,
    message_types: request.messageTypes.length > 0,
  }
  const isMeant = (field: WritableField) =>
    paths.length === 0 ? filledIn[field] : paths.includes(field) || paths.includes(everyField)
  return new Set(writableFields.filter(isMeant))
}

function parseUpdateMask(paths: readonly string[]): Parsed<undefined> {
  const reason = 'INVALID_PARAMETER_UPDATE_MASK'
  const violations: Violation[] = []
  if (paths.includes(everyField) && paths.some((path) => path !== everyField))
    violations.push({ field: 'update_mask', reason })
  const known: readonly string[] = [...writableFields, everyField]
  paths.forEach((path, index) => {
    if (!known.includes(path)) violations.push({ field: `update_mask.paths[${index}]`, reason })
  })
  return violations.length > 0 ? { violations } : good(undefined)
}

const orTakenAway = (parsed: Parsed<string | undefined>): Parsed<string | null> =>
  'value' in parsed ? good(parsed.value ?? null) : parsed
