import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { KnownContact, Ledger, Outcome, SoakRequest } from './ledger.js'
import type { Measurements } from './measurements.js'
import type { SentCodes } from './sent-codes.js'
import type { SoakedProcess } from './soaked-process.js'

/** Of a directory. */
const maxContacts = 20
/** Between two calls of a caller, so that the machine is not overloaded and latencies say something, in milliseconds. */
const pauseMs = 20
const pauseBeforeRepetitionMs = 200
/** How long a call may remain unsettled, in milliseconds: much longer than the start of a process takes. */
const maxUnsettledMs = 60_000

/** How often each operation is chosen. One that makes no sense for the contact becomes a Get or a List. */
const weights = { add: 12, update: 20, delete: 8, send: 6, confirm: 10, get: 28, list: 16 } as const
const operations = (Object.keys(weights) as (keyof typeof weights)[]).flatMap((operation) =>
  Array.from({ length: weights[operation] }, () => operation),
)

const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(Math.random() * items.length)]

export interface SoakCallerOptions {
  /** Of directories that no other caller writes to. */
  readonly ledgers: readonly Ledger[]
  readonly processes: readonly SoakedProcess[]
  readonly codes: SentCodes
  readonly measurements: Measurements
}

/** Makes calls of all kinds to any of the processes, one after the other, and repeats each until it is settled. */
export class SoakCaller {
  readonly #options: SoakCallerOptions
  #lastName = 0

  constructor(options: SoakCallerOptions) {
    this.#options = options
  }

  async run(isRunning: () => boolean): Promise<void> {
    while (isRunning()) {
      const ledger = pick(this.#options.ledgers)
      if (ledger) await this.#settle(ledger, this.#nextRequest(ledger))
      await pause(pauseMs)
    }
  }

  async #settle(ledger: Ledger, request: SoakRequest): Promise<void> {
    const { measurements } = this.#options
    const endTime = performance.now() + maxUnsettledMs
    for (let isRepeated = false; ; isRepeated = true) {
      const outcome = await this.#call(ledger.directoryId, request)
      const settled = outcome && ledger.note(request, outcome, isRepeated)
      if (settled !== undefined && settled !== 'repeat') {
        measurements.addProblems(settled)
        // A code that was refused is not used again: a repeated Send has replaced it.
        if (request.operation === 'confirm') this.#options.codes.forget(request.phoneNumber)
        return
      }
      if (performance.now() > endTime) {
        measurements.addProblems([`${request.operation} in ${ledger.directoryId} was not settled in a minute`])
        return
      }
      await pause(pauseBeforeRepetitionMs)
    }
  }

  /** Undefined if no process runs. */
  async #call(directoryId: string, request: SoakRequest): Promise<Outcome | undefined> {
    const client = pick(this.#options.processes.flatMap((process) => process.client ?? []))
    const startTime = performance.now()
    const outcome = await client?.call(directoryId, request)
    if (outcome) this.#options.measurements.add(outcome, performance.now() - startTime)
    return outcome
  }

  #nextRequest(ledger: Ledger): SoakRequest {
    const { contacts } = ledger
    const operation = pick(operations)
    const contact = pick(contacts)
    if (!contact || (operation === 'add' && contacts.length < maxContacts)) return this.#newContact()
    const { contactId } = contact
    switch (operation) {
      case 'update':
        return { operation, contactId, name: this.#newName() }
      case 'delete':
        this.#options.codes.forget(contact.phoneNumber)
        return { operation, contactId }
      case 'send':
      case 'confirm':
        return this.#verification(operation, contact)
      case 'get':
        return { operation, contactId }
      default:
        return { operation: 'list' }
    }
  }

  #verification(operation: 'send' | 'confirm', contact: KnownContact): SoakRequest {
    const { contactId, phoneNumber, isVerified, isCodeRequested } = contact
    const code = this.#options.codes.codeFor(phoneNumber)
    if (operation === 'confirm' && code !== undefined && !isVerified) return { operation, contactId, phoneNumber, code }
    if (operation === 'confirm' || isCodeRequested) return { operation: 'get', contactId }
    this.#options.codes.expect(phoneNumber)
    return { operation: 'send', contactId, phoneNumber }
  }

  #newContact(): SoakRequest {
    return {
      operation: 'add',
      name: this.#newName(),
      phoneNumber: this.#options.codes.newPhoneNumber(),
      clientToken: randomUUID(),
    }
  }

  /** Letters stand for the digits of a number. */
  #newName(): string {
    this.#lastName += 1
    return `S${[...String(this.#lastName)].map((digit) => 'ABCDEFGHIJ'[Number(digit)]).join('')}`
  }
}
