import { once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, credentials, type StatusObject } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { fromStatus, type Refusal } from '../../src/grpc/status.js'
import type { HealthClient } from './health-client.js'
import { until } from './waiting.js'

/** The names whose health a service reports: the whole process, and the service of the contract. */
const healthNames = ['', MessageContactService.typeName]

/** What Check answers for each of the names. */
export const healthOf = (client: HealthClient): Promise<string[]> =>
  Promise.all(healthNames.map((name) => client.check(name)))

/** Resolves when Check answers so for each of the names. Fails if it does not within `timeoutMs`. */
export async function healthBecomes(
  client: HealthClient,
  status: 'SERVING' | 'NOT_SERVING',
  timeoutMs: number,
): Promise<void> {
  const endTime = Date.now() + timeoutMs
  while (!(await healthOf(client)).every((answered) => answered === status)) {
    if (Date.now() > endTime) expect.fail(`health was not ${status} within ${timeoutMs} ms`)
    await pause(50)
  }
}

/** A stream that stays open until the server ends it. */
export interface OpenStream {
  /** How the server ended it. */
  readonly ended: Promise<Refusal>
}

/** Opens a Watch of health. Resolves when the first status has arrived. */
export async function openWatch(client: HealthClient): Promise<OpenStream> {
  const watching = client.watch('')
  await until('the first status of a Watch', () => watching.received.length > 0)
  return { ended: watching.ended.then(fromStatus) }
}

/** `list_services`, field 7 of a reflection request, as a string that follows with its length. */
const listServices = (7 << 3) | 2

/** Opens a reflection stream and asks for the list of services. Resolves when the answer has arrived. */
export async function openReflection(address: string): Promise<OpenStream> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const unchanged = (bytes: Buffer) => bytes
  const stream = client.makeBidiStreamRequest(path, unchanged, unchanged)
  const ended = new Promise<Refusal>((resolve) => {
    stream.on('status', (status: StatusObject) => resolve(fromStatus(status)))
  })
  // The status reports it as well.
  stream.on('error', () => {})
  stream.write(Buffer.from([listServices, 0]))
  await once(stream, 'data')
  return { ended: ended.finally(() => client.close()) }
}

/** A call whose message never arrives completely: its length is 100 bytes, and 3 of them are sent. Gives what closes the connection. */
export async function startHalfSentCall(address: string): Promise<() => void> {
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
  // The server answers a ping after it has read all that was sent before it.
  await new Promise((resolve) => session.ping(resolve))
  return () => session.destroy()
}
