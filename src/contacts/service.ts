import type { Caller } from '../caller.js'
import type {
  AddMessageContactRequest,
  DeleteMessageContactRequest,
  GetMessageContactRequest,
  ListMessageContactsRequest,
  UpdateMessageContactRequest,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { type Contact, changedContact, expectEtag, newContact } from './contact.js'
import { type createParsers, show } from './messages.js'
import type { Additions } from './store/additions.js'
import type { Changes } from './store/changes.js'
import type { Patience } from './store/group-commit.js'
import type { Lookups } from './store/lookups.js'

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
  readonly now: () => Date
  readonly newContactId: () => string
}

/** The operations of MessageContactService, each of them: parse, rule, store, show. Their promises are in the contract. */
export function createMessageContactService({ parse, additions, lookups, changes, now, newContactId }: Parts) {
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
      const decide = (contact: Contact) => {
        expectEtag(contact, etag)
        return changedContact(contact, change, { requestId, now: now() })
      }
      return show.contact(await changes.change({ contactId, ...call.caller }, call, decide, request.name), requestId)
    },

    async deleteMessageContact(request: DeleteMessageContactRequest, call: Call) {
      const { contactId, etag } = parse.deleteMessageContact(request)
      await changes.remove({ contactId, ...call.caller }, etag, call)
      return show.deleted(call.requestId)
    },
  }
}
