import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ChannelOptions } from '@grpc/grpc-js'
import { Failure } from '../../src/failure.js'
import {
  type AddMessageContactRequest,
  type AddMessageContactResponseSchema,
  MessageContactService,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { Answered, Call } from '../../src/rpc/call.js'
import { type Limits, type Running, type ServeOptions, type Service, serve } from '../../src/rpc/server.js'
import { ContactsClient } from '../client.js'

/** What stands in for the operation: the transport is tested without contacts and without a database. */
export type Toy = (
  request: AddMessageContactRequest,
  call: Call<string>,
) => Promise<MessageInitShape<typeof AddMessageContactResponseSchema>>

export interface RunningToy extends Running {
  readonly client: ContactsClient
  /** What `observe` was told, call by call. */
  readonly observed: readonly Answered[]
  /** Another connection to it. */
  connect(options?: ChannelOptions): ContactsClient
}

/** The path of the one operation. */
export const toyPath = `/${MessageContactService.typeName}/${MessageContactService.method.addMessageContact.name}`

/** What every toy call needs to be known. */
export const known = { directoryId: 'toy' }

/** Small enough to be reached, large enough not to be met by chance. */
export const toyLimits: Limits = {
  messageBytes: 4096,
  streamsPerConnection: 100,
  connections: 100,
  connectionMemoryMb: 8,
  connectionIdleMs: 60_000,
  connectionAgeMs: 60_000,
  connectionAgeGraceMs: 10_000,
  keepaliveMs: 30_000,
}

/** Answers with the name it was given. */
export const echo: Toy = async ({ name }, { requestId }) => ({ requestId, contact: { name } })

/** The service of the contract, of which only one operation is ever called. */
const toyService = (toy: Toy): Service<string> => ({
  descriptor: MessageContactService,
  implementation: Object.fromEntries(MessageContactService.methods.map(({ localName }) => [localName, toy])),
})

const running = new Set<() => Promise<void>>()

/** Serves the toy over a socket of its own, until `stopToys`. The caller is the header `x-resource-directory-id`. */
export async function startToy(toy: Toy, otherwise: Partial<ServeOptions<string>> = {}): Promise<RunningToy> {
  const observed: Answered[] = []
  const server = await serve<string>([toyService(toy)], {
    host: '127.0.0.1',
    port: 0,
    limits: toyLimits,
    mostCallsInFlight: 100,
    longestCallMs: 10_000,
    identify: (header) => {
      const [caller] = header('x-resource-directory-id')
      if (caller === undefined) throw new Failure('CALLER_UNKNOWN')
      return caller
    },
    newRequestId: () => crypto.randomUUID().toUpperCase(),
    now: Date.now,
    observe: (answered) => observed.push(answered),
    extras: [],
    ...otherwise,
  })
  const clients: ContactsClient[] = []
  const connect = (options?: ChannelOptions) => {
    const client = new ContactsClient(server.address, options)
    clients.push(client)
    return client
  }
  running.add(async () => {
    for (const client of clients) client.close()
    await server.stop(500)
  })
  return { ...server, client: connect(), observed, connect }
}

/** For afterEach: whatever a test started. */
export async function stopToys(): Promise<void> {
  const stops = [...running]
  running.clear()
  await Promise.all(stops.map((stop) => stop()))
}

/** Polls until a condition holds; fails after five seconds, naming it. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const giveUpAt = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A promise that the test itself keeps. */
export function promised<Value = void>() {
  let keep: (value: Value) => void = () => {}
  const promise = new Promise<Value>((resolve) => {
    keep = resolve
  })
  return { promise, keep }
}
