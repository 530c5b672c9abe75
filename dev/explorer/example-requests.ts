import { create, type DescMessage, type DescMethod, type MessageInitShape, toJson } from '@bufbuild/protobuf'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  AddMessageContactRequestSchema,
  CancelMessageContactUpdateRequestSchema,
  ConfirmMessageContactVerificationRequestSchema,
  DeleteMessageContactRequestSchema,
  GetMessageContactRequestSchema,
  ListMessageContactsRequestSchema,
  ListMessageContactVerificationsRequestSchema,
  SendEmailVerificationForMessageContactRequestSchema,
  SendPhoneVerificationForMessageContactRequestSchema,
  UpdateMessageContactRequestSchema,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { JsonObject } from './reference.js'

const contactId = 'c-qL4HqKONzOM7b2Xd'
const emailAddress = 'tom@example.com'
const phoneNumber = '86-13900001234'

const example = <Desc extends DescMessage>(schema: Desc, request: MessageInitShape<Desc>): [string, JsonObject] => [
  schema.typeName,
  toJson(schema, create(schema, request)) as JsonObject,
]

const examples = new Map([
  example(AddMessageContactRequestSchema, {
    name: 'Tom',
    emailAddress,
    phoneNumber,
    title: Title.TECHNICAL_DIRECTOR,
    messageTypes: [MessageType.FAULT_MESSAGE, MessageType.SECURITY_MESSAGE],
  }),
  example(GetMessageContactRequestSchema, { contactId }),
  example(ListMessageContactsRequestSchema, { pageSize: 20, messageType: MessageType.FAULT_MESSAGE, namePrefix: 'T' }),
  example(UpdateMessageContactRequestSchema, {
    contactId,
    title: Title.CEO,
    messageTypes: [MessageType.SECURITY_MESSAGE],
    updateMask: { paths: ['title', 'message_types'] },
  }),
  example(DeleteMessageContactRequestSchema, { contactId }),
  example(SendEmailVerificationForMessageContactRequestSchema, { contactId, emailAddress }),
  example(SendPhoneVerificationForMessageContactRequestSchema, { contactId, phoneNumber }),
  example(ConfirmMessageContactVerificationRequestSchema, {
    contactId,
    target: { case: 'emailAddress', value: emailAddress },
    code: '123456',
  }),
  example(CancelMessageContactUpdateRequestSchema, { contactId, emailAddress: 'tom.new@example.com' }),
  example(ListMessageContactVerificationsRequestSchema, { contactId }),
])

/** An example of the request of an operation. Throws if there is none. */
export function exampleRequest({ name, input }: DescMethod): JsonObject {
  const request = examples.get(input.typeName)
  if (!request) throw new Error(`dev/explorer/example-requests.ts has no request of ${name}`)
  return request
}
