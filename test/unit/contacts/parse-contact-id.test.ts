import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { ContactRequestParser } from '../../../src/contacts/requests.js'
import {
  DeleteMessageContactRequestSchema,
  GetMessageContactRequestSchema,
  UpdateMessageContactRequestSchema,
} from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { defaultSettings, violationsIn } from '../../support/parsing.js'

const parser = new ContactRequestParser(defaultSettings)
const etag = '"3"'

describe.each([
  {
    operation: 'GetMessageContact',
    act: (contactId: string) => parser.getMessageContact(create(GetMessageContactRequestSchema, { contactId })),
    others: {},
  },
  {
    operation: 'UpdateMessageContact',
    act: (contactId: string) =>
      parser.updateMessageContact(create(UpdateMessageContactRequestSchema, { contactId, name: 'Tim', etag })),
    others: { etag, change: { name: 'Tim' } },
  },
  {
    operation: 'DeleteMessageContact',
    act: (contactId: string) =>
      parser.deleteMessageContact(create(DeleteMessageContactRequestSchema, { contactId, etag })),
    others: { etag },
  },
])('the contact id of $operation', ({ act, others }) => {
  test.each(['c-qL4HqKONzOM7b2Xd', 'c-0000000000000000', 'c-AZaz09AZaz09AZaz'])('can be %s', (contactId) => {
    expect(act(contactId)).toEqual({ contactId, ...others })
  })

  test('is missing if it is empty', () => {
    expect(violationsIn(() => act(''))).toEqual([['contact_id', 'MISSING_PARAMETER_CONTACT_ID']])
  })

  test.each([
    ['without its prefix', 'qL4HqKONzOM7b2Xd'],
    ['that is only the prefix', 'c-'],
    ['with another prefix', 'd-qL4HqKONzOM7b2Xd'],
    ['with a prefix in upper case', 'C-qL4HqKONzOM7b2Xd'],
    ['with an underscore in its prefix', 'c_qL4HqKONzOM7b2Xd'],
    ['of 15 characters', 'c-qL4HqKONzOM7b2X'],
    ['of 17 characters', 'c-qL4HqKONzOM7b2Xda'],
    ['with a hyphen', 'c-qL4HqKONzOM7b2X-'],
    ['with an underscore', 'c-qL4HqKONzOM7b2X_'],
    ['with a letter that is not ASCII', 'c-qL4HqKONzOM7b2Xé'],
    ['with a full-width digit', 'c-qL4HqKONzOM7b2X１'],
    ['with a space before', ' c-qL4HqKONzOM7b2Xd'],
    ['with a space after', 'c-qL4HqKONzOM7b2Xd '],
    ['with a line break after', 'c-qL4HqKONzOM7b2Xd\n'],
    ['with a zero byte', 'c-qL4HqKONzOM7b2X\0'],
    ['that is a space', ' '],
    ['that is a query', '{"$gt":""}'],
    ['of a megabyte', `c-${'a'.repeat(1_000_000)}`],
  ])('is invalid %s', (_, contactId) => {
    expect(violationsIn(() => act(contactId))).toEqual([['contact_id', 'INVALID_PARAMETER_CONTACT_ID']])
  })
})

test.each(['', '"1"', '1', '*', 'nonsense', ' '])('DeleteMessageContact takes the etag %j without a check', (given) => {
  const request = create(DeleteMessageContactRequestSchema, { contactId: 'c-qL4HqKONzOM7b2Xd', etag: given })
  expect(parser.deleteMessageContact(request)).toEqual({ contactId: 'c-qL4HqKONzOM7b2Xd', etag: given })
})
