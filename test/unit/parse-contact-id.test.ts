import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { createParsers } from '../../src/contacts/requests.js'
import {
  DeleteMessageContactRequestSchema,
  GetMessageContactRequestSchema,
  UpdateMessageContactRequestSchema,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { defaultRules, violationsIn } from './parsing.js'

const parse = createParsers(defaultRules)
const etag = '"3"'

describe.each([
  {
    to: 'get a contact',
    act: (contactId: string) => parse.getMessageContact(create(GetMessageContactRequestSchema, { contactId })),
    beside: {},
  },
  {
    to: 'change a contact',
    act: (contactId: string) =>
      parse.updateMessageContact(create(UpdateMessageContactRequestSchema, { contactId, etag })),
    beside: { etag, change: {} },
  },
  {
    to: 'remove a contact',
    act: (contactId: string) =>
      parse.deleteMessageContact(create(DeleteMessageContactRequestSchema, { contactId, etag })),
    beside: { etag },
  },
])('to $to its id', ({ act, beside }) => {
  test.each(['c-qL4HqKONzOM7b2Xd', 'c-0000000000000000', 'c-AZaz09AZaz09AZaz'])('may be %s', (contactId) => {
    expect(act(contactId)).toEqual({ contactId, ...beside })
  })

  test('is missing where it is empty', () => {
    expect(violationsIn(() => act(''))).toEqual([['contact_id', 'MISSING_PARAMETER_CONTACT_ID']])
  })

  test.each([
    ['without its beginning', 'qL4HqKONzOM7b2Xd'],
    ['that is only its beginning', 'c-'],
    ['with another beginning', 'd-qL4HqKONzOM7b2Xd'],
    ['with a capital at its beginning', 'C-qL4HqKONzOM7b2Xd'],
    ['with an underscore at its beginning', 'c_qL4HqKONzOM7b2Xd'],
    ['of 15 characters', 'c-qL4HqKONzOM7b2X'],
    ['of 17 characters', 'c-qL4HqKONzOM7b2Xda'],
    ['with a hyphen', 'c-qL4HqKONzOM7b2X-'],
    ['with an underscore', 'c-qL4HqKONzOM7b2X_'],
    ['with a letter that is not ASCII', 'c-qL4HqKONzOM7b2Xé'],
    ['with a full-width digit', 'c-qL4HqKONzOM7b2X１'],
    ['with a blank before', ' c-qL4HqKONzOM7b2Xd'],
    ['with a blank behind', 'c-qL4HqKONzOM7b2Xd '],
    ['with a line break behind', 'c-qL4HqKONzOM7b2Xd\n'],
    ['with a zero byte', 'c-qL4HqKONzOM7b2X\0'],
    ['that is a blank', ' '],
    ['that is a query', '{"$gt":""}'],
    ['of a megabyte', `c-${'a'.repeat(1_000_000)}`],
  ])('is invalid %s', (_, contactId) => {
    expect(violationsIn(() => act(contactId))).toEqual([['contact_id', 'INVALID_PARAMETER_CONTACT_ID']])
  })
})

test.each(['', '"1"', '1', '*', 'nonsense', ' '])('to remove a contact the etag %j is handed on as it is', (given) => {
  const request = create(DeleteMessageContactRequestSchema, { contactId: 'c-qL4HqKONzOM7b2Xd', etag: given })
  expect(parse.deleteMessageContact(request)).toEqual({ contactId: 'c-qL4HqKONzOM7b2Xd', etag: given })
})
