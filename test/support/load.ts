import { setTimeout as pause } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { ContactsClient, Refused } from './client.js'

/** The result of a call. */
export interface CallResult {
  /** Absent if it was answered: the reason of its ErrorInfo, or the gRPC status if the client or grpc-js gave up. */
  readonly refused?: string
  readonly durationMs: number
}

/** Calls that are made one after the other over a client: each call of the function it gives makes the next one. */
export type Workload<Result extends CallResult> = (client: ContactsClient) => () => Promise<Result>

export interface LoadOptions {
  readonly address: string
  /** By default 4. */
  readonly connections?: number
  /** How many workloads run on each connection. By default 8. */
  readonly perConnection?: number
}

/** Much longer than any call may take, so that a test notices one that hangs. */
export const clientDeadlineMs = 30_000
/** So that a service which is down does not get requests all the time. */
const pauseAfterRefusalMs = 50

/** Many workloads at the same time, and the results of all their calls. */
export class Load<Result extends CallResult> {
  readonly results: Result[] = []
  readonly #clients: readonly ContactsClient[]
  readonly #running: readonly Promise<void>[]
  #isStopping = false

  private constructor(workload: Workload<Result>, { address, connections = 4, perConnection = 8 }: LoadOptions) {
    this.#clients = Array.from({ length: connections }, () => createReconnectingClient(address))
    this.#running = this.#clients.flatMap((client) =>
      Array.from({ length: perConnection }, () => this.#run(workload(client))),
    )
  }

  static start<Result extends CallResult>(workload: Workload<Result>, options: LoadOptions): Load<Result> {
    return new Load(workload, options)
  }

  /** Resolves when `count` more calls have been answered. Fails if they are not within `timeoutMs`. */
  answered(count: number, timeoutMs = 20_000): Promise<void> {
    return this.#haveEnded(count, timeoutMs, 'answered', ({ refused }) => refused === undefined)
  }

  /** Resolves when `count` more calls have been refused. */
  refused(count: number): Promise<void> {
    return this.#haveEnded(count, clientDeadlineMs, 'refused', ({ refused }) => refused !== undefined)
  }

  async #haveEnded(count: number, timeoutMs: number, how: string, isCounted: (result: Result) => boolean) {
    const ended = () => this.results.filter(isCounted).length
    const before = ended()
    const endTime = Date.now() + timeoutMs
    while (ended() < before + count) {
      if (Date.now() > endTime) expect.fail(`${ended() - before} of ${count} calls were ${how} within ${timeoutMs} ms`)
      await pause(10)
    }
  }

  /** Starts no more calls. Resolves when the open calls have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#running)
    for (const client of this.#clients) client.close()
  }

  async #run(nextCall: () => Promise<Result>) {
    while (!this.#isStopping) {
      const result = await nextCall()
      this.results.push(result)
      if (result.refused !== undefined) await pause(pauseAfterRefusalMs)
    }
  }
}

/** A client that connects again soon after its service is back. */
export const createReconnectingClient = (address: string) =>
  new ContactsClient(address, { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 })

/** The result of a call that starts now, with its answer if there is one. */
export async function resultOf<Answer>(call: Promise<Answer>): Promise<CallResult & { readonly answer?: Answer }> {
  const startTime = Date.now()
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ refused: reasonOf(error) }),
  )
  return { ...outcome, durationMs: Date.now() - startTime }
}

/** The reason of a refusal, or its gRPC status if it has no details. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Refused)) throw error
  const [info] = error.refusal.details as readonly { readonly reason?: string }[]
  return info?.reason ?? status[error.refusal.code] ?? String(error.refusal.code)
}

/** The reasons for which calls were refused, each once. */
export const reasonsOf = (results: readonly CallResult[]) =>
  [...new Set(results.flatMap(({ refused }) => refused ?? []))].sort()

/** The reasons for which calls were refused, without those that are expected. */
export const unexpectedReasons = (results: readonly CallResult[], expected: readonly string[]) =>
  reasonsOf(results).filter((reason) => !expected.includes(reason))

/** True if a refusal guarantees that nothing was written. */
export const guaranteesNothingWritten = (reason: string) =>
  ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN', 'OVERLOADED', 'CONCURRENT_CALL_NOT_SUPPORTED'].includes(reason)

/** A valid name for each number that is not part of a word: letters stand for its digits. */
export const nameOf = (index: number) =>
  `Zq${[...String(index)].map((digit) => String.fromCharCode(97 + Number(digit))).join('')}`

/** The log without ids of contacts: they are random, so some of many would contain a name by chance. */
export const withoutContactIds = (log: string) => log.replaceAll(/\bc-\w{16}\b/g, '')
