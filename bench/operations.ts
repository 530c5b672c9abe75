import { create, toBinary } from '@bufbuild/protobuf'
import { MessageType, Title } from '../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  AddMessageContactRequestSchema,
  MessageContactService,
} from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { emptyPath } from './empty-service.js'
import { framed, type Operation } from './load.js'

/** What every contact holds. */
export const contact = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: Title.TECHNICAL_DIRECTOR,
  messageTypes: [MessageType.ACCOUNT_EXPENSES],
}

let directories = 0
/** A directory without contacts, so that none is ever full. */
export function newDirectory(): string {
  directories += 1
  return `bench-${directories}`
}

export const emptyCall: Operation = {
  path: emptyPath,
  message: framed(new Uint8Array()),
  directoryOf: newDirectory,
}

export const addMessageContact: Operation = {
  path: `/${MessageContactService.typeName}/${MessageContactService.method.addMessageContact.name}`,
  message: framed(toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, contact))),
  directoryOf: newDirectory,
}
