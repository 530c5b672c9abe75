import {
  create,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { hotp } from '../src/contacts/codes.js'
import type { Contact } from '../src/contacts/contact.js'
import { MessageType, Title } from '../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  AddMessageContactRequestSchema,
  ConfirmMessageContactVerificationRequestSchema,
  DeleteMessageContactRequestSchema,
  GetMessageContactRequestSchema,
  MessageContactService,
  SendEmailVerificationForMessageContactRequestSchema,
  UpdateMessageContactRequestSchema,
} from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { emptyPath } from './empty-service.js'
import { framed, type Operation } from './load.js'
import { verificationSecret } from './verification-secret.js'

/** What every contact that is added holds. */
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

const { method } = MessageContactService
const pathOf = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`
const message = <Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>) =>
  framed(toBinary(schema, create(schema, init) as MessageShape<Schema>))

const nothing = framed(new Uint8Array())

export const emptyCall: Operation = {
  path: emptyPath,
  nextRequest: () => ({ directoryId: newDirectory(), message: nothing }),
}

const addition = message(AddMessageContactRequestSchema, contact)

export const addMessageContact: Operation = {
  path: pathOf(method.addMessageContact),
  nextRequest: () => ({ directoryId: newDirectory(), message: addition }),
}

/** Each call reads another contact. */
export function getMessageContact(contacts: readonly Contact[]): Operation {
  const next = inTurn(contacts)
  return {
    path: pathOf(method.getMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId } = next().item
      return { directoryId, message: message(GetMessageContactRequestSchema, { contactId }) }
    },
  }
}

/** Each call reads another directory. */
export function listMessageContacts(contacts: readonly Contact[]): Operation {
  const next = inTurn([...new Set(contacts.map(({ directoryId }) => directoryId))])
  return {
    path: pathOf(method.listMessageContacts),
    // Without filters, and a page of the usual size.
    nextRequest: () => ({ directoryId: next().item, message: nothing }),
  }
}

/** Each call changes another contact, and every lap to a number that no contact has had before. */
export function updateMessageContact(contacts: readonly Contact[]): Operation {
  const next = inTurn(contacts)
  return {
    path: pathOf(method.updateMessageContact),
    nextRequest: () => {
      const { item, lap } = next()
      const { directoryId, _id: contactId } = item
      const phoneNumber = `86-138${String(lap).padStart(8, '0')}`
      const change = { contactId, phoneNumber, updateMask: { paths: ['phone_number'] } }
      return { directoryId, message: message(UpdateMessageContactRequestSchema, change) }
    },
  }
}

/** Each call removes another contact, as long as there are any. */
export function deleteMessageContact(contacts: readonly Contact[]): Operation {
  const next = inTurn(contacts)
  return {
    path: pathOf(method.deleteMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId } = next().item
      return { directoryId, message: message(DeleteMessageContactRequestSchema, { contactId }) }
    },
  }
}

/** Each call sends to another contact, round and round; the message itself goes nowhere. */
export function sendEmailVerification(contacts: readonly Contact[]): Operation {
  const next = inTurn(contacts)
  return {
    path: pathOf(method.sendEmailVerificationForMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId, emailAddress } = next().item
      const schema = SendEmailVerificationForMessageContactRequestSchema
      return { directoryId, message: message(schema, { contactId, emailAddress }) }
    },
  }
}

/** Each call proves the address of another contact, as long as there are any. */
export function confirmVerification(contacts: readonly Contact[]): Operation {
  const next = inTurn(contacts)
  return {
    path: pathOf(method.confirmMessageContactVerification),
    nextRequest: () => {
      const { directoryId, _id: contactId, emailAddress: value, emailVerification } = next().item
      const code = hotp(verificationSecret, emailVerification?.id ?? '')
      const asked = { contactId, target: { case: 'emailAddress', value }, code } as const
      return { directoryId, message: message(ConfirmMessageContactVerificationRequestSchema, asked) }
    },
  }
}

/** One item after the other, round and round. */
function inTurn<Item>(items: readonly Item[]): () => { item: Item; lap: number } {
  let taken = 0
  return () => {
    const item = items[taken % items.length]
    if (item === undefined) throw new Error('there is nothing to take in turn')
    const lap = Math.floor(taken / items.length)
    taken += 1
    return { item, lap }
  }
}
