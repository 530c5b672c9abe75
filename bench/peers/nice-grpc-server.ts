import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { MongoClient } from 'mongodb'
import { createServer } from 'nice-grpc'
import type { Contact } from '../../src/contacts/contact.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { reportUsage } from '../usage.js'
import { PeerService } from './nice-grpc-service.js'

/** The service on nice-grpc as a process of its own. Its collection and indexes exist already. */
const client = await new MongoClient(process.env['MONGODB_URI'] ?? '', {
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  ignoreUndefined: true,
}).connect()
const contacts = client.db(process.env['MONGODB_DATABASE']).collection<Contact>('message_contacts')

/** A method of the contract as nice-grpc describes it, with the same generated messages as ours. */
const definitionOf = <Input extends DescMessage, Output extends DescMessage>({
  parent,
  name,
  input,
  output,
}: DescMethodUnary<Input, Output>) => ({
  path: `/${parent.typeName}/${name}`,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: (request: MessageShape<Input>) => toBinary(input, request),
  requestDeserialize: (bytes: Uint8Array) => fromBinary(input, bytes),
  responseSerialize: (response: MessageShape<Output>) => toBinary(output, response),
  responseDeserialize: (bytes: Uint8Array) => fromBinary(output, bytes),
  options: {},
})

const { addMessageContact, getMessageContact, listMessageContacts, updateMessageContact } = MessageContactService.method
const server = createServer()
server.add(
  {
    addMessageContact: definitionOf(addMessageContact),
    getMessageContact: definitionOf(getMessageContact),
    listMessageContacts: definitionOf(listMessageContacts),
    updateMessageContact: definitionOf(updateMessageContact),
  },
  new PeerService(contacts),
)
const port = await server.listen('127.0.0.1:0')
reportUsage({ address: `127.0.0.1:${port}`, httpAddress: '' }, async () => {
  server.forceShutdown()
  await client.close()
})
