import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect } from 'vitest'
import type { WritableFields } from '../../src/contacts/contact.js'
import { ContactRequestParser } from '../../src/contacts/requests.js'
import type { ContactSettings } from '../../src/contacts/settings.js'
import type { Reason } from '../../src/errors/catalog.js'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { AddMessageContactRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { failureOf } from './failure-of.js'

export type RequestFields = MessageInitShape<typeof AddMessageContactRequestSchema>

/** The settings of a service that sets none itself. */
export const defaultSettings: ContactSettings = {
  CONTACTS_PER_DIRECTORY: 20,
  COUNTRY_CODES: ['86'],
  NAME_MIDDLE_DOT: 'refuse',
  PHONE_NUMBER: 'required',
}

const validFields = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: Title.TECHNICAL_DIRECTOR,
  messageTypes: [MessageType.ACCOUNT_EXPENSES],
}

/** What a request to add a contact means; its fields are valid except for those given. */
export function parseAdd(fields: RequestFields, settings: ContactSettings = defaultSettings) {
  const request = create(AddMessageContactRequestSchema, { ...validFields, ...fields })
  return new ContactRequestParser(settings).addMessageContact(request)
}

/** The fields of the contact that such a request adds. */
export const fieldsOf = (fields: RequestFields, settings?: ContactSettings): WritableFields =>
  parseAdd(fields, settings).fields

/** The violations of a refused request in order. Also checks what holds for every refusal of an invalid request. */
export function violationsIn(act: () => unknown): (readonly [field: string, reason: Reason])[] {
  const { reason, context } = failureOf(act)
  const { violations = [], ...others } = context
  expect(others).toEqual({})
  expect(reason).toBe(violations[0]?.reason)
  return violations.map(({ field, reason }) => [field, reason] as const)
}

/** The violations of a request to add a contact; its fields are valid except for those given. */
export const violationsOf = (fields: RequestFields, settings?: ContactSettings) =>
  violationsIn(() => parseAdd(fields, settings))
