import { setTimeout as pause } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import type { Collection } from 'mongodb'
import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type AddRequest, addRequest, ContactsClient, Refused } from '../client.js'
import { uniqueName } from '../service/running-service.js'

/** One call and how it ended. */
export interface Attempt {
  readonly directoryId: string
  readonly request: AddRequest
  /** Of the contact, where the call was answered. */
  readonly contactId?: string
  /** Else why not: the reason of its ErrorInfo, or the bare status where the client or grpc-js gave up by itself. */
  readonly refused?: string
  readonly tookMs: number
}

export interface LoadOptions {
  readonly address: string
  /** Connections, and calls in flight on each. By default 4 of 8. */
  readonly connections?: number
  readonly each?: number
}

/** Far more than any call may take, so that one which hangs is seen to hang. */
const patienceMs = 30_000
/** So that a service which is away is not asked all the time. */
const afterRefusalMs = 50
const contactsInDirectory = 15

/** A distinct lawful name for each number, and no part of a word: letters stand for its digits. */
export const nameOf = (index: number) =>
  `Zq${[...String(index)].map((digit) => String.fromCharCode(97 + Number(digit))).join('')}`

/** Callers that add one contact after the other to directories of their own, every second one with a client token. */
export class Load {
  readonly attempts: Attempt[] = []
  readonly #clients: readonly ContactsClient[]
  readonly #callers: readonly Promise<void>[]
  #stopping = false

  private constructor({ address, connections = 4, each = 8 }: LoadOptions) {
    this.#clients = Array.from({ length: connections }, () => quickClient(address))
    this.#callers = this.#clients.flatMap((client) => Array.from({ length: each }, () => this.#call(client)))
  }

  static start(options: LoadOptions): Load {
    return new Load(options)
  }

  /** Resolves when so many more calls have been answered, or fail where they are not in time. */
  async answered(more: number, withinMs = 20_000): Promise<void> {
    const before = this.#answers()
    const giveUpAt = Date.now() + withinMs
    while (this.#answers() < before + more) {
      if (Date.now() > giveUpAt)
        expect.fail(`${this.#answers() - before} of ${more} calls were answered within ${withinMs} ms`)
      await pause(10)
    }
  }

  /** Resolves when so many more calls have been refused. */
  async refused(more: number): Promise<void> {
    const refusals = () => this.attempts.length - this.#answers()
    const before = refusals()
    const giveUpAt = Date.now() + patienceMs
    while (refusals() < before + more) {
      if (Date.now() > giveUpAt) expect.fail(`${refusals() - before} of ${more} calls were refused`)
      await pause(10)
    }
  }

  /** Starts no more calls; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#callers)
    for (const client of this.#clients) client.close()
  }

  #answers() {
    return this.attempts.filter(({ contactId }) => contactId !== undefined).length
  }

  async #call(client: ContactsClient) {
    let directoryId = uniqueName('rd')
    for (let index = 0; !this.#stopping; index += 1) {
      if (index % contactsInDirectory === 0) directoryId = uniqueName('rd')
      const token = index % 2 === 0 ? { clientToken: uniqueName('token') } : {}
      const attempt = await tryToAdd(client, directoryId, addRequest({ name: nameOf(index), ...token }))
      this.attempts.push(attempt)
      if (attempt.refused !== undefined) await pause(afterRefusalMs)
    }
  }
}

/** Comes back soon after its service did. */
export const quickClient = (address: string) =>
  new ContactsClient(address, { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 })

export async function tryToAdd(client: ContactsClient, directoryId: string, request: AddRequest): Promise<Attempt> {
  const startedAt = Date.now()
  const ending = await client.addMessageContact(request, { directoryId, deadlineMs: patienceMs }).then(
    ({ response }) => ({ contactId: response.contact?.contactId ?? '' }),
    (error: unknown) => ({ refused: reasonOf(error) }),
  )
  return { directoryId, request, tookMs: Date.now() - startedAt, ...ending }
}

/** A refusal's reason, or where it has no details its status. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Refused)) throw error
  const [info] = error.refusal.details as readonly { readonly reason?: string }[]
  return info?.reason ?? status[error.refusal.code] ?? String(error.refusal.code)
}

/** The reasons calls were refused for, each once. */
export const reasonsOf = (attempts: readonly Attempt[]) =>
  [...new Set(attempts.flatMap(({ refused }) => refused ?? []))].sort()

/** These say that nothing was written; after all others something may have been. */
const nothingWritten = ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN', 'OVERLOADED', 'CONCURRENT_CALL_NOT_SUPPORTED']

/** Every acknowledged contact is there, none is twice, and nothing is there that a refusal said was not written. */
export async function expectKept(collection: Collection<Contact>, attempts: readonly Attempt[]): Promise<void> {
  const place = ({ directoryId, name }: { directoryId: string; name: string }) => `${directoryId}/${name}`
  const directories = [...new Set(attempts.map(({ directoryId }) => directoryId))]
  const stored = await collection.find({ directoryId: { $in: directories } }).toArray()
  const byPlace = new Map(stored.map((contact) => [place(contact), contact._id]))
  expect(byPlace.size, 'no contact is there twice').toBe(stored.length)
  const wrong = attempts.filter(({ directoryId, request, contactId, refused = '' }) => {
    const id = byPlace.get(place({ directoryId, name: request.name ?? '' }))
    return contactId === undefined ? id !== undefined && nothingWritten.includes(refused) : id !== contactId
  })
  expect(wrong, 'what was acknowledged is there, what was surely not written is not').toEqual([])
}

/** Repeats with their tokens what was left open: each is answered with one contact, the one that is stored. */
export async function expectRepeatable(
  client: ContactsClient,
  collection: Collection<Contact>,
  attempts: readonly Attempt[],
): Promise<void> {
  const open = attempts.filter(({ refused, request }) => refused !== undefined && request.clientToken !== undefined)
  const repeats = await Promise.all(open.map(({ directoryId, request }) => tryToAdd(client, directoryId, request)))
  const stored = await Promise.all(
    open.map(({ directoryId, request }) =>
      collection.find({ directoryId, name: request.name ?? '' }, { projection: { _id: 1 } }).toArray(),
    ),
  )
  expect(open.length, 'some calls were left open').toBeGreaterThan(0)
  expect(stored.map((contacts) => contacts.map(({ _id }) => _id))).toEqual(repeats.map(({ contactId }) => [contactId]))
}
