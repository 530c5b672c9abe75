import type { Reason } from '../../src/failure.js'
import type { Call, Fields, Filters, Refusal, UpdateRequest, Violation } from './calls.js'
import { clientTokens, contactIds, emailAddresses, namePrefixes, names, phoneNumbers, type Texts } from './values.js'

/** What callers may write, in the order of the requests. */
export const paths = ['name', 'email_address', 'phone_number', 'title', 'message_types'] as const
export type Path = (typeof paths)[number]

export const refused = (reason: Reason, facts: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  reason,
  violations: [],
  resource: undefined,
  limit: undefined,
  ...facts,
})

/** What is wrong with a call itself, whatever there is: every violation in the order of its fields. */
export function violationsOf(call: Exclude<Call, { operation: 'list' }>): readonly Violation[] {
  switch (call.operation) {
    case 'add':
      return [
        ...paths.flatMap((path) => inField(path, call.request)),
        ...inText('client_token', clientTokens, call.request.clientToken),
      ]
    case 'update': {
      const asked = askedPaths(call.request)
      return [
        ...inContactId(call.request),
        ...paths.filter((path) => asked.has(path)).flatMap((path) => inField(path, call.request)),
        ...inMask(call.request.mask ?? []),
      ]
    }
    default:
      return inContactId(call.request)
  }
}

/** The same of the filters of a list; the position is left to the list. */
export function violationsInFilters({ title, messageType, status }: Filters): readonly Violation[] {
  return [
    ...(title <= 6 ? [] : [['title', 'INVALID_PARAMETER_TITLE'] as const]),
    ...(messageType <= 6 ? [] : [['message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'] as const]),
    ...(status <= 3 ? [] : [['status', 'INVALID_PARAMETER_STATUS'] as const]),
  ]
}

/** The fields that an update is about: those of its mask, or without one those that are filled in. */
export function askedPaths(request: UpdateRequest): ReadonlySet<Path> {
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

/** The fields as they are kept, as far as nothing is wrong with them. */
export function asKept({ name, emailAddress, phoneNumber, title, messageTypes }: Fields): Fields {
  return {
    name: kept(names, name),
    emailAddress: kept(emailAddresses, emailAddress),
    phoneNumber: kept(phoneNumbers, phoneNumber),
    title,
    messageTypes: [1, 2, 3, 4, 5, 6].filter((type) => messageTypes.includes(type)),
  }
}

export function filtersAsKept({ title, messageType, status, namePrefix }: Filters): Filters {
  return { title, messageType, status, namePrefix: kept(namePrefixes, namePrefix) }
}

const kept = (texts: Texts, text: string) => texts.kept.get(text) ?? text

function inField(path: Path, fields: Fields): readonly Violation[] {
  switch (path) {
    case 'name':
      return inText(path, names, fields.name)
    case 'email_address':
      return inText(path, emailAddresses, fields.emailAddress)
    case 'phone_number':
      return inText(path, phoneNumbers, fields.phoneNumber)
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

function inText(field: string, { refused: reasons }: Texts, text: string): readonly Violation[] {
  const reason = reasons.get(text)
  return reason ? [[field, reason]] : []
}

const inContactId = ({ contactId }: { contactId: string }) => inText('contact_id', contactIds, contactId)

function inMask(mask: readonly string[]): readonly Violation[] {
  const reason = 'INVALID_PARAMETER_UPDATE_MASK'
  const known: readonly string[] = [...paths, '*']
  return [
    ...(mask.includes('*') && mask.length > 1 ? [['update_mask', reason] as const] : []),
    ...mask.flatMap((path, index) => (known.includes(path) ? [] : [[`update_mask.paths[${index}]`, reason] as const])),
  ]
}
