import { isMessage } from '@bufbuild/protobuf'
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import type { Reason } from '../../src/failure.js'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
} from '../../src/gen/google/rpc/error_details_pb.js'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type ContactsClient, Refused } from '../client.js'
import type { Address, Answer, Call, Shown, UpdateRequest } from './calls.js'
import type { Chosen } from './model.js'

/** The service that is asked, and what stands in for those who prove addresses. */
export interface Asked {
  readonly client: ContactsClient
  readonly collection: Collection<Contact>
  /** The service's clock. */
  readonly now: () => number
}

/** Makes a call, and gives the answer as the model would tell it. */
export async function ask(asked: Asked, call: Call): Promise<Answer> {
  try {
    return await answerTo(asked, call)
  } catch (error) {
    if (error instanceof Refused) return refusalOf(error)
    throw error
  }
}

async function answerTo({ client, collection, now }: Asked, call: Call): Promise<Answer> {
  const facts = { directoryId: call.directoryId }
  switch (call.operation) {
    case 'add': {
      const request = { ...call.request, messageTypes: [...call.request.messageTypes] }
      return contactOf((await client.addMessageContact(request, facts)).response)
    }
    case 'get':
      return contactOf((await client.getMessageContact(call.request, facts)).response)
    case 'list': {
      const { contacts, nextPageToken, totalCount } = (await client.listMessageContacts(call.request, facts)).response
      return { kind: 'page', contacts: contacts.map(shown), nextPageToken, totalCount }
    }
    case 'update':
      return contactOf((await client.updateMessageContact(updateMessage(call.request), facts)).response)
    case 'delete': {
      const { status } = (await client.deleteMessageContact(call.request, facts)).response
      return { kind: 'deleted', status }
    }
    case 'prove':
      await prove(collection, { ...call.request, ...facts }, new Date(now()))
      return contactOf((await client.getMessageContact(call.request, facts)).response)
  }
}

/** As the service will do it when it can: a change like any other. */
async function prove(
  collection: Collection<Contact>,
  { contactId, directoryId, address }: { contactId: string; directoryId: string; address: Address },
  date: Date,
): Promise<void> {
  const [field, verifyDate] =
    address === 'email' ? (['emailAddress', 'emailVerifyDate'] as const) : (['phoneNumber', 'phoneVerifyDate'] as const)
  const unproved = { _id: contactId, directoryId, [field]: { $exists: true }, [verifyDate]: { $exists: false } }
  await collection.updateOne(unproved, {
    $set: { [verifyDate]: date, updateDate: date },
    $inc: { revision: 1, version: 1 },
  })
}

function updateMessage({ mask, messageTypes, ...request }: UpdateRequest) {
  return { ...request, messageTypes: [...messageTypes], ...(mask && { updateMask: { paths: [...mask] } }) }
}

function contactOf({ contact }: { contact?: MessageContact | undefined }): Answer {
  return contact ? { kind: 'contact', contact: shown(contact) } : expect.fail('an answer without its contact')
}

function shown(contact: MessageContact): Shown {
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

/** What the service chose freely in an answer. */
export function chosenIn(answer: Answer): Chosen {
  const { contactId = '', etag = '' } = answer.kind === 'contact' ? answer.contact : {}
  return { contactId, etag, pageToken: answer.kind === 'page' ? answer.nextPageToken : '' }
}
