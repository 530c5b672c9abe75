import type { Caller } from '../caller.js'
import type { AddMessageContactRequest } from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { newContact } from './contact.js'
import type { createMessages } from './messages.js'
import type { Additions } from './store/additions.js'
import type { Patience } from './store/group-commit.js'

/** What an operation knows of the call it serves. */
interface Call extends Patience {
  readonly requestId: string
  readonly caller: Caller
}

/** What the operations are made of. */
export interface Parts {
  readonly messages: ReturnType<typeof createMessages>
  readonly additions: Additions
  readonly now: () => Date
  readonly newContactId: () => string
}

/** The operations of MessageContactService, each of them: parse, rule, store, show. Their promises are in the contract. */
export function createMessageContactService({ messages, additions, now, newContactId }: Parts) {
  return {
    async addMessageContact(request: AddMessageContactRequest, call: Call) {
      const asked = messages.parseAddMessageContact(request)
      const { directoryId } = call.caller
      const contact = newContact(asked, {
        contactId: newContactId(),
        directoryId,
        now: now(),
        clientToken: asked.clientToken,
      })
      return messages.showAddMessageContact(await additions.add(contact, call, request.name), call.requestId)
    },
  }
}
