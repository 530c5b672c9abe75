import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosProcess } from './chaos-process.js'
import type { CallOutcome, CallRecord, CallRequest, MessageRecord, PauseRecord, SeenContact } from './history.js'
import type { Random } from './random.js'
import { outcomeOf } from './recorded-call.js'

const names = ['Ann', 'Bob', 'Eve', 'Kim', 'Tom', 'Zoe']
const titles = [1, 2, 3, 4, 5, 6]
/** How many of the contacts that were seen last in a directory callers still know. */
const maxKnown = 8
const minDeadlineMs = 1000
const maxDeadlineMs = 4000
/** So that a process that is down does not get requests all the time. */
const pauseAfterLossMs = 50

/** How often the process looks whether it was held up, in milliseconds, and what counts as a pause. */
const watchIntervalMs = 20
const minPauseMs = 50

/** How long a caller waits for a message before it gives a code nevertheless. */
const maxWaitForMessageMs = 2000

type AddRequest = CallRequest & { readonly operation: 'add' }
type SendRequest = CallRequest & { readonly operation: 'send' }

/** How often each operation is called. */
const weights = { add: 20, update: 26, delete: 8, send: 14, confirm: 16, get: 10, list: 6 } as const

export interface CallersOptions {
  readonly random: Random
  readonly directoryIds: readonly string[]
  readonly processes: readonly ChaosProcess[]
  /** Milliseconds since the start of the run. */
  readonly now: () => number
  /** The messages that were accepted so far. */
  readonly messages: readonly MessageRecord[]
}

/** Callers that work on the same few contacts, through any of the processes, and the record of their calls. */
export class Callers {
  readonly calls: CallRecord[] = []
  /** When nothing here was run, neither timers nor answers. */
  readonly pauses: PauseRecord[] = []
  readonly #watching: NodeJS.Timeout
  readonly #options: CallersOptions
  /** By directory: the contacts that were seen last, in their latest state. */
  readonly #known = new Map<string, Map<string, SeenContact>>()
  /** By directory: contacts that do not exist any more. */
  readonly #gone = new Map<string, SeenContact[]>()
  /** By directory: the adds with a client token. */
  readonly #repeatable = new Map<string, AddRequest[]>()
  #lastId = 0
  #lastAddress = 0

  constructor(options: CallersOptions) {
    this.#options = options
    let lastTime = options.now()
    this.#watching = setInterval(() => {
      const endTime = options.now()
      if (endTime - lastTime > minPauseMs) this.pauses.push({ startTime: lastTime, endTime })
      lastTime = endTime
    }, watchIntervalMs).unref()
  }

  /** Makes one call after the other until `endTime`. */
  async run(endTime: number): Promise<void> {
    const { random, directoryIds, processes, now } = this.#options
    while (now() < endTime) {
      const directoryId = random.pick(directoryIds) ?? ''
      const request = this.#requestFor(directoryId)
      const process = random.pick(processes.filter(({ client }) => client !== undefined))
      const outcome = request && process && (await this.call(process, directoryId, request))
      if (outcome?.kind === 'lost' || !process) await pause(pauseAfterLossMs)
      if (outcome?.kind === 'answered' && request?.operation === 'send' && random.chance(0.6))
        await this.#confirm(directoryId, request)
    }
  }

  /** Waits for the message, and confirms with the code in it. */
  async #confirm(directoryId: string, { contactId, emailAddress }: SendRequest): Promise<void> {
    const { random, processes, now, messages } = this.#options
    const endTime = now() + maxWaitForMessageMs
    const isReceived = () => messages.some(({ address }) => address === emailAddress)
    while (!isReceived() && now() < endTime) await pause(20)
    const request = { operation: 'confirm', contactId, emailAddress, code: this.#codeFor(emailAddress) } as const
    const process = random.pick(processes)
    if (process) await this.call(process, directoryId, request)
  }

  /** Reads everything that callers know, through each process. The record ends here. */
  async readAll(): Promise<void> {
    for (const process of this.#options.processes)
      for (const directoryId of this.#options.directoryIds) {
        await this.call(process, directoryId, { operation: 'list' })
        for (const contactId of [...this.#knownIn(directoryId).keys()])
          await this.call(process, directoryId, { operation: 'get', contactId })
      }
    clearInterval(this.#watching)
  }

  /** Makes a call and records it. */
  async call(process: ChaosProcess, directoryId: string, request: CallRequest): Promise<CallOutcome> {
    const { random, now } = this.#options
    const deadlineMs = random.integer(minDeadlineMs, maxDeadlineMs)
    this.#lastId += 1
    const id = this.#lastId
    const startTime = now()
    const outcome: CallOutcome = process.client
      ? await outcomeOf(process.client, request, { directoryId, deadlineMs })
      : { kind: 'lost' }
    this.calls.push({ id, directoryId, request, startTime, endTime: now(), deadline: startTime + deadlineMs, outcome })
    if (outcome.kind === 'answered') this.#learn(directoryId, outcome.contacts)
    const isGone = outcome.kind === 'answered' ? request.operation === 'delete' : isNotFound(outcome)
    if (isGone && 'contactId' in request) this.#forget(directoryId, request.contactId)
    return outcome
  }

  #knownIn(directoryId: string): Map<string, SeenContact> {
    const known = this.#known.get(directoryId) ?? new Map<string, SeenContact>()
    this.#known.set(directoryId, known)
    return known
  }

  #learn(directoryId: string, contacts: readonly SeenContact[]): void {
    const known = this.#knownIn(directoryId)
    for (const contact of contacts) {
      const before = known.get(contact.contactId)
      if (before && before.revision > contact.revision) continue
      known.delete(contact.contactId)
      known.set(contact.contactId, contact)
    }
    for (const contactId of known.keys()) {
      if (known.size <= maxKnown) break
      known.delete(contactId)
    }
  }

  #forget(directoryId: string, contactId: string): void {
    const known = this.#knownIn(directoryId)
    const contact = known.get(contactId)
    if (contact) this.#gone.set(directoryId, [...(this.#gone.get(directoryId) ?? []), contact].slice(-maxKnown))
    known.delete(contactId)
  }

  /** A contact that is known to callers; sometimes one that they know to be gone. */
  #contactIn(directoryId: string): SeenContact | undefined {
    const { random } = this.#options
    const gone = this.#gone.get(directoryId) ?? []
    return random.pick(random.chance(0.07) ? gone : [...this.#knownIn(directoryId).values()])
  }

  /** A call that makes sense for what is known. Undefined if there is none of the chosen operation. */
  #requestFor(directoryId: string): CallRequest | undefined {
    const { random } = this.#options
    const operation = random.weighted(weights)
    if (operation === 'add') return this.#add(directoryId)
    if (operation === 'list') return { operation }
    const contact = this.#contactIn(directoryId)
    if (!contact) return undefined
    const { contactId, revision } = contact
    const etag = random.chance(0.5) && { etag: random.chance(0.9) ? revision : revision + 1 }
    const emailAddress = contact.isEmailVerified ? contact.pendingEmailAddress : contact.emailAddress
    switch (operation) {
      case 'update':
        return { operation, contactId, ...etag, ...this.#changeOf(contact) }
      case 'delete':
        return { operation, contactId, ...etag }
      case 'send':
        return emailAddress === '' ? undefined : { operation, contactId, emailAddress }
      case 'confirm':
        return emailAddress === ''
          ? undefined
          : { operation, contactId, emailAddress, code: this.#codeFor(emailAddress) }
      case 'get':
        return { operation, contactId }
    }
  }

  /** Half of the adds have a client token; some repeat an earlier one of the directory. */
  #add(directoryId: string): CallRequest {
    const { random } = this.#options
    const repeatable = this.#repeatable.get(directoryId) ?? []
    const repeated = random.chance(0.25) ? random.pick(repeatable.slice(-2)) : undefined
    if (repeated) return repeated
    const fields = { name: random.pick(names) ?? '', emailAddress: this.#newAddress(), title: this.#title() }
    if (random.chance(0.5)) return { operation: 'add', ...fields }
    const request = { operation: 'add', ...fields, clientToken: `token-${this.#lastAddress}` } as const
    this.#repeatable.set(directoryId, [...repeatable, request])
    return request
  }

  /** Some updates change nothing. */
  #changeOf({ name, title, emailAddress }: SeenContact) {
    const { random } = this.#options
    const kind = random.weighted({ name: 3, title: 2, address: 3, everything: 2, nothing: 2 })
    if (kind === 'name') return { name: random.pick(names) ?? '' }
    if (kind === 'title') return { title: this.#title() }
    if (kind === 'address') return { emailAddress: this.#newAddress() }
    if (kind === 'nothing') return { name, title, emailAddress }
    return { name: random.pick(names) ?? '', emailAddress: this.#newAddress(), title: this.#title() }
  }

  #title(): number {
    return this.#options.random.pick(titles) ?? 1
  }

  /** Shows in which call an address was written. */
  #newAddress(): string {
    this.#lastAddress += 1
    return `a${this.#lastAddress}@chaos.example`
  }

  /** Mostly the code of the latest message to the address. */
  #codeFor(emailAddress: string): string {
    const { random, messages } = this.#options
    const received = messages.filter(({ address }) => address === emailAddress)
    return (random.chance(0.8) ? received.at(-1)?.code : undefined) ?? String(random.integer(100_000, 999_999))
  }
}

const isNotFound = (outcome: CallOutcome) =>
  outcome.kind === 'refused' && outcome.reason === 'ENTITY_NOT_EXISTS_CONTACT'
