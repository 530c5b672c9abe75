import type { AddRequest, Answer, Call, ListRequest, Shown } from './calls.js'

/** A contact as callers know it: by what they were answered. */
export interface SeenContact {
  readonly directoryId: string
  readonly contactId: string
  /** The latest first. */
  etags: readonly string[]
  /** Whether the last thing heard of it is that it is not there. */
  gone: boolean
}

/** What callers have learned from answers: what later calls can speak of. It judges nothing. */
export class Seen {
  readonly contacts: SeenContact[] = []
  readonly adds: { readonly directoryId: string; readonly request: AddRequest }[] = []
  /** The latest first. */
  readonly pages: { readonly directoryId: string; readonly request: ListRequest }[] = []

  learn(call: Call, answer: Answer): void {
    const { directoryId } = call
    if (call.operation === 'add' && answer.kind === 'contact') this.adds.push({ directoryId, request: call.request })
    if (answer.kind === 'contact') this.#see(directoryId, answer.contact)
    if (answer.kind === 'page') for (const contact of answer.contacts) this.#see(directoryId, contact)
    if (answer.kind === 'page' && call.operation === 'list' && answer.nextPageToken !== '')
      this.pages.unshift({ directoryId, request: { ...call.request, pageToken: answer.nextPageToken } })
    if (answer.kind === 'deleted' && call.operation === 'delete') this.#miss(call.request.contactId)
  }

  #see(directoryId: string, { contactId, etag }: Shown) {
    const contact = this.contacts.find((seen) => seen.contactId === contactId)
    if (!contact) this.contacts.push({ directoryId, contactId, etags: [etag], gone: false })
    else if (contact.etags[0] !== etag) contact.etags = [etag, ...contact.etags]
  }

  #miss(contactId: string) {
    const contact = this.contacts.find((seen) => seen.contactId === contactId)
    if (contact) contact.gone = true
  }
}
