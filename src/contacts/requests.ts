import { invalidPageToken, parsePageSize, parsePageToken } from '../calls/paging.js'
import { isInMask, parseUpdateMask } from '../calls/update-mask.js'
import { type Parsed, requireValid, valid } from '../errors/parsed.js'
import { Title } from '../gen/messagecontacts/v1/message_contact_pb.js'
import {
  type AddMessageContactRequest,
  type DeleteMessageContactRequest,
  type GetMessageContactRequest,
  type ListMessageContactsRequest,
  type UpdateMessageContactRequest,
  UpdateMessageContactRequestSchema,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import type { ContactChange, WritableFields } from './contact.js'
import {
  parseClientToken,
  parseContactId,
  parseMessageTypeFilter,
  parseNamePrefix,
  parseStatusFilter,
  parseTitleFilter,
  type WritableRequest,
  writableFieldParsers,
} from './fields.js'
import { type ContactFilters, listOf, type PageRequest } from './page.js'
import type { ContactSettings } from './settings.js'

/** What UpdateMessageContact asks for. */
export interface UpdateRequest {
  readonly contactId: string
  readonly change: ContactChange
  /** The etag that the caller expects; empty for any. */
  readonly etag: string
}

/** From request messages to what they mean. Each method throws one Failure with every violation, in the request's field order. */
export class ContactRequestParser {
  readonly #settings: ContactSettings
  readonly #parsers: ReturnType<typeof writableFieldParsers>
  readonly #fieldNames: readonly (keyof WritableFields)[]

  constructor(settings: ContactSettings) {
    this.#settings = settings
    this.#parsers = writableFieldParsers(settings)
    this.#fieldNames = Object.keys(this.#parsers) as (keyof WritableFields)[]
  }

  addMessageContact(request: AddMessageContactRequest): { fields: WritableFields; clientToken: string | undefined } {
    const { clientToken, ...fields } = requireValid({
      name: this.#parsers.name(request),
      emailAddress: this.#parsers.emailAddress(request),
      phoneNumber: this.#parsers.phoneNumber(request),
      title: this.#parsers.title(request),
      messageTypes: this.#parsers.messageTypes(request),
      clientToken: parseClientToken(request.clientToken),
    })
    return { fields, clientToken }
  }

  getMessageContact({ contactId }: GetMessageContactRequest): { contactId: string } {
    return requireValid({ contactId: parseContactId(contactId) })
  }

  listMessageContacts(request: ListMessageContactsRequest, directoryId: string): PageRequest {
    const filters = {
      title: parseTitleFilter(request.title),
      messageType: parseMessageTypeFilter(request.messageType),
      status: parseStatusFilter(request.status),
      namePrefix: parseNamePrefix(request.namePrefix, this.#settings),
    }
    const size = parsePageSize(request.pageSize)
    const after = parseContactsPageToken(request.pageToken, directoryId, filters)
    return { directoryId, ...requireValid({ size, after, ...filters }) }
  }

  updateMessageContact(request: UpdateMessageContactRequest): UpdateRequest {
    const paths = request.updateMask?.paths ?? []
    const names = this.#fieldNames.filter((name) => isToChange(request, name, paths))
    const fields = Object.fromEntries(names.map((name) => [name, this.#parsers[name](request)] as const))
    const { contactId, updateMask, ...change } = requireValid({
      contactId: parseContactId(request.contactId),
      ...fields,
      updateMask: parseUpdateMask(paths, this.#fieldNames.map(pathOf), names.length === 0),
    })
    return { contactId, change, etag: request.etag }
  }

  deleteMessageContact({ contactId, etag }: DeleteMessageContactRequest): { contactId: string; etag: string } {
    return requireValid({ contactId: parseContactId(contactId), etag: valid(etag) })
  }
}

/** The path of a field in an update mask. */
const pathOf = (name: keyof WritableFields): string => UpdateMessageContactRequestSchema.field[name].name

/** True if the mask names the field; without a mask, if the request has a value for it. */
function isToChange(request: WritableRequest, name: keyof WritableFields, paths: readonly string[]): boolean {
  if (paths.length > 0) return isInMask(pathOf(name), paths)
  const value = request[name]
  return Array.isArray(value) ? value.length > 0 : value !== '' && value !== Title.UNSPECIFIED
}

/** A token belongs to the filters beside it; it cannot belong to invalid ones. */
function parseContactsPageToken(
  token: string,
  directoryId: string,
  { title, messageType, status, namePrefix }: { readonly [Name in keyof ContactFilters]: Parsed<ContactFilters[Name]> },
): Parsed<string | undefined> {
  if (token === '') return valid(undefined)
  if (!('value' in title && 'value' in messageType && 'value' in status && 'value' in namePrefix))
    return invalidPageToken
  const filters = { title: title.value, messageType: messageType.value, status: status.value }
  return parsePageToken(token, listOf({ directoryId, ...filters, namePrefix: namePrefix.value }))
}
