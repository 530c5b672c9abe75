import {
  create,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import type { Contact } from '../src/contacts/contact.js'
import { MessageType, Title } from '../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  AddMessageContactRequestSchema,
  ConfirmMessageContactVerificationRequestSchema,
  DeleteMessageContactRequestSchema,
  GetMessageContactRequestSchema,
  MessageContactService,
  SendEmailVerificationForMessageContactRequestSchema,
  SendPhoneVerificationForMessageContactRequestSchema,
  UpdateMessageContactRequestSchema,
} from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { VerificationCodes } from '../src/verification/codes.js'
import { emptyPath } from './empty-service.js'
import { framed, type Operation } from './load.js'
import { verificationSecret } from './measured-process.js'

/** The fields of every contact that is added. */
export const contact = {
  name: 'Tom',
  emailAddress: 'tom@example.com',
  phoneNumber: '86-13900001234',
  title: Title.TECHNICAL_DIRECTOR,
  messageTypes: [MessageType.ACCOUNT_EXPENSES],
}

const newDirectoryPrefix = 'bench-'
/** Matches the directories that `newDirectory` gives. */
export const isAddedDirectory = new RegExp(`^${newDirectoryPrefix}`)

let directoryCount = 0
/** The id of a directory without contacts, so that none is ever full. */
export function newDirectory(): string {
  directoryCount += 1
  return `${newDirectoryPrefix}${directoryCount}`
}

const { method } = MessageContactService
const pathOf = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`
const message = <Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>) =>
  framed(toBinary(schema, create(schema, init) as MessageShape<Schema>))

const emptyMessage = framed(new Uint8Array())

export const emptyCall: Operation = {
  path: emptyPath,
  nextRequest: () => ({ directoryId: newDirectory(), message: emptyMessage }),
}

const malformedRequest = message(GetMessageContactRequestSchema, { contactId: 'c-?' })
/** The same by a caller with this value of the header `authorization`. */
export const emptyCallBy = (authorization: string): Operation => ({
  path: emptyPath,
  nextRequest: () => ({ directoryId: newDirectory(), authorization, message: emptyMessage }),
})

const addRequest = message(AddMessageContactRequestSchema, contact)

export const addMessageContact: Operation = {
  path: pathOf(method.addMessageContact),
  nextRequest: () => ({ directoryId: newDirectory(), message: addRequest }),
}

/** A call that is refused, with details: its contact id is malformed. */
export const refusedCall: Operation = {
  path: pathOf(method.getMessageContact),
  nextRequest: () => ({ directoryId: newDirectory(), message: malformedRequest }),
  canBeRefused: true,
}

/** What identifies a contact. */
export type ContactId = Pick<Contact, '_id' | 'directoryId'>

/** Each call reads another contact. */
export function getMessageContact(contacts: readonly ContactId[]): Operation {
  const next = roundRobin(contacts)
  return {
    path: pathOf(method.getMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId } = next().item
      return { directoryId, message: message(GetMessageContactRequestSchema, { contactId }) }
    },
  }
}

/** Each call reads another directory. */
export function listMessageContacts(contacts: readonly ContactId[]): Operation {
  const next = roundRobin([...new Set(contacts.map(({ directoryId }) => directoryId))])
  return {
    path: pathOf(method.listMessageContacts),
    // Without filters, and with the default page size.
    nextRequest: () => ({ directoryId: next().item, message: emptyMessage }),
  }
}

/** Each call changes another contact, and in every cycle to a number that no contact has had before. */
export function updateMessageContact(contacts: readonly ContactId[]): Operation {
  const next = roundRobin(contacts)
  return {
    path: pathOf(method.updateMessageContact),
    nextRequest: () => {
      const { item, cycle } = next()
      const { directoryId, _id: contactId } = item
      const phoneNumber = `86-138${String(cycle).padStart(8, '0')}`
      const change = { contactId, phoneNumber, updateMask: { paths: ['phone_number'] } }
      return { directoryId, message: message(UpdateMessageContactRequestSchema, change) }
    },
  }
}

/** Each call removes another contact. There must be enough of them. */
export function deleteMessageContact(contacts: readonly ContactId[]): Operation {
  const next = roundRobin(contacts)
  return {
    path: pathOf(method.deleteMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId } = next().item
      return { directoryId, message: message(DeleteMessageContactRequestSchema, { contactId }) }
    },
  }
}

/** Each call sends a code to another contact, in cycles. The message is not sent anywhere. */
export function sendEmailVerification(contacts: readonly Contact[]): Operation {
  const next = roundRobin(contacts)
  return {
    path: pathOf(method.sendEmailVerificationForMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId, email } = next().item
      const schema = SendEmailVerificationForMessageContactRequestSchema
      return { directoryId, message: message(schema, { contactId, emailAddress: email.address }) }
    },
  }
}

/** Each call sends a code by text message to another contact, in cycles. */
export function sendPhoneVerification(contacts: readonly Contact[]): Operation {
  const next = roundRobin(contacts)
  return {
    path: pathOf(method.sendPhoneVerificationForMessageContact),
    nextRequest: () => {
      const { directoryId, _id: contactId, phone } = next().item
      const schema = SendPhoneVerificationForMessageContactRequestSchema
      return { directoryId, message: message(schema, { contactId, phoneNumber: phone?.address ?? '' }) }
    },
  }
}

/** Each call adds another contact to one directory, until that is full. */
export function addToOneDirectory(directoryId: string): Operation {
  let added = 0
  return {
    path: addMessageContact.path,
    nextRequest: () => {
      added += 1
      return { directoryId, message: message(AddMessageContactRequestSchema, { ...contact, name: nameOf(added) }) }
    },
  }
}

/** A different name for each number. Names have at least two letters, and no digits. */
const nameOf = (number: number) => `N${[...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`

/** Each call verifies the address of another contact. There must be enough of them. */
export function confirmVerification(contacts: readonly Contact[]): Operation {
  const next = roundRobin(contacts)
  const codes = new VerificationCodes([verificationSecret])
  return {
    path: pathOf(method.confirmMessageContactVerification),
    nextRequest: () => {
      const { directoryId, _id: contactId, email } = next().item
      const value = email.address
      if (!email.verification) throw new Error('no code was requested')
      const code = codes.codeOf(email.verification)
      const request = { contactId, target: { case: 'emailAddress', value }, code } as const
      return { directoryId, message: message(ConfirmMessageContactVerificationRequestSchema, request) }
    },
  }
}

/** Gives one item after the other, in cycles. */
function roundRobin<Item>(items: readonly Item[]): () => { item: Item; cycle: number } {
  let taken = 0
  return () => {
    const item = items[taken % items.length]
    if (item === undefined) throw new Error('there are no items')
    const cycle = Math.floor(taken / items.length)
    taken += 1
    return { item, cycle }
  }
}
