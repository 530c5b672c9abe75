import { create, type DescField, type DescMessage, type DescMethod, type Message } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { readComments, reasonsByOperation } from '../../../dev/docs/comments.js'
import { ContactRequestParser } from '../../../src/contacts/requests.js'
import type { ContactSettings } from '../../../src/contacts/settings.js'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { toFailure, type Violation } from '../../../src/errors/failure.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { VerificationRequestParser } from '../../../src/verification/requests.js'

const settings: ContactSettings = {
  CONTACTS_PER_DIRECTORY: 20,
  COUNTRY_CODES: ['86'],
  NAME_MIDDLE_DOT: 'refuse',
  PHONE_NUMBER: 'required',
}
const contacts = new ContactRequestParser(settings)
const verifications = new VerificationRequestParser(settings)
const directoryId = 'rd-1'

const parsers: Readonly<Record<string, (request: never) => unknown>> = {
  AddMessageContact: (request: never) => contacts.addMessageContact(request),
  GetMessageContact: (request: never) => contacts.getMessageContact(request),
  ListMessageContacts: (request: never) => contacts.listMessageContacts(request, directoryId),
  UpdateMessageContact: (request: never) => contacts.updateMessageContact(request),
  DeleteMessageContact: (request: never) => contacts.deleteMessageContact(request),
  SendEmailVerificationForMessageContact: (request: never) => verifications.sendEmailVerification(request),
  SendPhoneVerificationForMessageContact: (request: never) => verifications.sendPhoneVerification(request),
  ConfirmMessageContactVerification: (request: never) => verifications.confirmVerification(request),
  CancelMessageContactUpdate: (request: never) => verifications.cancelUpdate(request),
  ListMessageContactVerifications: (request: never) => verifications.listVerifications(request, directoryId),
}

const texts = [
  '',
  'T',
  'Tom2',
  'two words',
  `${'a'.repeat(65)}@example.com`,
  'tom@localhost',
  '86-1390000',
  '1-2025550123',
]

/** Values of a field, among them one for each rule that the field can break. */
function valuesOf(field: DescField): readonly unknown[] {
  if (field.fieldKind === 'list') return [[], [9]]
  if (field.enum) return [0, 9]
  if (field.message) return [{ paths: ['status'] }, { paths: ['*'] }]
  return field.name === 'page_size' ? [-1] : texts
}

/** Requests with one value of one field each; also with all fields in the update mask, where there is one. */
function requestsOf(schema: DescMessage): readonly Message[] {
  const masks = schema.field['updateMask'] ? [{}, { updateMask: { paths: ['*'] } }] : [{}]
  return schema.fields.flatMap((field) =>
    valuesOf(field).flatMap((value) =>
      masks.map((mask) => {
        const init = field.oneof
          ? { [field.oneof.localName]: { case: field.localName, value } }
          : { [field.localName]: value }
        return create(schema, { ...mask, ...init })
      }),
    ),
  )
}

/** All violations that a request has. */
function violationsOf(parse: () => unknown): readonly Violation[] {
  try {
    parse()
    return []
  } catch (error) {
    return toFailure(error).context.violations ?? []
  }
}

/** All violations that requests of an operation can have. */
function violationsOfRequests({ name, input }: DescMethod): readonly Violation[] {
  const parse = parsers[name]
  return requestsOf(input).flatMap((request) => violationsOf(() => parse?.(request as never)))
}

const comments = readComments()
const listedReasons = reasonsByOperation(comments)
// The uniqueness of the name is not decided by the request.
const isOfRequests = (reason: string) =>
  errorCatalog[reason as Reason].details.includes('BadRequest') && reason !== 'INVALID_PARAMETER_NAME_ALREADY_USED'

test.each(MessageContactService.methods)('$name lists the reasons for which its requests are refused', (method) => {
  const found = violationsOfRequests(method).map(({ reason }) => reason)
  const listed = listedReasons.get(method.name)?.filter(isOfRequests)
  expect([...new Set(found)].toSorted()).toEqual(listed?.toSorted())
})

test.each(MessageContactService.methods)('$name says the rule with every violation of its requests', (method) => {
  const withoutRule = violationsOfRequests(method).filter(({ rule }) => !rule?.startsWith('Must '))
  expect(withoutRule).toEqual([])
})
