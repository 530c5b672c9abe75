import type { Caller } from '../caller.js'
import type {
  AddMessageContactRequest,
  CancelMessageContactUpdateRequest,
  ConfirmMessageContactVerificationRequest,
  DeleteMessageContactRequest,
  GetMessageContactRequest,
  ListMessageContactsRequest,
  ListMessageContactVerificationsRequest,
  SendEmailVerificationForMessageContactRequest,
  SendPhoneVerificationForMessageContactRequest,
  UpdateMessageContactRequest,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { show } from './answers.js'
import type { Codes } from './codes.js'
import { type Contact, changedContact, type Decision, expectEtag, newContact } from './contact.js'
import type { createParsers, TargetRequest } from './requests.js'
import type { Additions } from './store/additions.js'
import type { Changes } from './store/changes.js'
import type { Patience } from './store/group-commit.js'
import type { Lookups } from './store/lookups.js'
import { cancelledUpdate, confirmedContact, type VerificationRules, waitingOf } from './verification.js'
import type { VerificationSending } from './verification-sending.js'

/** What an operation knows of the call it serves. */
interface Call extends Patience {
  readonly requestId: string
  readonly caller: Caller
}

/** What the operations are made of. */
export interface Parts {
  readonly parse: ReturnType<typeof createParsers>
  readonly additions: Additions
  readonly lookups: Lookups
  readonly changes: Changes
  readonly sending: VerificationSending
  readonly rules: VerificationRules
  readonly codes: Codes
  readonly now: () => Date
  readonly newContactId: () => string
}

/** The operations of MessageContactService, each of them: parse, rule, store, show. Their promises are in the contract. */
// Long, because it is a list: one function for each operation.
export function createMessageContactService(parts: Parts) {
  const { parse, additions, lookups, changes, sending, rules, codes, now, newContactId } = parts
  const send = async ({ contactId, target }: TargetRequest, call: Call) => {
    const { expireDate, nextSendDate } = await sending.start({ contactId, ...call.caller }, target, call)
    return show.sending(expireDate, nextSendDate, call.requestId)
  }
  return {
    async addMessageContact(request: AddMessageContactRequest, call: Call) {
      const asked = parse.addMessageContact(request)
      const { directoryId } = call.caller
      const { clientToken } = asked
      const contact = newContact(asked, { contactId: newContactId(), directoryId, now: now(), clientToken })
      return show.contact(await additions.add(contact, call, request.name), call.requestId)
    },

    async getMessageContact(request: GetMessageContactRequest, call: Call) {
      const { contactId } = parse.getMessageContact(request)
      return show.contact(await lookups.get({ contactId, ...call.caller }, call), call.requestId)
    },

    async listMessageContacts(request: ListMessageContactsRequest, call: Call) {
      const asked = parse.listMessageContacts(request, call.caller.directoryId)
      return show.page(await lookups.list(asked, call), asked, call.requestId)
    },

    async updateMessageContact(request: UpdateMessageContactRequest, call: Call) {
      const { contactId, change, etag } = parse.updateMessageContact(request)
      const { requestId } = call
      const decide = (contact: Contact): Decision => {
        expectEtag(contact, etag)
        return { contact: changedContact(contact, change, { requestId, now: now() }) }
      }
      return show.contact(await changes.change({ contactId, ...call.caller }, call, decide, request.name), requestId)
    },

    async deleteMessageContact(request: DeleteMessageContactRequest, call: Call) {
      const { contactId, etag } = parse.deleteMessageContact(request)
      await changes.remove({ contactId, ...call.caller }, etag, call)
      return show.deleted(call.requestId)
    },

    async sendEmailVerificationForMessageContact(request: SendEmailVerificationForMessageContactRequest, call: Call) {
      return send(parse.sendEmailVerification(request), call)
    },

    async sendPhoneVerificationForMessageContact(request: SendPhoneVerificationForMessageContactRequest, call: Call) {
      return send(parse.sendPhoneVerification(request), call)
    },

    async confirmMessageContactVerification(request: ConfirmMessageContactVerificationRequest, call: Call) {
      const { contactId, target, code } = parse.confirmVerification(request)
      const { requestId } = call
      const isRight = (verificationId: string) => codes.matches(verificationId, code)
      const decide = (contact: Contact) => confirmedContact(contact, target, isRight, { requestId, now: now() }, rules)
      return show.contact(await changes.change({ contactId, ...call.caller }, call, decide), requestId)
    },

    async cancelMessageContactUpdate(request: CancelMessageContactUpdateRequest, call: Call) {
      const { contactId, targets } = parse.cancelUpdate(request)
      const { requestId } = call
      const decide = (contact: Contact) => ({ contact: cancelledUpdate(contact, targets, { requestId, now: now() }) })
      return show.contact(await changes.change({ contactId, ...call.caller }, call, decide), requestId)
    },

    async listMessageContactVerifications(request: ListMessageContactVerificationsRequest, call: Call) {
      const asked = parse.listVerifications(request, call.caller.directoryId)
      const contact = await lookups.get(asked, call)
      return show.verifications(waitingOf(contact), asked, call.requestId)
    },
  }
}
