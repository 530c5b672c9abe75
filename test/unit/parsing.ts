import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect } from 'vitest'
import type { Details } from '../../src/contacts/contact.js'
import type { FieldRules } from '../../src/contacts/fields.js'
import { createParsers } from '../../src/contacts/requests.js'
import { Failure, type Reason } from '../../src/failure.js'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { AddMessageContactRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'

export type RequestFields = MessageInitShape<typeof AddMessageContactRequestSchema>

/** The field rules of a service without settings of its own. */
export const defaultRules: FieldRules = { countryCodes: ['86'], phoneNumber: 'required' }

const accepted = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: Title.TECHNICAL_DIRECTOR,
  messageTypes: [MessageType.ACCOUNT_EXPENSES],
}

/** What a request says that is accepted but for the fields given. */
export function parse(fields: RequestFields, rules: FieldRules = defaultRules) {
  const request = create(AddMessageContactRequestSchema, { ...accepted, ...fields })
  return createParsers(rules).addMessageContact(request)
}

/** The facts of a request that is accepted but for the fields given. */
export function detailsOf(fields: RequestFields, rules: FieldRules = defaultRules): Details {
  const { clientToken: _, ...details } = parse(fields, rules)
  return details
}

/** The one failure that something throws: anything else it may do fails the test. */
export function failureOf(act: () => unknown): Failure {
  let answer: unknown
  try {
    answer = act()
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown
    throw thrown
  }
  return expect.fail(`nothing was thrown, but given: ${JSON.stringify(answer)}`)
}

/** The violations of a refused request in order, after a look at what must be true of every refusal of a request. */
export function violationsIn(act: () => unknown): (readonly [string, Reason])[] {
  const { reason, facts } = failureOf(act)
  const { violations = [], ...others } = facts
  expect(others).toEqual({})
  expect(reason).toBe(violations[0]?.reason)
  return violations.map(({ field, reason }) => [field, reason] as const)
}

/** The violations of a request that is accepted but for the fields given. */
export const violationsOf = (fields: RequestFields, rules: FieldRules = defaultRules) =>
  violationsIn(() => parse(fields, rules))
