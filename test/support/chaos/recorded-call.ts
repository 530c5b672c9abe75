import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { ErrorInfo } from '../../../src/gen/google/rpc/error_details_pb.js'
import { type MessageContact, MessageType } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type CallOptions, type ContactsClient, Refused } from '../client.js'
import type { CallOutcome, CallRequest, SeenContact } from './history.js'

/** Makes a call, and gives its outcome in the words of a history. */
export async function outcomeOf(
  client: ContactsClient,
  request: CallRequest,
  options: CallOptions,
): Promise<CallOutcome> {
  try {
    return { kind: 'answered', ...(await answerOf(client, request, options)) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const [info] = error.refusal.details as unknown as readonly (ErrorInfo | undefined)[]
    if (!info) return { kind: 'lost' }
    const { attemptsRemaining } = info.metadata
    const attempts = attemptsRemaining !== undefined && { attemptsRemaining: Number(attemptsRemaining) }
    return { kind: 'refused', reason: info.reason, ...attempts }
  }
}

/** What an answer shows. */
interface Shown {
  readonly contacts: readonly SeenContact[]
  readonly expireTime?: number
}

async function answerOf(client: ContactsClient, request: CallRequest, options: CallOptions): Promise<Shown> {
  const { operation } = request
  switch (operation) {
    case 'add':
      return shown(await client.addMessageContact({ ...request, ...fixedFields }, options))
    case 'update': {
      const { etag } = request
      const message = { ...request, etag: etag === undefined ? '' : etagOf(etag) }
      return shown(await client.updateMessageContact(message, options))
    }
    case 'delete': {
      const { contactId, etag } = request
      await client.deleteMessageContact({ contactId, etag: etag === undefined ? '' : etagOf(etag) }, options)
      return { contacts: [] }
    }
    case 'send': {
      const { response } = await client.sendEmailVerificationForMessageContact(request, options)
      return { contacts: [], ...(response.expireDate && { expireTime: timestampDate(response.expireDate).getTime() }) }
    }
    case 'confirm': {
      const target = { case: 'emailAddress', value: request.emailAddress } as const
      return shown(await client.confirmMessageContactVerification({ ...request, target }, options))
    }
    case 'get':
      return shown(await client.getMessageContact(request, options))
    case 'list': {
      const { response } = await client.listMessageContacts({}, options)
      return { contacts: response.contacts.map(seen) }
    }
  }
}

const fixedFields = { phoneNumber: '86-13900001234', messageTypes: [MessageType.ACCOUNT_EXPENSES] }

const etagOf = (revision: number) => `"${revision}"`

const shown = ({ response }: { readonly response: { readonly contact?: MessageContact | undefined } }): Shown => ({
  contacts: response.contact ? [seen(response.contact)] : [],
})

const seen = (contact: MessageContact): SeenContact => ({
  contactId: contact.contactId,
  revision: Number(contact.etag.replaceAll('"', '')),
  name: contact.name,
  emailAddress: contact.emailAddress,
  title: contact.title,
  isEmailVerified: contact.emailVerifyDate !== undefined,
  pendingEmailAddress: contact.pendingEmailAddress,
})
