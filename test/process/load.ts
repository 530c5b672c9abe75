import { setTimeout as pause } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { ContactsClient, Refused } from '../client.js'

/** How a call ended. */
export interface Ending {
  /** Where it was not answered, why not: the reason of its ErrorInfo, or the bare status where the client or grpc-js gave up by itself. */
  readonly refused?: string
  readonly tookMs: number
}

/** Somebody who makes one call after the other on this client: each time it is asked for the next one, it gives how that ended. */
export type Caller<Attempt extends Ending> = (client: ContactsClient) => () => Promise<Attempt>

export interface LoadOptions {
  readonly address: string
  /** Connections, and callers on each. By default 4 of 8. */
  readonly connections?: number
  readonly each?: number
}

/** Far more than any call may take, so that one which hangs is seen to hang. */
export const patienceMs = 30_000
/** So that a service which is away is not asked all the time. */
const afterRefusalMs = 50

/** Many callers at once, and how all their calls ended. */
export class Load<Attempt extends Ending> {
  readonly attempts: Attempt[] = []
  readonly #clients: readonly ContactsClient[]
  readonly #callers: readonly Promise<void>[]
  #stopping = false

  private constructor({ address, connections = 4, each = 8 }: LoadOptions, caller: Caller<Attempt>) {
    this.#clients = Array.from({ length: connections }, () => quickClient(address))
    this.#callers = this.#clients.flatMap((client) => Array.from({ length: each }, () => this.#call(caller(client))))
  }

  static start<Attempt extends Ending>(caller: Caller<Attempt>, options: LoadOptions): Load<Attempt> {
    return new Load(options, caller)
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
    return this.attempts.filter(({ refused }) => refused === undefined).length
  }

  async #call(next: () => Promise<Attempt>) {
    while (!this.#stopping) {
      const attempt = await next()
      this.attempts.push(attempt)
      if (attempt.refused !== undefined) await pause(afterRefusalMs)
    }
  }
}

/** Comes back soon after its service did. */
export const quickClient = (address: string) =>
  new ContactsClient(address, { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 })

/** How a call ends that is made now, with its answer if there is one. */
export async function endingOf<Answer>(call: Promise<Answer>): Promise<Ending & { readonly answer?: Answer }> {
  const startedAt = Date.now()
  const ending = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ refused: reasonOf(error) }),
  )
  return { ...ending, tookMs: Date.now() - startedAt }
}

/** A refusal's reason, or where it has no details its status. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Refused)) throw error
  const [info] = error.refusal.details as readonly { readonly reason?: string }[]
  return info?.reason ?? status[error.refusal.code] ?? String(error.refusal.code)
}

/** The reasons calls were refused for, each once. */
export const reasonsOf = (attempts: readonly Ending[]) =>
  [...new Set(attempts.flatMap(({ refused }) => refused ?? []))].sort()

/** The reasons beside those that are expected. */
export const reasonsBeside = (attempts: readonly Ending[], expected: readonly string[]) =>
  reasonsOf(attempts).filter((reason) => !expected.includes(reason))

/** Whether a refusal says that nothing was written; after all others something may have been. */
export const saysNothingWritten = (refused: string) =>
  ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN', 'OVERLOADED', 'CONCURRENT_CALL_NOT_SUPPORTED'].includes(refused)

/** A distinct lawful name for each number, and no part of a word: letters stand for its digits. */
export const nameOf = (index: number) =>
  `Zq${[...String(index)].map((digit) => String.fromCharCode(97 + Number(digit))).join('')}`
