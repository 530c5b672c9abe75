import { isMessage } from '@bufbuild/protobuf'
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import type { Reason } from '../../../src/errors/catalog.js'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
} from '../../../src/gen/google/rpc/error_details_pb.js'
import type { MessageContact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type ContactsClient, Refused } from '../client.js'
import type { AddressKind, Answer, Call, ContactView, UpdateRequest } from './calls.js'
import type { Choices } from './model.js'

/** The service under test. */
export interface ServiceUnderTest {
  readonly client: ContactsClient
  /** Its contacts in the database. */
  readonly collection: Collection<Contact>
  /** Its clock, in milliseconds since the epoch. */
  readonly now: () => number
}

/** Makes a call, and gives the answer in the form of the model. */
export async function execute(service: ServiceUnderTest, call: Call): Promise<Answer> {
  try {
    return await answerOf(service, call)
  } catch (error) {
    if (error instanceof Refused) return refusalOf(error)
    throw error
  }
}

async function answerOf({ client, collection, now }: ServiceUnderTest, call: Call): Promise<Answer> {
  const options = { directoryId: call.directoryId }
  switch (call.operation) {
    case 'add': {
      const request = { ...call.request, messageTypes: [...call.request.messageTypes] }
      return contactOf((await client.addMessageContact(request, options)).response)
    }
    case 'get':
      return contactOf((await client.getMessageContact(call.request, options)).response)
    case 'list': {
      const { response } = await client.listMessageContacts(call.request, options)
      const { contacts, nextPageToken, totalCount } = response
      return { kind: 'page', contacts: contacts.map(contactView), nextPageToken, totalCount }
    }
    case 'update':
      return contactOf((await client.updateMessageContact(updateMessage(call.request), options)).response)
    case 'delete': {
      const { status } = (await client.deleteMessageContact(call.request, options)).response
      return { kind: 'deleted', status }
    }
    case 'verify':
      await verify(collection, { ...call.request, ...options }, new Date(now()))
      return contactOf((await client.getMessageContact({ contactId: call.request.contactId }, options)).response)
  }
}

/** Marks an address as verified, in the database, as a visible change of the contact. */
async function verify(
  collection: Collection<Contact>,
  { contactId, directoryId, kind }: { contactId: string; directoryId: string; kind: AddressKind },
  date: Date,
): Promise<void> {
  const [address, verifyDate] = [`${kind}.address`, `${kind}.verifyDate`]
  const unverified = { [address]: { $exists: true }, [verifyDate]: { $exists: false } }
  await collection.updateOne(
    { _id: contactId, directoryId, ...unverified },
    { $set: { [verifyDate]: date, updateDate: date }, $inc: { revision: 1, version: 1 } },
  )
}

function updateMessage({ mask, messageTypes, ...request }: UpdateRequest) {
  return { ...request, messageTypes: [...messageTypes], ...(mask && { updateMask: { paths: [...mask] } }) }
}

function contactOf({ contact }: { contact?: MessageContact | undefined }): Answer {
  return contact ? { kind: 'contact', contact: contactView(contact) } : expect.fail('the answer has no contact')
}

function contactView(contact: MessageContact): ContactView {
  const { createDate, updateDate, emailVerifyDate, phoneVerifyDate } = contact
  const ms = (date: Timestamp | undefined) => date && timestampMs(date)
  return {
    contactId: contact.contactId,
    name: contact.name,
    emailAddress: contact.emailAddress,
    phoneNumber: contact.phoneNumber,
    title: contact.title,
    messageTypes: contact.messageTypes,
    status: contact.status,
    createDate: ms(createDate),
    updateDate: ms(updateDate),
    etag: contact.etag,
    emailVerifyDate: ms(emailVerifyDate),
    phoneVerifyDate: ms(phoneVerifyDate),
    pendingEmailAddress: contact.pendingEmailAddress,
    pendingPhoneNumber: contact.pendingPhoneNumber,
  }
}

function refusalOf({ refusal: { details, message } }: Refused): Answer {
  const info = details.find((detail) => isMessage(detail, ErrorInfoSchema))
  const badRequest = details.find((detail) => isMessage(detail, BadRequestSchema))
  const quotaFailure = details.find((detail) => isMessage(detail, QuotaFailureSchema))
  const quota = quotaFailure?.violations[0]?.quotaValue
  return {
    kind: 'refused',
    reason: info?.reason ?? message,
    violations: (badRequest?.fieldViolations ?? []).map(({ field, reason }) => [field, reason as Reason]),
    resource: details.find((detail) => isMessage(detail, ResourceInfoSchema))?.resourceName,
    limit: quota === undefined ? undefined : Number(quota),
  }
}

/** What the service chose in an answer. */
export function choicesIn(answer: Answer): Choices {
  const { contactId = '', etag = '' } = answer.kind === 'contact' ? answer.contact : {}
  return { contactId, etag, pageToken: answer.kind === 'page' ? answer.nextPageToken : '' }
}
