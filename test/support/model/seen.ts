import type { AddRequest, Answer, Call, ContactView, ListRequest } from './calls.js'

/** A contact as callers know it from answers. */
export interface SeenContact {
  readonly directoryId: string
  readonly contactId: string
  /** The latest one first. */
  etags: readonly string[]
  isDeleted: boolean
}

/** What callers know from answers, which later calls refer to. It checks nothing. */
export class Seen {
  readonly contacts: SeenContact[] = []
  readonly adds: { readonly directoryId: string; readonly request: AddRequest }[] = []
  /** List requests with a page token, the latest one first. */
  readonly pages: { readonly directoryId: string; readonly request: ListRequest }[] = []

  learn(call: Call, answer: Answer): void {
    const { directoryId } = call
    if (call.operation === 'add' && answer.kind === 'contact') this.adds.push({ directoryId, request: call.request })
    if (answer.kind === 'contact') this.#learnContact(directoryId, answer.contact)
    if (answer.kind === 'page') for (const contact of answer.contacts) this.#learnContact(directoryId, contact)
    if (answer.kind === 'page' && call.operation === 'list' && answer.nextPageToken !== '')
      this.pages.unshift({ directoryId, request: { ...call.request, pageToken: answer.nextPageToken } })
    if (answer.kind === 'deleted' && call.operation === 'delete') this.#learnDeletion(call.request.contactId)
  }

  #learnContact(directoryId: string, { contactId, etag }: ContactView) {
    const contact = this.contacts.find((seen) => seen.contactId === contactId)
    if (!contact) this.contacts.push({ directoryId, contactId, etags: [etag], isDeleted: false })
    else if (contact.etags[0] !== etag) contact.etags = [etag, ...contact.etags]
  }

  #learnDeletion(contactId: string) {
    const contact = this.contacts.find((seen) => seen.contactId === contactId)
    if (contact) contact.isDeleted = true
  }
}
