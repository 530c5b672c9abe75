import type { ServiceImplementation } from '../calls/service.js'
import type { MessageContactService } from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { type Contact, changeContact, newContact, requireEtag } from './contact.js'
import { ContactRequestParser } from './requests.js'
import { contactResponse, deleteResponse, listResponse } from './responses.js'
import type { ContactSettings } from './settings.js'
import type { ContactInserter } from './store/inserter.js'
import type { ContactLister } from './store/lister.js'
import type { ContactReader } from './store/reader.js'
import type { ContactWriter } from './store/writer.js'

export interface ContactDependencies {
  readonly settings: ContactSettings
  readonly inserter: ContactInserter
  readonly lister: ContactLister
  readonly reader: ContactReader
  readonly writer: ContactWriter
  /** The time that is stored. */
  readonly now: () => Date
  readonly newContactId: () => string
}

type ContactOperations = Pick<
  ServiceImplementation<typeof MessageContactService>,
  'addMessageContact' | 'getMessageContact' | 'listMessageContacts' | 'updateMessageContact' | 'deleteMessageContact'
>

/** The operations on contacts. Each of them: parse, decide, store, respond. The contract says what they promise. */
export function createContactOperations(dependencies: ContactDependencies): ContactOperations {
  const { settings, inserter, lister, reader, writer, now, newContactId } = dependencies
  const parser = new ContactRequestParser(settings)
  return {
    async addMessageContact(request, call) {
      const { fields, clientToken } = parser.addMessageContact(request)
      const { directoryId } = call.caller
      const contact = newContact(fields, { contactId: newContactId(), directoryId, now: now(), clientToken })
      const added = await inserter.add(contact, call, request.name)
      call.noteContact(added._id)
      return contactResponse(added, call.requestId)
    },

    async getMessageContact(request, call) {
      const { contactId } = parser.getMessageContact(request)
      return contactResponse(await reader.get(contactId, call), call.requestId)
    },

    async listMessageContacts(request, call) {
      const page = parser.listMessageContacts(request, call.caller.directoryId)
      return listResponse(await lister.list(page, call), page, call.requestId)
    },

    async updateMessageContact(request, call) {
      const { contactId, change, etag } = parser.updateMessageContact(request)
      call.noteContact(contactId)
      const decide = (contact: Contact) => changeContact(requireEtag(contact, etag), change)
      const { contact } = await writer.change(contactId, call, decide, { requestedName: request.name })
      return contactResponse(contact, call.requestId)
    },

    async deleteMessageContact(request, call) {
      const { contactId, etag } = parser.deleteMessageContact(request)
      call.noteContact(contactId)
      await writer.remove(contactId, etag, call)
      return deleteResponse(call.requestId)
    },
  }
}
