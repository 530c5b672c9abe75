import { once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Client, credentials, type StatusObject } from '@grpc/grpc-js'
import { expect } from 'vitest'
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../../src/gen/health/v1/health_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { fromStatus, type Refusal } from '../../src/rpc/status.js'

/** What health is asked for: the whole process, and the service. */
export const healthNames = ['', MessageContactService.typeName]

const asIs = (value: Buffer) => value
const bytesOf = (service: string) =>
  Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })))
const statusIn = (bytes: Buffer) =>
  HealthCheckResponse_ServingStatus[fromBinary(HealthCheckResponseSchema, bytes).status] ?? ''

/** A stream that stays open until the server ends it. */
export interface OpenStream {
  /** How the server ended it. */
  readonly ended: Promise<Refusal>
}

/** Asks a service about itself, as balancers and grpcurl do. */
export class Observer {
  readonly #client: Client

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  }

  /** What Check says of each of the names. */
  health(): Promise<string[]> {
    return Promise.all(healthNames.map((name) => this.#check(name)))
  }

  /** Resolves when Check says so of each name; fails where it does not in time. */
  async healthBecomes(status: 'SERVING' | 'NOT_SERVING', withinMs: number): Promise<void> {
    const giveUpAt = Date.now() + withinMs
    while (!(await this.health()).every((seen) => seen === status)) {
      if (Date.now() > giveUpAt) expect.fail(`health was not ${status} within ${withinMs} ms`)
      await pause(50)
    }
  }

  /** Resolves when the first status has come. */
  async watch(): Promise<OpenStream> {
    const stream = this.#client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asIs, asIs, bytesOf(''))
    return opened(stream)
  }

  /** Asks for the list of services, and for nothing after that. */
  async reflect(): Promise<OpenStream> {
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
    const stream = this.#client.makeBidiStreamRequest(path, asIs, asIs)
    stream.write(Buffer.from([listServices, 0]))
    return opened(stream)
  }

  close(): void {
    this.#client.close()
  }

  #check(name: string): Promise<string> {
    const deadline = Date.now() + 5000
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        asIs,
        asIs,
        bytesOf(name),
        { deadline },
        (error, bytes) => (bytes ? resolve(statusIn(bytes)) : reject(error)),
      )
    })
  }
}

/** `list_services`, field 7 of a reflection request, as a string that follows with its length. */
const listServices = (7 << 3) | 2

async function opened(stream: NodeJS.EventEmitter): Promise<OpenStream> {
  // Told by its status already.
  stream.on('error', () => {})
  const ended = new Promise<Refusal>((resolve) =>
    stream.once('status', (status: StatusObject) => resolve(fromStatus(status))),
  )
  await once(stream, 'data')
  return { ended }
}

/** A call whose message never comes whole: five bytes say that a hundred follow. Gives what closes the connection. */
export async function halfSentCall(address: string): Promise<() => void> {
  const session = connect(`http://${address}`)
  await once(session, 'connect')
  session.on('error', () => {})
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${MessageContactService.typeName}/AddMessageContact`,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => {})
  stream.resume()
  await new Promise((resolve) => stream.write(Buffer.from([0, 0, 0, 0, 100, 1, 2, 3]), resolve))
  // The answer to a ping comes after all that was sent before it was read.
  await new Promise((resolve) => session.ping(resolve))
  return () => session.destroy()
}
