import type { Reason } from '../../../src/errors/catalog.js'
import type { Call, Fields, Filters, Refusal, UpdateRequest, Violation } from './calls.js'
import { clientTokens, contactIds, emailAddresses, namePrefixes, names, phoneNumbers, type Texts } from './values.js'

/** The paths of the writable fields, in the order of the requests. */
export const paths = ['name', 'email_address', 'phone_number', 'title', 'message_types'] as const
export type Path = (typeof paths)[number]

export const refused = (reason: Reason, context: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  reason,
  violations: [],
  resource: undefined,
  limit: undefined,
  ...context,
})

/** The violations of a request, in field order. They do not depend on the stored contacts. */
export function violationsOf(call: Exclude<Call, { operation: 'list' }>): readonly Violation[] {
  switch (call.operation) {
    case 'add':
      return [
        ...paths.flatMap((path) => fieldViolations(path, call.request)),
        ...textViolations('client_token', clientTokens, call.request.clientToken),
      ]
    case 'update': {
      const pathsToChange = changedPaths(call.request)
      return [
        ...contactIdViolations(call.request),
        ...paths.filter((path) => pathsToChange.has(path)).flatMap((path) => fieldViolations(path, call.request)),
        ...maskViolations(call.request.mask ?? [], pathsToChange.size === 0),
      ]
    }
    default:
      return contactIdViolations(call.request)
  }
}

/** The violations of the filters of a list request. */
export function filterViolations({ title, messageType, status }: Filters): readonly Violation[] {
  return [
    ...(title <= 6 ? [] : [['title', 'INVALID_PARAMETER_TITLE'] as const]),
    ...(messageType <= 6 ? [] : [['message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'] as const]),
    ...(status <= 3 ? [] : [['status', 'INVALID_PARAMETER_STATUS'] as const]),
  ]
}

/** The fields that an update changes: those in its mask, or without a mask those with a value. */
export function changedPaths(request: UpdateRequest): ReadonlySet<Path> {
  const { mask = [], name, emailAddress, phoneNumber, title, messageTypes } = request
  if (mask.includes('*')) return new Set(paths)
  if (mask.length > 0) return new Set(paths.filter((path) => mask.includes(path)))
  return new Set<Path>([
    ...(name === '' ? [] : ['name' as const]),
    ...(emailAddress === '' ? [] : ['email_address' as const]),
    ...(phoneNumber === '' ? [] : ['phone_number' as const]),
    ...(title === 0 ? [] : ['title' as const]),
    ...(messageTypes.length === 0 ? [] : ['message_types' as const]),
  ])
}

/** The fields in their stored form. Invalid ones stay as they are. */
export function normalized({ name, emailAddress, phoneNumber, title, messageTypes }: Fields): Fields {
  return {
    name: storedForm(names, name),
    emailAddress: storedForm(emailAddresses, emailAddress),
    phoneNumber: storedForm(phoneNumbers, phoneNumber),
    title,
    messageTypes: messageTypes.filter((type, index) => messageTypes.indexOf(type) === index),
  }
}

export function normalizedFilters({ title, messageType, status, namePrefix }: Filters): Filters {
  return { title, messageType, status, namePrefix: storedForm(namePrefixes, namePrefix) }
}

const storedForm = ({ valid }: Texts, text: string) => valid.get(text) ?? text

function fieldViolations(path: Path, fields: Fields): readonly Violation[] {
  switch (path) {
    case 'name':
      return textViolations(path, names, fields.name)
    case 'email_address':
      return textViolations(path, emailAddresses, fields.emailAddress)
    case 'phone_number':
      return textViolations(path, phoneNumbers, fields.phoneNumber)
    case 'title':
      if (fields.title === 0) return [[path, 'MISSING_PARAMETER_TITLE']]
      return fields.title > 6 ? [[path, 'INVALID_PARAMETER_TITLE']] : []
    case 'message_types':
      if (fields.messageTypes.length === 0) return [[path, 'MISSING_PARAMETER_MESSAGE_TYPES']]
      return fields.messageTypes.flatMap((type, index): readonly Violation[] =>
        type < 1 || type > 6 ? [[`message_types[${index}]`, 'INVALID_PARAMETER_MESSAGE_TYPES']] : [],
      )
  }
}

function textViolations(field: string, { invalid }: Texts, text: string): readonly Violation[] {
  const reason = invalid.get(text)
  return reason ? [[field, reason]] : []
}

const contactIdViolations = ({ contactId }: { contactId: string }) =>
  textViolations('contact_id', contactIds, contactId)

function maskViolations(mask: readonly string[], isEmpty: boolean): readonly Violation[] {
  const reason = 'INVALID_PARAMETER_UPDATE_MASK'
  const known: readonly string[] = [...paths, '*']
  return [
    ...(mask.includes('*') && mask.length > 1 ? [['update_mask', reason] as const] : []),
    ...(mask.length === 0 && isEmpty ? [['update_mask', reason] as const] : []),
    ...mask.flatMap((path, index) => (known.includes(path) ? [] : [[`update_mask.paths[${index}]`, reason] as const])),
  ]
}
